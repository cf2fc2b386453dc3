"""What changed between two versions of a protocol, place by place, in lines that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from eligibility.describing.phrases import Phrases
from eligibility.describing.statements import Told, describe, describe_asked
from eligibility.describing.timelines import describe_timeline
from eligibility.protocol import Criterion, Part, Protocol
from fhir_mappings.facts import Vocabulary

What = Literal[
    "title", "status", "source", "condition", "assumption", "window", "judgement", "gate",
    "words", "reading", "asked", "parts", "assumptions", "gap", "notes", "timeline",
]  # fmt: skip
"""What of a protocol changed: a line of its head, or what it says in one place."""

Sign = Literal["same", "removed", "added"]

DECIDING: frozenset[What] = frozenset(("window", "judgement", "gate", "asked", "parts"))
"""What can turn a finding; the rest is told to readers."""


class Change(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One place that reads differently.

    Attributes:
        what: which kind of place.
        of: the criterion, part, assumption or window; empty for the protocol as a whole.
        before: its lines in the older version; none where it is new.
        after: its lines in the newer one; none where it is gone.
    """

    what: What
    of: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def decides(self) -> bool:
        """Whether the change can turn a finding."""
        return self.what in DECIDING

    def lines(self, around: int = 1) -> list[tuple[Sign, str]]:
        """The lines that differ, with up to ``around`` unchanged ones before and after."""
        told: list[tuple[Sign, str]] = []
        for group in SequenceMatcher(None, self.before, self.after, autojunk=False).get_grouped_opcodes(
            around
        ):
            for tag, from_, to, later, until in group:
                if tag == "equal":
                    told += [("same", line) for line in self.before[from_:to]]
                    continue
                told += [("removed", line) for line in self.before[from_:to]]
                told += [("added", line) for line in self.after[later:until]]
        return told


class Comparison(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Two versions of a protocol.

    Attributes:
        changes: head first, then assumptions, windows, gate, and the criteria in the newer one's order.
    """

    protocol: str
    older: str
    newer: str
    changes: tuple[Change, ...]

    def criteria(self) -> list[str]:
        """The criteria and parts of which what they ask differs."""
        asked = (change.of for change in self.changes if change.what in ("asked", "parts"))
        return list(dict.fromkeys(asked))


def compare(older: Protocol, newer: Protocol, vocabulary: Vocabulary) -> Comparison:
    """What reads differently in the newer of two versions.

    Examples and translations are left out: they ask nothing. Code sets have no versions: both protocols are
    told with those of today.
    """
    before, after = _account(older, vocabulary), _account(newer, vocabulary)
    places = [*after, *(place for place in before if place not in after)]
    changes = tuple(
        Change(what=what, of=of, before=before.get((what, of), ()), after=after.get((what, of), ()))
        for what, of in places
        if before.get((what, of), ()) != after.get((what, of), ())
    )
    return Comparison(
        protocol=newer.id, older=older.version, newer=newer.version, changes=_in_order(changes, newer, older)
    )


_Account = dict[tuple[What, str], tuple[str, ...]]


def _account(protocol: Protocol, vocabulary: Vocabulary) -> _Account:
    phrases = Phrases(vocabulary, protocol.freshness)
    account: _Account = {
        ("title", ""): (protocol.title,),
        ("status", ""): (protocol.status,),
        ("source", ""): (protocol.source,),
        ("condition", ""): (protocol.condition,),
    }
    for assumption in protocol.assumptions:
        account["assumption", assumption.id] = (_flat(assumption.text),)
    for name, window in protocol.freshness.items():
        account["window", name] = (phrases.window(window.model_copy(update={"assumption": None})),)
    account["judgement", ""] = (phrases.window(protocol.judgement.fresh),)
    account["gate", ""] = tuple(_gate(protocol, phrases))
    for criterion in protocol.criteria:
        account.update(_statement(criterion, phrases))
    return {place: lines for place, lines in account.items() if lines and lines != ("",)}


def _gate(protocol: Protocol, phrases: Phrases) -> Iterator[str]:
    if not isinstance(protocol.applies_to, list):
        yield from _lines(describe(protocol.applies_to, phrases))
        return
    for grade in protocol.applies_to:
        opens = "" if grade.opens == "yes" else " (told only, no card)"
        yield f"{grade.grade}: {_flat(grade.label)}{opens}"
        yield from _lines(describe(grade.when, phrases), 1)
        if grade.against is not None:
            yield "  told as speaking against it:"
            yield from _lines(describe(grade.against, phrases), 2)


def _statement(statement: Criterion | Part, phrases: Phrases) -> _Account:
    of = statement.id
    asked = describe_asked(statement, phrases)
    account: _Account = {
        ("words", of): (_flat(statement.text),),
        ("reading", of): (_flat(statement.reading or ""),),
        ("asked", of): tuple(_lines(asked)) if asked is not None else (),
        ("assumptions", of): tuple(statement.assumptions),
        ("notes", of): tuple(_flat(note) for note in statement.notes),
    }
    if isinstance(statement, Criterion):
        account["gap", of] = (_flat(statement.gap or ""),)
    if statement.timeline is not None:
        account["timeline", of] = tuple(_lines(describe_timeline(statement.timeline, phrases)))
    if statement.parts:
        combined = "every part must be clear" if statement.combine == "all" else "one clear part suffices"
        account["parts", of] = (combined, *(part.id for part in statement.parts))
        for part in statement.parts:
            account.update(_statement(part, phrases))
    return account


def _in_order(changes: Sequence[Change], newer: Protocol, older: Protocol) -> tuple[Change, ...]:
    """Those of the protocol as a whole first, then by criterion; one that is gone where it stood."""
    ids = [i for protocol in (older, newer) for criterion in protocol.criteria for i in _ids(criterion)]
    rank: Mapping[str, int] = {name: place for place, name in enumerate(dict.fromkeys(ids))}
    return tuple(sorted(changes, key=lambda change: rank.get(change.of, -1)))


def _ids(statement: Criterion | Part) -> Iterator[str]:
    yield statement.id
    for part in statement.parts or ():
        yield from _ids(part)


def _lines(told: Told, depth: int = 0) -> Iterator[str]:
    yield "  " * depth + _flat(told.text).replace("**", "").replace("`", "")
    for inner in told.below:
        yield from _lines(inner, depth + 1)


def _flat(text: str) -> str:
    return " ".join(text.split())
