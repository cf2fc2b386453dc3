"""What a request can be refused for; the errors of the CDS Hooks protocol are in ``cds_hooks.errors``.

::

    RefusedError
    ├── ParameterError       400  value          a query parameter that cannot be read
    ├── UnreadableBodyError  400  structure      a body from which no patient's record can be read
    ├── TooDeepError         400  structure      JSON nested more deeply than anything in FHIR
    ├── UnauthorizedError    401  login          a call for which no client that is known vouches
    ├── UnknownPathError     404  not-found      no such protocol
    ├── SlowBodyError        408  timeout        a body that does not arrive
    ├── BodyTooLargeError    413  too-long       a body above the limit
    ├── MediaTypeError       415  not-supported  a body that is announced as something else than JSON
    ├── NotReadyError        503  transient      nothing to screen with, or callers cannot be told apart
    ├── BusyError            503  throttled      too many patients wait to be screened again
    └── RequestTimeoutError  503  timeout        an answer that is not found in time

Each becomes a FHIR OperationOutcome (``app.outcomes``). Messages repeat no value of a chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class RefusedError(Exception):
    """A request that is refused.

    Attributes:
        status: the HTTP status.
        issue_code: code from FHIR's issue-type value set.
        headers: of the answer.
        expression: the parameter or element at fault, if there is one.
    """

    status: ClassVar[int] = 400
    issue_code: ClassVar[str] = "invalid"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, message: str, expression: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.expression = expression


class ParameterError(RefusedError):
    """A query parameter that cannot be read."""

    issue_code = "value"


class UnreadableBodyError(RefusedError):
    """A body from which no patient's record can be read."""

    issue_code = "structure"


class TooDeepError(RefusedError):
    """JSON nested more deeply than anything in FHIR."""

    issue_code = "structure"


class UnauthorizedError(RefusedError):
    """A call for which no client that is known vouches. What was wrong is for the log alone."""

    status = 401
    issue_code = "login"
    headers = {"WWW-Authenticate": "Bearer"}

    def __init__(self, message: str = "a token of a client that is known here is needed") -> None:
        super().__init__(message)


class UnknownPathError(RefusedError):
    """Nothing is there under this path."""

    status = 404
    issue_code = "not-found"


class SlowBodyError(RefusedError):
    """A body that does not arrive. The connection is of no use any more: the rest of it may still come."""

    status = 408
    issue_code = "timeout"
    headers = {"Connection": "close"}


class BodyTooLargeError(RefusedError):
    """A body above the limit."""

    status = 413
    issue_code = "too-long"


class MediaTypeError(RefusedError):
    """A body that is announced as something else than JSON."""

    status = 415
    issue_code = "not-supported"


class NotReadyError(RefusedError):
    """The service has nothing to screen with, or cannot tell callers apart."""

    status = 503
    issue_code = "transient"
    headers = {"Retry-After": "5"}


class BusyError(RefusedError):
    """Too many patients wait to be screened again."""

    status = 503
    issue_code = "throttled"
    headers = {"Retry-After": "60"}


class RequestTimeoutError(RefusedError):
    """An answer that is not found in time."""

    status = 503
    issue_code = "timeout"
    headers = {"Connection": "close"}
