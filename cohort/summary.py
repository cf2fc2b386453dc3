"""The numbers of a run, from its tables: how many stand where, and what stands in the way of how many.

A summary names no patient. How many of whom came to which verdict is told with small numbers withheld.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from cohort.asked_for import Lacking, lacking_of
from cohort.clearing import Calendar, calendar_of
from cohort.funnel import Step, funnel_of, prepare
from cohort.groups import SMALLEST, Grouped, groups_of
from cohort.near_misses import NearMisses, near_misses_of
from cohort.plan import Chosen, Plan
from cohort.schema import DECEASED, FAILED, NOT_APPLICABLE, NOT_KNOWN, SCREENED
from cohort.tables import MEMORY, Tables, opened
from eligibility.bound import BoundProtocol
from fhir_mappings.phrases import said


class Grade(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Patients whose disease is shown by this grade of evidence.

    Attributes:
        grade: its name in the protocol; ``None``: no evidence, and screened nevertheless, as was asked.
        label: its words.
        screened: whether they were screened; else the grade is not enough.
    """

    grade: str | None
    label: str
    screened: bool
    patients: int


class Trial(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came out for one protocol.

    Attributes:
        screened: patients alive with enough evidence of the disease (all, where all were to be screened).
        not_applicable, not_known, deceased, failed: patients who were not screened, by why.
        incomplete: those of the screened of whose record something may be lacking.
        verdicts: patients of each verdict; together ``screened``.
        funnel: in the order of the protocol.
    """

    protocol: str
    version: str
    title: str
    screened: int
    not_applicable: int
    not_known: int
    deceased: int
    failed: int
    incomplete: int
    grades: tuple[Grade, ...]
    verdicts: dict[str, int]
    funnel: tuple[Step, ...]
    near_misses: NearMisses
    lacking: tuple[Lacking, ...]
    groups: tuple[Grouped, ...]
    calendar: Calendar


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came out of a run.

    Attributes:
        as_of: the evaluation date.
        engine: name and version of what judged.
        patients: in the input; of them ``deceased``, ``failed`` (not to be screened) and ``incomplete``.
        rejected: lines set aside.
        absent: resource types of which nothing was in the input, and of which none found counts as none.
        retrieved: resource types that the input holds wholly; what rests on others is missing. ``None``: all.
        smallest: numbers of patients of a group below this one are withheld.
    """

    as_of: str
    engine: str
    patients: int
    deceased: int
    failed: int
    incomplete: int
    rejected: int
    absent: tuple[str, ...]
    retrieved: tuple[str, ...] | None
    smallest: int
    trials: tuple[Trial, ...]


VERDICTS = (
    "potentially-eligible",
    "undetermined",
    "probably-ineligible",
    "ineligible-for-now",
    "ineligible",
)
"""In the order of nearness to a trial."""


def summarise(
    directory: Path,
    plan: Plan,
    *,
    rejected: int = 0,
    absent: tuple[str, ...] = (),
    smallest: int = SMALLEST,
    memory: str = MEMORY,
    threads: int = 2,
) -> Summary:
    """The numbers of the run in ``directory``.

    Args:
        directory: holds the folders ``patients``, ``screenings``, ``findings`` and ``needs``.
        plan: what the run was asked; its protocols in this order, those ``aside`` left out.
        rejected: lines set aside.
        absent: resource types of which nothing was in the input.
        smallest: see ``Summary``.
        memory, threads: what the work may take.

    Raises:
        As ``cohort.tables.opened`` and ``Plan.bound``.
    """
    with opened(directory, memory=memory, threads=threads) as tables:
        return summary_of(tables, plan, rejected=rejected, absent=absent, smallest=smallest)


def summary_of(
    tables: Tables, plan: Plan, *, rejected: int, absent: tuple[str, ...], smallest: int
) -> Summary:
    """As ``summarise``, of tables that are open."""
    ((patients, deceased, failed, incomplete),) = tables.ask(
        """
        SELECT count(*), count(*) FILTER (deceased), count(failed), count(*) FILTER (incomplete)
        FROM patients
        """
    )
    prepare(tables)
    return Summary(
        as_of=plan.as_of.isoformat(),
        engine=plan.engine,
        patients=patients,
        deceased=deceased,
        failed=failed,
        incomplete=incomplete,
        rejected=rejected,
        absent=tuple(kind for kind in absent if plan.retrieved is None or kind in plan.retrieved),
        retrieved=plan.retrieved,
        smallest=smallest,
        trials=tuple(_trials(tables, plan, smallest)),
    )


def _trials(tables: Tables, plan: Plan, smallest: int) -> Iterator[Trial]:
    counted = tables.ask(
        """
        SELECT s.protocol, s.status, s.gate, s.verdict, coalesce(p.incomplete, false), count(*)
        FROM screenings s LEFT JOIN patients p USING (patient) GROUP BY ALL
        """
    )
    for chosen, bound in plan.bound():
        if not chosen.aside:
            own = [_Count(*row[1:]) for row in counted if row[0] == chosen.id]
            yield _trial(tables, plan, chosen, bound, own, smallest)


class _Count(msgspec.Struct, frozen=True):
    status: str
    gate: str | None
    verdict: str | None
    incomplete: bool
    patients: int


def _trial(
    tables: Tables, plan: Plan, chosen: Chosen, bound: BoundProtocol, counts: list[_Count], smallest: int
) -> Trial:
    def of(*statuses: str) -> int:
        return sum(one.patients for one in counts if one.status in statuses)

    screened = of(SCREENED)
    return Trial(
        protocol=chosen.id,
        version=chosen.version,
        title=said(bound.protocol.short_title, plan.language),
        screened=screened,
        not_applicable=of(NOT_APPLICABLE),
        not_known=of(NOT_KNOWN),
        deceased=of(DECEASED),
        failed=of(FAILED),
        incomplete=sum(one.patients for one in counts if one.status == SCREENED and one.incomplete),
        grades=tuple(_grades(counts, bound, plan.language)),
        verdicts={
            verdict: sum(one.patients for one in counts if one.verdict == verdict) for verdict in VERDICTS
        },
        funnel=funnel_of(tables, chosen.id, bound.criteria, screened),
        near_misses=near_misses_of(tables, chosen.id, bound.criteria),
        lacking=lacking_of(tables, chosen.id, bound.criteria),
        groups=groups_of(tables, chosen.id, VERDICTS, smallest),
        calendar=calendar_of(tables, chosen.id, plan.as_of),
    )


def _grades(counts: list[_Count], bound: BoundProtocol, language: str) -> Iterator[Grade]:
    labels: dict[str | None, str] = {grade.name: said(grade.label, language) for grade in bound.gate.grades}
    for screened, statuses in ((True, (SCREENED,)), (False, (NOT_APPLICABLE, NOT_KNOWN))):
        names = [*labels, None] if screened else labels
        for name in names:
            patients = sum(one.patients for one in counts if one.status in statuses and one.gate == name)
            if patients:
                yield Grade(grade=name, label=labels.get(name, ""), screened=screened, patients=patients)
