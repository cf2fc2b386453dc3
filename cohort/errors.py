"""What can go wrong with a whole run; what is wrong with one line or one patient is told in its results."""

from __future__ import annotations


class CohortError(Exception):
    """A run that could not be done; the message is one line for a person."""


class NoInputError(CohortError):
    """There is no bulk data where they were said to be, or no patient in them."""


class OccupiedError(CohortError):
    """The directory for the results holds something else: another run, an unfinished one, or other files."""


class ChangedError(CohortError):
    """A run cannot go on, since it is asked something else now, or its input has changed."""


class UnreadableTablesError(CohortError):
    """The tables of a run cannot be read: they are damaged, or there is no room for the work."""


class InterruptedRunError(CohortError):
    """A worker ended before its time; the run can be resumed."""
