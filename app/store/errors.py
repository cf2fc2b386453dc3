"""What can go wrong with the store. Messages hold no password and nothing that was to be written."""

from __future__ import annotations


class StoreError(Exception):
    """The database cannot be reached or used; the message says which and how to mend it."""
