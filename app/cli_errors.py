"""What can go wrong on the command line, each with its exit code.

::

    typer.TyperException
    ├── (typer's own)             2  usage: unknown option, malformed date …
    └── CommandError
        ├── ArgumentError         2  usage that only the command itself can judge, e.g. an unknown protocol id
        ├── UnreadableFileError   3  a file that is not there, is not JSON, is not FHIR, or holds no patient;
        │                            also one, or a patient of it, that could not be screened
        ├── RetrievalError        4  a FHIR server that gave no access, or not the patient
        ├── InvalidProtocolError  5  a protocol file that cannot be used
        ├── InvalidClientsError   5  a file of clients that cannot be used
        ├── InvalidSubscriptionsError 5  a file of subscriptions that cannot be used
        ├── StoreUnusableError    6  the database of the store cannot be reached or used
        ├── NotConformantError    7  a service that breaks a rule of CDS Hooks that binds it
        ├── UnreachableServiceError 8  a service that does not answer
        └── RunError              9  a run over a population that could not be done, or not to its end

Every message is one line: what, where, and how to mend it.
"""

from __future__ import annotations

import typer


class CommandError(typer.TyperException):
    """A command that could not do its work."""

    exit_code = 1


class ArgumentError(CommandError):
    """Arguments that do not fit together or name something unknown."""

    exit_code = 2


class UnreadableFileError(CommandError):
    """A file that cannot be read, or not as a patient's record."""

    exit_code = 3


class RetrievalError(CommandError):
    """Data that a FHIR server did not give."""

    exit_code = 4


class InvalidProtocolError(CommandError):
    """A protocol file that cannot be used."""

    exit_code = 5


class InvalidClientsError(CommandError):
    """A file of clients that cannot be used."""

    exit_code = 5


class InvalidSubscriptionsError(CommandError):
    """A file of subscriptions that cannot be used."""

    exit_code = 5


class StoreUnusableError(CommandError):
    """The database of the store cannot be reached or used."""

    exit_code = 6


class NotConformantError(CommandError):
    """A service that breaks a rule of CDS Hooks that binds it."""

    exit_code = 7


class UnreachableServiceError(CommandError):
    """A service that does not answer."""

    exit_code = 8


class RunError(CommandError):
    """A run over a population that could not be done, or not to its end."""

    exit_code = 9


def one_line(message: str) -> str:
    """A message without line breaks, so that each error is one line on stderr."""
    return " ".join(message.split())
