"""Composing cards from screenings: when there is one, and what a clinician reads in ten seconds."""
