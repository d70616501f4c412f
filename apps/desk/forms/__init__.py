"""Forms for items of the draft, made from the schema's models."""
