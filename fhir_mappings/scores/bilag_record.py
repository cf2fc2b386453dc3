"""What forms record of BILAG-2004: grades of domains and counts of grades, and what of them stands."""

from __future__ import annotations

import functools

import msgspec

from fhir_mappings.facts import Assessment, Evidence
from fhir_mappings.intervals import DateSpan, Interval, point
from fhir_mappings.phrases import listed, phrase, term
from fhir_mappings.scores.bilag_rules import BilagDefinition
from fhir_mappings.scores.bilag_sheet import RENAL
from fhir_mappings.scores.forms import key_of, possible_points
from fhir_mappings.scores.renal_grade import RenalGrade, last_unread, renal_grade
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import unique

GRADES = ("A", "B", "C", "D", "E")


class RecordedGrade(msgspec.Struct, frozen=True):
    """A recorded grade; ``None`` for a domain that a complete form leaves out: neither A nor B.

    ``others``: what forms of the same time, or the same form, grade it besides.
    """

    grade: str | None
    when: DateSpan
    evidence: Evidence
    others: tuple[RecordedGrade, ...] = ()

    @property
    def at_odds(self) -> str | None:
        """The contradiction in words, if there is one."""
        if not self.others:
            return None
        shown = listed("both", map(term, sorted({g.grade or "below B" for g in (self, *self.others)})))
        return phrase("bilag-record.graded-on", shown=shown, when=self.when.in_words)

    def may_be(self, grade: str) -> bool:
        """Whether any form of that time grades it so."""
        return any(g.grade == grade for g in (self, *self.others))


class RecordedCount(msgspec.Struct, frozen=True):
    """A recorded number of grades. ``at_odds``: the numbers that are recorded for the same time."""

    value: Interval
    when: DateSpan
    evidence: tuple[Evidence, ...]
    at_odds: str | None = None

    def says(self, number: int) -> bool:
        """Whether it is this number and nothing else."""
        return self.at_odds is None and self.value == point(number)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What forms and results say of the domains, for the count of one grade.

    Attributes:
        grades: the newest recorded grades that stand.
        disputed: those that forms of one time contradict.
        overtaken: the renal grade of a form, where newer results support a worse one.
        lower, likely, upper: what the count is at least, with what awaits a clinician, and at most.
    """

    grades: dict[str, RecordedGrade]
    disputed: dict[str, RecordedGrade]
    overtaken: RecordedGrade | None
    lower: int
    likely: int
    upper: int


def standing_of(
    wanted: str,
    definition: BilagDefinition,
    forms: list[Assessment],
    computed: RenalGrade,
    situation: Situation,
) -> Standing:
    """What stands of the forms, latest first, beside the renal grade that results support."""
    found = _grades(definition, forms)
    disputed = {name: grade for name, grade in found.items() if grade.others}
    grades = {name: grade for name, grade in found.items() if not grade.others}
    overtaken = grades.get(RENAL)
    if overtaken is not None and is_overtaken(overtaken, computed, definition, situation):
        del grades[RENAL]
    else:
        overtaken = None
    lower = sum(grade.grade == wanted for grade in grades.values())
    possible = sum(grade.may_be(wanted) for grade in disputed.values())
    supported = RENAL not in grades and RENAL not in disputed and computed.grade == wanted
    return Standing(
        grades=grades,
        disputed=disputed,
        overtaken=overtaken,
        lower=lower,
        likely=lower + possible + supported,
        upper=lower + possible + len(definition.domains) - len(grades) - len(disputed),
    )


def is_overtaken(
    recorded: RecordedGrade | RecordedCount,
    computed: RenalGrade,
    definition: BilagDefinition,
    situation: Situation,
) -> bool:
    """Whether results that are newer than what is recorded support a renal grade that is worse.

    So may results that are newer and cannot be read.
    """
    worst = isinstance(recorded, RecordedGrade) and recorded.grade == "A"
    unread = last_unread(definition.renal, situation)
    if not worst and unread is not None and unread > recorded.when.last:
        return True
    if computed.grade not in ("A", "B"):
        return False
    if isinstance(recorded, RecordedGrade) and (recorded.grade or "E") <= computed.grade:
        return False
    then = renal_grade(definition.renal, situation.as_of(recorded.when.last))
    return (then.grade or "E") > computed.grade


def recorded_count(name: str, definition: BilagDefinition, forms: list[Assessment]) -> RecordedCount | None:
    """The newest recorded count, as a total of its own or as an item of a form."""
    wanted = key_of(definition.counts[name].item)
    found: list[RecordedCount] = []
    for form in forms:
        told = [(form.total, form.evidence)] if form.instrument == name and form.total is not None else []
        told += [
            (point(item.number), item.evidence)
            for item in form.items
            if key_of(item.item) == wanted and item.number is not None
        ]
        for value, evidence in told:
            possible = possible_points(value, len(definition.domains))
            if possible is not None:
                found.append(RecordedCount(possible, form.when, (evidence,)))
    if not found:
        return None
    first = found[0]
    same = [count for count in found if count.when.overlaps(first.when)]
    if len({count.value for count in same}) == 1:
        return first
    return RecordedCount(
        functools.reduce(Interval.hull, (count.value for count in same)),
        first.when,
        unique(e for count in same for e in count.evidence),
        listed("both", sorted({str(count.value) for count in same})),
    )


def _grades(definition: BilagDefinition, forms: list[Assessment]) -> dict[str, RecordedGrade]:
    """The newest grade of each domain, with what contradicts it at the same time."""
    found: dict[str, RecordedGrade] = {}
    for form in forms:
        graded = any(item.grade for item in form.items)
        for domain in definition.domains:
            keys = {key_of(name) for name in (domain.id, domain.label, *domain.aliases)}
            named = [i for i in form.items if (i.grade or i.present is not None) and key_of(i.item) in keys]
            told = [
                RecordedGrade(grade, form.when, item.evidence)
                for item in named
                if (grade := (item.grade or "").strip().upper()) in GRADES
            ]
            if not named and form.complete and graded:
                told = [RecordedGrade(None, form.when, form.evidence)]
            for one in told:
                before = found.get(domain.id)
                if before is None:
                    found[domain.id] = one
                elif before.when.overlaps(one.when) and before.grade != one.grade:
                    found[domain.id] = msgspec.structs.replace(before, others=(*before.others, one))
    return found
