"""What token endpoints answer (RFC 6749, 5), as far as all who ask them need it."""

from __future__ import annotations

from typing import Any

import msgspec

from fhir_mappings.client.auth import BearerToken
from fhir_mappings.client.bodies import AnswerError
from fhir_mappings.client.documents import Posted

_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""RFC 6749, 5.2. Other words of a server are not repeated."""


class TokenError(AnswerError):
    """There is no access token. ``told`` says why, and repeats nothing of assertion, code or token.

    ``error``: a word for the log: the code of RFC 6749 by which the server refused, ``status-…`` where it
    gave none, ``unusable``, ``no-answer``; empty where no token was asked for.
    """

    def __init__(self, told: str, error: str = "") -> None:
        super().__init__("no-token")
        self.told = told
        self.error = error

    def __str__(self) -> str:
        return self.told


class _Answer(msgspec.Struct, frozen=True):
    access_token: str = ""
    token_type: str = ""
    expires_in: float | None = None
    scope: Any = None
    patient: Any = None
    encounter: Any = None
    id_token: Any = None
    app_context: Any = None
    app_context_of_hooks: Any = msgspec.field(name="appContext", default=None)


class _Refused(msgspec.Struct, frozen=True):
    error: str = ""


_answers = msgspec.json.Decoder(_Answer, strict=False)
_refused = msgspec.json.Decoder(_Refused)


class Granted(msgspec.Struct, frozen=True):
    """What was granted.

    Attributes:
        token: shows access to the FHIR server.
        expires_in: seconds for which it is good, if the server tells.
        scopes: what it is good for; ``None`` where the server does not tell, and all that was asked for is
            granted (RFC 6749, 5.1).
        patient: FHIR id of the patient in context, as it was told.
        encounter: the same of the encounter.
        id_token: who launched, signed and not checked yet.
        app_context: what a CDS Hooks card gave along (``appContext``), as it came.
    """

    token: BearerToken
    expires_in: float | None = None
    scopes: tuple[str, ...] | None = None
    patient: str | None = None
    encounter: str | None = None
    id_token: str | None = None
    app_context: Any = None


def granted(body: bytes) -> Granted:
    """The answer of a token endpoint that gives a token.

    Raises:
        TokenError: it holds none that can be shown.
    """
    try:
        told = _answers.decode(body)
        token = BearerToken(told.access_token)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise TokenError("the token endpoint's answer holds no access token", "unusable") from None
    if told.token_type.lower() != "bearer":
        raise TokenError("the token endpoint's token is of another type than 'bearer'", "unusable")
    return Granted(
        token=token,
        expires_in=told.expires_in,
        scopes=tuple(scope.split()) if (scope := _text(told.scope)) is not None else None,
        patient=_text(told.patient),
        encounter=_text(told.encounter),
        id_token=_text(told.id_token),
        app_context=told.app_context_of_hooks if told.app_context_of_hooks is not None else told.app_context,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def refusal(answer: Posted) -> str:
    """The status, and the code of RFC 6749 if there is one."""
    word = error_of(answer)
    return f"the token endpoint answered {answer.status}" + (f" {word}" if word else "")


def error_of(answer: Posted) -> str:
    """The code by which a token endpoint refuses, if it is one of RFC 6749; else empty."""
    try:
        word = _refused.decode(answer.body).error
    except (msgspec.DecodeError, RecursionError):
        return ""
    return word if word in _ERRORS else ""
