"""Dates in Simplified Chinese as the mainland writes them: 2026年6月30日, with no spaces (GB/T 15835)."""

DATE_FORMAT = "Y年n月j日"
MONTH_DAY_FORMAT = "n月j日"
YEAR_MONTH_FORMAT = "Y年n月"
