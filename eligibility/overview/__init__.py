"""A chart over time as one protocol sees it: results, treatments and dates, with its thresholds and windows.

It decides nothing, and draws on what the criteria themselves look at (``eligibility.looks``).
"""
