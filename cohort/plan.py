"""What a run is asked: the day, the protocols, how the input counts. Plain data that goes to every worker."""

from __future__ import annotations

from datetime import date
from functools import cache

import msgspec

from eligibility.bound import BoundProtocol
from eligibility.course import Anchors
from eligibility.loading import bind_text, load_bundled
from eligibility.versions import bound_earlier
from fhir_mappings.phrases import ENGLISH
from fhir_mappings.vocabulary import vocabulary


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A protocol to screen against.

    Attributes:
        id: of a bundled protocol, or of the one in ``text``.
        version: as it is reported; of a bundled protocol an earlier one, where it is not the present one.
        text: a protocol file, in place of the bundled one.
        source: what that file is called, for errors.
        aside: whether it is judged for comparing only.
    """

    id: str
    version: str
    text: str | None = None
    source: str = "protocol"
    aside: bool = False


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is asked.

    Attributes:
        as_of: the evaluation date.
        anchors: anchor dates as given.
        protocols: in the order in which they are reported.
        retrieved: resource types that the input holds wholly; ``None``: all.
        changes_from: position of the first directory that holds only what was changed since those before it,
            also of patients who were not asked for before: of who is told of in such ones alone, no type is
            held wholly. ``None``: there is none.
        everyone: whether patients are judged of whose disease nothing is on record.
        language: of reasons.
        doubted: resource types of which, of anybody, something may lack; told while a run goes on.
        engine: name and version of what judges; a run is resumed by the same one only.
    """

    as_of: date
    protocols: tuple[Chosen, ...]
    anchors: Anchors = Anchors()
    retrieved: tuple[str, ...] | None = None
    changes_from: int | None = None
    everyone: bool = False
    language: str = ENGLISH
    engine: str = ""
    doubted: tuple[str, ...] = ()

    def bound(self) -> list[tuple[Chosen, BoundProtocol]]:
        """The protocols, ready to judge.

        Raises:
            eligibility.errors.ProtocolError: one of them cannot be used.
            KeyError, eligibility.versions.UnknownVersionError: there is no such protocol, or version.
        """
        bundled = _bundled()
        return [(one, _bound(one, bundled)) for one in self.protocols]


@cache
def _bundled() -> dict[str, BoundProtocol]:
    return load_bundled(vocabulary())


def _bound(chosen: Chosen, bundled: dict[str, BoundProtocol]) -> BoundProtocol:
    if chosen.text is not None:
        return bind_text(chosen.text, chosen.source, vocabulary())
    present = bundled[chosen.id]
    if chosen.version == present.protocol.version:
        return present
    return bound_earlier(chosen.id, chosen.version, vocabulary())
