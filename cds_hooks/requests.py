"""A hook request as received: decoded leniently, checked where the meaning would otherwise be in doubt."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from cds_hooks.errors import (
    CdsHooksError,
    InvalidRequestError,
    MissingElementError,
    UnservedHookError,
    WrongPatientError,
)
from cds_hooks.hooks import HOOKS, Context, Hook, read_context
from cds_hooks.json_objects import is_null, members, optional, required, text_of


class FhirAuthorization(msgspec.Struct, frozen=True, kw_only=True):
    """Access to the client's FHIR server for the time of one call.

    ``scope`` is kept as it came: it is a SMART scope list, or free text (Epic). The token is for the call
    alone: it must not be stored or logged, and so does not show in ``repr``.
    """

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  # the name of a scheme
    expires_in: int = 0
    scope: str = ""
    subject: str = ""
    patient: str | None = None

    def __repr__(self) -> str:
        return "FhirAuthorization(access_token=…)"


class HookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A hook request.

    Attributes:
        hook: the hook.
        hook_instance: the client's id of this firing.
        context: the hook's context.
        prefetch: undecoded values by key; empty if the client sent none.
        fhir_server: base URL of the client's FHIR server, if it offers one.
        authorization: access to it.
        extension: undecoded values by name; empty if the client sent none.
    """

    hook: Hook
    hook_instance: str
    context: Context
    prefetch: Mapping[str, msgspec.Raw] = {}
    fhir_server: str | None = None
    authorization: FhirAuthorization | None = None
    extension: Mapping[str, msgspec.Raw] = {}


def read_request(body: bytes, served_hooks: Collection[str]) -> HookRequest:
    """A request from its body, for a service that answers ``served_hooks``.

    Unknown members are ignored, and so is an ``extension`` that is no object.

    Raises:
        NotJsonError: not one JSON object in UTF-8, or an envelope key is given twice.
        MissingElementError: a required element lacks.
        InvalidRequestError: an element is wrong.
        UnservedHookError: the hook is not among ``served_hooks``.
        WrongPatientError: the access token is for another patient than the context's.
    """
    found = members(text_of(body))
    name = required(found, "hook", str, "hook")
    if name not in served_hooks:
        served = ", ".join(sorted(served_hooks))
        raise UnservedHookError(f"the hook '{name[:64]}' is not served here; served: {served}", "hook")
    hook = HOOKS[name]
    hook_instance = required(found, "hookInstance", str, "hookInstance")
    if "context" not in found or is_null(found["context"]):
        raise MissingElementError("context")
    context = read_context(found["context"], hook)
    fhir_server = optional(found, "fhirServer", str, "fhirServer") or None
    authorization = _authorization(found)
    if authorization is not None and fhir_server is None:
        raise MissingElementError("fhirServer")
    launched = (authorization.patient or "").removeprefix("Patient/") if authorization is not None else ""
    if launched not in ("", context.patient_id):
        raise WrongPatientError(
            "'fhirAuthorization.patient' is not the patient in context", "fhirAuthorization.patient"
        )
    return HookRequest(
        hook=hook,
        hook_instance=hook_instance,
        context=context,
        prefetch=_prefetch(found),
        fhir_server=fhir_server,
        authorization=authorization,
        extension=_extension(found),
    )


def _authorization(found: dict[str, msgspec.Raw]) -> FhirAuthorization | None:
    raw = found.get("fhirAuthorization")
    if raw is None or is_null(raw):
        return None
    if "access_token" not in members(bytes(raw), "'fhirAuthorization'"):
        raise MissingElementError("fhirAuthorization.access_token")
    try:
        # Numbers in quotes are taken as numbers: some clients write ``expires_in`` so.
        authorization = msgspec.json.decode(raw, type=FhirAuthorization, strict=False)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequestError(f"'fhirAuthorization': {error}", "fhirAuthorization") from None
    if authorization.token_type.lower() != "bearer":
        raise InvalidRequestError(
            "'fhirAuthorization.token_type' is not Bearer", "fhirAuthorization.token_type"
        )
    return authorization


def _extension(found: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    raw = found.get("extension")
    try:
        return {} if raw is None or is_null(raw) else members(bytes(raw), "'extension'")
    except CdsHooksError:
        return {}


def _prefetch(found: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    raw = found.get("prefetch")
    if raw is None or is_null(raw):
        return {}
    return members(bytes(raw), "'prefetch'")
