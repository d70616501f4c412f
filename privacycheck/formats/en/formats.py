"""Dates in English as Britain writes them: 30 June 2026."""

DATE_FORMAT = "j F Y"
