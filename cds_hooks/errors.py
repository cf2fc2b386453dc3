"""What can be wrong with a call, each with its HTTP status and its OperationOutcome issue code.

::

    CdsHooksError
    ├── NotJsonError             400  structure      not one JSON object in UTF-8, or a key given twice
    ├── InvalidRequestError      400  invalid        JSON, but no CDS Hooks message: an element is wrong
    │   └── MissingElementError  400  required       a required element lacks
    ├── UnservedHookError        400  not-supported  the service exists, but not for this hook
    ├── WrongPatientError        400  conflict       data of another patient than the context's
    ├── UnknownServiceError      404  not-found      no service of that id
    └── InsufficientDataError    412  incomplete     neither prefetch nor a FHIR server gave what is needed

Messages name elements and say how to mend them. They never repeat values of a chart.
"""

from __future__ import annotations

from typing import ClassVar


class CdsHooksError(Exception):
    """A call that cannot be answered with cards.

    Attributes:
        status: the HTTP status to answer with.
        issue_code: code from FHIR's issue-type value set.
        expression: the element at fault, e.g. ``context.patientId``, if there is one.
    """

    status: ClassVar[int] = 400
    issue_code: ClassVar[str] = "invalid"

    def __init__(self, message: str, expression: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.expression = expression


class NotJsonError(CdsHooksError):
    """The body is not one JSON object in UTF-8, or gives a key twice."""

    issue_code = "structure"


class InvalidRequestError(CdsHooksError):
    """An element of the message is not as CDS Hooks has it."""


class MissingElementError(InvalidRequestError):
    """A required element lacks."""

    issue_code = "required"

    def __init__(self, expression: str) -> None:
        super().__init__(f"'{expression}' is required", expression)


class UnservedHookError(CdsHooksError):
    """The service does not answer this hook."""

    issue_code = "not-supported"


class WrongPatientError(CdsHooksError):
    """Data of a patient who is not the one in context."""

    issue_code = "conflict"


class UnknownServiceError(CdsHooksError):
    """There is no service of that id."""

    status = 404
    issue_code = "not-found"


class InsufficientDataError(CdsHooksError):
    """What the service needs was neither prefetched nor retrievable: HTTP 412, as the specification asks."""

    status = 412
    issue_code = "incomplete"
