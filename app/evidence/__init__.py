"""The chart behind a card: kept for a short while, so that its evidence can be looked at."""
