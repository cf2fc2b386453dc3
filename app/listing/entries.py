"""An entry of the screening list: who, for which trial, how it stands, and how it stood before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from app.cards.groups import grouped
from eligibility.findings import Screening, Verdict
from fhir_mappings.facts import WhyMissing


class Status(StrEnum):
    """How far a coordinator has come with a patient and a trial."""

    TO_CONTACT = "to-contact"
    CONTACTED = "contacted"
    DECLINED = "declined"
    ENROLLED = "enrolled"


class Patient(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to contact: as little as it takes to find the chart in the EHR.

    Attributes:
        patient_id: FHIR id on the client's server.
        client: id of the profile of the client that opened the chart.
        fhir_server: its base URL, where the client told it.
        name: as it is written on the Patient resource.
        birth_date: as recorded, perhaps a year alone.
        identifiers: medical record numbers.
    """

    patient_id: str
    client: str
    fhir_server: str | None = None
    name: str | None = None
    birth_date: str | None = None
    identifiers: tuple[str, ...] = ()


class Lacking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that is missing, by name: words are made when it is read, in the reader's language.

    Attributes:
        input: the criterion input, or the criterion where its needs are many.
        why: the reason.
        criteria: those that ask for it.
    """

    input: str
    why: WhyMissing
    criteria: tuple[str, ...] = ()


ListVerdict = Verdict | Literal["deceased", "not-shown"]
"""A verdict; or why there is none any more: the patient has died, or the disease is no longer on record."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a patient stands with a trial.

    Attributes:
        version: of the protocol.
        in_the_way: criteria that fail, or of which a person has to judge and which lean to fail.
        missing: what is missing.
        confirm: criteria that a person has to confirm.
    """

    version: str
    verdict: ListVerdict
    earliest: str | None = None
    stands_until: str | None = None
    in_the_way: tuple[str, ...] = ()
    missing: tuple[Lacking, ...] = ()
    confirm: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One patient and one trial.

    Attributes:
        key: pseudonym of the patient: names the row, and nobody.
        trial: id of the protocol.
        at: when it was last screened.
        changed: when it last came to stand otherwise; ``None`` if it never did.
        now: how it stands.
        before: how it stood before it changed.
        status: how far the coordinator has come; ``since`` when and ``by`` whom, once somebody said so.
    """

    key: str
    trial: str
    at: datetime
    changed: datetime | None
    patient: Patient
    now: Standing
    before: Standing | None
    status: Status = Status.TO_CONTACT
    since: datetime | None = None
    by: str | None = None


def compared(standing: Standing) -> tuple[object, ...]:
    """What of a standing makes a change: all that ``changes`` can tell, in one order."""
    return (
        standing.version,
        standing.verdict,
        standing.earliest,
        sorted(standing.in_the_way),
        sorted(lack.input for lack in standing.missing),
    )


ChangeKind = Literal[
    "version", "verdict", "earliest", "earliest-gone", "now-missing", "no-longer-missing",
    "now-in-the-way", "no-longer-in-the-way",
]  # fmt: skip


class Change(msgspec.Struct, frozen=True):
    """What is otherwise than before. ``names``: two of a verdict, date or version; else those it is about."""

    kind: ChangeKind
    names: tuple[str, ...]


def standing_of(screening: Screening) -> Standing:
    """How a patient stands, by the screening of one trial."""
    groups = grouped(screening)
    return Standing(
        version=screening.version,
        verdict=screening.verdict,
        earliest=screening.earliest,
        stands_until=screening.stands_until,
        in_the_way=tuple(finding.criterion for finding in groups.in_the_way),
        missing=tuple(
            Lacking(input=lack.need.input, why=lack.need.why, criteria=lack.criteria)
            for lack in (*groups.lacks, *groups.not_retrieved)
        ),
        confirm=tuple(finding.criterion for finding in groups.confirm),
    )


def changes(entry: Entry) -> list[Change]:
    """What is otherwise than before, what matters most first."""
    return list(_changes(entry.before, entry.now)) if entry.before is not None else []


def _changes(before: Standing, now: Standing) -> Iterator[Change]:
    if before.verdict != now.verdict:
        yield Change("verdict", (before.verdict, now.verdict))
    if now.earliest is None and before.earliest is not None:
        yield Change("earliest-gone", (before.earliest,))
    elif now.earliest is not None and before.earliest != now.earliest:
        yield Change("earliest", (before.earliest or "", now.earliest))
    were, are = ([lack.input for lack in standing.missing] for standing in (before, now))
    sides: tuple[tuple[ChangeKind, Sequence[str], Sequence[str]], ...] = (
        ("no-longer-in-the-way", before.in_the_way, now.in_the_way),
        ("now-in-the-way", now.in_the_way, before.in_the_way),
        ("no-longer-missing", were, are),
        ("now-missing", are, were),
    )
    for kind, some, others in sides:
        if only := tuple(name for name in some if name not in others):
            yield Change(kind, only)
    if before.version != now.version:
        yield Change("version", (before.version, now.version))
