"""The hooks of the CDS Hooks library: their versions, contexts and prefetch tokens.

Source: HL7/cds-hooks-library, one definition for each hook.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from cds_hooks.errors import InvalidRequestError, MissingElementError
from cds_hooks.json_objects import decoded, members


class Context(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every hook tells: whose chart, and which user. Members that a hook adds are ignored.

    Attributes:
        patient_id: id of the Patient, without ``Patient/``.
        user_id: ``Practitioner/123`` and the like; ``None`` only where the hook has none.
        encounter_id: id of the Encounter, without ``Encounter/``.
    """

    patient_id: str = ""
    user_id: str | None = None
    encounter_id: str | None = None


class PatientViewContext(Context, frozen=True, kw_only=True):
    """``patient-view``: a chart is opened."""


class OrderSignContext(Context, frozen=True, kw_only=True):
    """``order-sign``: draft orders are about to be signed. ``draft_orders``: a Bundle, undecoded."""

    draft_orders: msgspec.Raw = msgspec.Raw(b"null")


class OrderSelectContext(OrderSignContext, frozen=True, kw_only=True):
    """``order-select``: orders are chosen. ``selections``: references into the draft orders."""

    selections: tuple[str, ...] = ()


class EncounterStartContext(Context, frozen=True, kw_only=True):
    """``encounter-start``: an encounter begins; it may do so more than once."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """One hook.

    Attributes:
        version: version of its published definition.
        context: structure of its context.
        required: context members that must be there.
        may_be_empty: those of them that may be empty lists.
        prefetch_tokens: context members that prefetch templates may use.
    """

    name: str
    version: str
    context: type[Context]
    required: tuple[str, ...]
    may_be_empty: tuple[str, ...] = ()
    prefetch_tokens: tuple[str, ...]


_COMMON_TOKENS = ("userId", "patientId", "encounterId")

HOOKS: Mapping[str, Hook] = MappingProxyType(
    {
        hook.name: hook
        for hook in (
            Hook(
                name="patient-view",
                version="1.0",
                context=PatientViewContext,
                required=("userId", "patientId"),
                prefetch_tokens=_COMMON_TOKENS,
            ),
            Hook(
                name="order-select",
                version="1.0",
                context=OrderSelectContext,
                required=("userId", "patientId", "selections", "draftOrders"),
                may_be_empty=("selections",),
                prefetch_tokens=_COMMON_TOKENS,
            ),
            Hook(
                name="order-sign",
                version="1.0",
                context=OrderSignContext,
                required=("userId", "patientId", "draftOrders"),
                prefetch_tokens=_COMMON_TOKENS,
            ),
            Hook(
                name="encounter-start",
                version="1.0",
                context=EncounterStartContext,
                required=("userId", "patientId", "encounterId"),
                prefetch_tokens=_COMMON_TOKENS,
            ),
        )
    }
)
"""The hooks known here, by name."""


def read_context(raw: msgspec.Raw | bytes, hook: Hook) -> Context:
    """The context of a request.

    ``Patient/`` before a patient's id and ``Encounter/`` before an encounter's are tolerated and taken off:
    the specification wants bare ids, clients send both.

    Raises:
        MissingElementError: a required member lacks.
        InvalidRequestError: a member is of the wrong kind.
        NotJsonError: a member is given twice.
    """
    found = members(bytes(raw), "'context'")
    for name in hook.required:
        empty = name not in found or bytes(found[name]) in (b"null", b'""', b"{}")
        if empty or (name not in hook.may_be_empty and bytes(found[name]) == b"[]"):
            raise MissingElementError(f"context.{name}")
    context = decoded(raw, hook.context, "context")
    encounter = context.encounter_id
    return msgspec.structs.replace(
        context,
        patient_id=_bare(context.patient_id, "Patient", "context.patientId"),
        encounter_id=_bare(encounter, "Encounter", "context.encounterId") if encounter else None,
    )


def _bare(identifier: str, resource_type: str, path: str) -> str:
    bare = identifier.strip().removeprefix(f"{resource_type}/")
    if not bare or "/" in bare:
        raise InvalidRequestError(f"'{path}' is not the id of one {resource_type}", path)
    return bare
