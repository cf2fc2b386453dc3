"""Demonstration patients: invented people with realistic charts, whose dates move with the calendar."""
