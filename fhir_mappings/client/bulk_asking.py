"""The kick-off: asking for an export, with fewer types where a server does not export all that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from fhir_mappings.client.addresses import AddressError
from fhir_mappings.client.bulk_door import PASSING, Answer, Door
from fhir_mappings.client.bulk_outcomes import Issue, in_words, issues
from fhir_mappings.client.bulk_request import BulkError, BulkExport

_HEADERS = {"accept": "application/fhir+json", "prefer": "respond-async"}
_REFUSALS = frozenset({400, 403, 422})
"""How servers answer parameters that they do not take, or types that the token is not good for."""
_INDISPENSABLE = "Patient"
_MOST_ATTEMPTS = 12


class Started(msgspec.Struct, frozen=True):
    """An export that the server has begun; the attributes are those of :class:`bulk_state.State`."""

    url: str
    status_url: str
    types: tuple[str, ...] | None
    left_out: tuple[str, ...]
    absent: tuple[str, ...]


async def kick_off(
    door: Door, export: BulkExport, known: Collection[str] | None, note: Callable[[str], None]
) -> Started:
    """Ask for the export.

    Where the server refuses and names types that it does not export, it is asked without them; where it
    does not say which, without those that its CapabilityStatement does not have, and then for all that it
    has.

    Args:
        door: the way to the server.
        export: what is wanted.
        known: types that the server has by its own word; ``None``: it does not tell.
        note: told of what is left out.

    Raises:
        BulkError: the server does not export.
        TokenError: it gives no access token.
    """
    types: frozenset[str] | None = frozenset(export.types)
    absent = frozenset(export.types) - frozenset(known) if known is not None else frozenset()
    for _ in range(_MOST_ATTEMPTS):
        try:
            where = export.kick_off(types)
        except AddressError as error:
            raise BulkError(f"that cannot be asked: {error}") from None
        answer = await door.ask("GET", where, _HEADERS, again=PASSING)
        if answer.status == 202:
            left_out = frozenset(export.types) - types if types is not None else frozenset()
            return Started(
                where.url,
                _status_url(answer),
                tuple(sorted(types)) if types is not None else None,
                tuple(sorted(left_out)),
                tuple(sorted(absent)),
            )
        said = issues(answer.body) or ()
        if answer.status not in _REFUSALS or types is None:
            raise BulkError(_refused(answer, said, export))
        fewer = _without_named(types, said)
        if fewer is None and answer.status == 403:
            raise BulkError(_refused(answer, said, export))
        if fewer is None and absent & types and _INDISPENSABLE not in absent:
            fewer = types - absent
        told = in_words(answer.status, said)
        if fewer is None:
            note(f"the server refuses the list of types ({told}); it is asked for all that it has")
        else:
            note(
                f"the server does not export {', '.join(sorted(types - fewer))} ({told}); it is asked without"
            )
        types = fewer
    raise BulkError("the server refuses one type after another; ask its operator which it exports")


def _without_named(types: frozenset[str], said: Collection[Issue]) -> frozenset[str] | None:
    """The types without those that a refusal is about; ``None`` where it does not say which these are."""
    named = frozenset[str]().union(*(issue.about(types) for issue in said))
    # Who repeats the whole list, or lists what it does export, does not say which it is.
    if named and len(named) <= len(types) / 2 and _INDISPENSABLE not in named:
        return types - named
    return None


def _status_url(answer: Answer) -> str:
    try:
        return answer.at.followed(answer.headers.get("content-location", "")).url
    except AddressError:
        raise BulkError(
            "the server accepted the export, and does not say where to ask for it (Content-Location)"
        ) from None


def _refused(answer: Answer, said: Collection[Issue], export: BulkExport) -> str:
    told = in_words(answer.status, said)
    if answer.status in (401, 403):
        return (
            f"the server does not let these credentials export ({told}); see 'Getting in' in "
            "docs/bulk-export.md"
        )
    if answer.status in (404, 405, 501):
        place = f"Group/{export.target.group}" if export.target.level == "group" else export.target.path
        return f"the server has no {place}, or does not export it ({told}); check the URL"
    if answer.status == 200:
        return "the server answers at once and not with an export; is the URL that of a FHIR server?"
    return f"the server does not begin the export ({told})"
