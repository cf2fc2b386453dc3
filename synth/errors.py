"""What can go wrong in making a deck."""

from __future__ import annotations


class RecipeError(ValueError):
    """A recipe or term file cannot be used; the message names the file or recipe, and what is wrong in it."""
