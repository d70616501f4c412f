"""The editors' desk: the draft, what it would do, and publishing it."""
