"""What became of every line of a run: the numbers of its passes, added up and held against each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from cohort.errors import CohortError
from cohort.grouping import Facts
from cohort.links import Linked
from cohort.partitions import Judged
from cohort.plan import Plan
from cohort.record import Lines
from fhir_mappings.resources import RESOURCES


def account(facts: Iterable[Facts], linked: Linked, judged: Sequence[Judged]) -> Lines:
    """The account of every line.

    Raises:
        CohortError: it does not add up; something was lost or counted twice.
    """
    told = list(facts)
    lines = Lines(
        read=sum(one.lines for one in told),
        blank=sum(one.blank for one in told),
        of_patients=sum(one.of_patients for one in told) + linked.strays,
        shared=sum(one.shared for one in told),
        unused=sum(one.unused for one in told),
        split=sum(one.split for one in told),
        of_nobody=sum(one.faults for one in told) + linked.nobodys,
        deleted=sum(one.deleted for one in judged),
    )
    placed = lines.of_patients + lines.shared + lines.unused + lines.of_nobody
    lines.entries = placed + lines.blank + lines.split - lines.read
    if lines.of_patients != (seen := sum(one.lines for one in judged)):
        raise CohortError(
            f"the run does not add up: {lines.of_patients} lines of patients were read and {seen} screened; "
            "please report it"
        )
    return lines


def lacking(plan: Plan, kinds: Collection[str]) -> tuple[str, ...]:
    """The resource types that the input counts as holding wholly, and of which it holds none."""
    expected = RESOURCES.keys() if plan.retrieved is None else RESOURCES.keys() & set(plan.retrieved)
    return tuple(sorted(expected - set(kinds)))
