"""Synthetic patients for trial eligibility, each with what a screening is meant to find.

Nothing here knows the engine that judges: the labels come from the recipes alone.
"""
