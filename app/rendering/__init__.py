"""Showing screening reports to people: a table for a terminal, a page for paper, cards as an EHR draws them.

Nothing here decides anything: every word about a patient comes from the report.
"""
