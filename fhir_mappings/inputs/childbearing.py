"""Pregnancy, childbearing potential, breastfeeding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from fhir_mappings.facts import Diagnosis, Event, Evidence, Measurement, Procedure, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.categories import settled, with_category
from fhir_mappings.inputs.demographics import age_on
from fhir_mappings.inputs.pairing import latest_first
from fhir_mappings.intervals import DateSpan, Duration, day, point
from fhir_mappings.phrases import phrase

PREGNANT = "cond_pregnancy"
PERHAPS_PREGNANT = ("cond_pregnancy_possible", "cond_pregnancy_or_puerperium")

LONGEST_PREGNANCY_DAYS = 300
"""An open pregnancy of more than this many days has not been closed in the record."""

LONGEST_BREASTFEEDING = Duration(2, "a")
"""An entry about breastfeeding older than this has not been closed in the record."""

HCG_NEGATIVE_BELOW = 5.0
HCG_POSITIVE_FROM = 25.0
"""mIU/mL, where a result brings no limit of its own: below the first, the usual upper limit of laboratories,
not pregnant; from the second, what urine tests are made to detect, pregnant; between them, to be repeated."""

WOMB_OR_OVARIES_ABSENT = (
    "cond_hysterectomy_status",
    "cond_oophorectomy_status",
    "cond_non_childbearing_potential",
    "proc_hysterectomy",
    "proc_bilateral_oophorectomy",
)
MENOPAUSE = "cond_menopause"
AGE_OF_CERTAIN_MENOPAUSE = 55
MENOPAUSE_COMPLETE = Duration(12, "mo")
"""Menopause is a fact after twelve months without menses."""


@computes("hcg_serum", "hcg_urine")
def hcg(asked: Asked) -> Series:
    """hCG, positive or negative: in words, by the result's own range, else by usual limits."""
    results = asked.facts.measurements.get(asked.name, ())
    by_flag = settled(asked.name, results)
    judged = [_judged(m) or flagged for m, flagged in zip(results, by_flag, strict=True)]
    return asked.result(judged, asked.unusable(asked.name))


def _judged(measurement: Measurement) -> Measurement | None:
    """A result without words, by its number; ``None`` where words or a flag alone speak."""
    value, limit = measurement.value, measurement.upper_limit
    if measurement.category is not None or value is None:
        return None
    if limit is not None and value == point(limit):
        return with_category(measurement, "equivocal", phrase("childbearing.at-the-limit-of-its-own"))
    if limit is not None:
        above = value.holds("above", limit)
        return with_category(measurement, {True: "positive", False: "negative", None: None}[above])
    if value.holds("below", HCG_NEGATIVE_BELOW):
        return with_category(measurement, "negative")
    note = phrase("childbearing.judged-by-usual-limits-the-result")
    if value.holds("at_least", HCG_POSITIVE_FROM):
        return with_category(measurement, "positive", note)
    return with_category(measurement, "equivocal", note)


@computes("pregnancy")
def pregnancy(asked: Asked) -> Series:
    """Pregnant or not: hCG in serum or urine, pregnancy status, a pregnancy that is on record as going on.

    An open entry of more than 300 days is not evidence of a pregnancy now. An open entry and a later
    negative test contradict each other. For a man the answer is no, unless the record says otherwise.
    """
    tests = [
        msgspec.structs.replace(m, input="pregnancy", value=None, unit="1", reported=None, reported_unit=None)
        for name in ("hcg_serum", "hcg_urine", "pregnancy_status")
        for m in asked.series(name).measurements
    ]
    tests += _recorded_as_absent(asked)
    current, stale = _open_entries(asked, tests)
    found = latest_first((*current, *tests))
    if asked.facts.sex == "male" and not any(m.category == "positive" for m in found):
        found = (
            Measurement(input="pregnancy", when=day(asked.on), category="negative", basis="demographic"),
        )
    elif found and stale:
        notes = tuple(dict.fromkeys(item.detail for item in stale))
        found = (msgspec.structs.replace(found[0], notes=(*found[0].notes, *notes)), *found[1:])
    unusable = (*stale, *asked.unusable("hcg_serum", "hcg_urine", "pregnancy_status"))
    return asked.result(found, unusable)


def _recorded_as_absent(asked: Asked) -> list[Measurement]:
    return [
        Measurement(
            input="pregnancy",
            when=event.start,
            category="negative",
            basis="recorded",
            evidence=(event.evidence,),
        )
        for event in asked.events(Diagnosis, ["cond_not_pregnant"])
        if event.start is not None and event.confirmed
    ]


def _open_entries(asked: Asked, tests: Sequence[Measurement]) -> tuple[list[Measurement], list[Unusable]]:
    current: list[Measurement] = []
    stale: list[Unusable] = []
    for event in asked.events(Diagnosis, (PREGNANT, *PERHAPS_PREGNANT)):
        if _perhaps_over(asked, event):
            detail = phrase("childbearing.a-pregnancy-is-on-record-of")
            stale.append(
                Unusable(why="conflicting", detail=detail, when=event.start, evidence=(event.evidence,))
            )
            continue
        if not _open(asked, event):
            continue
        certain = event.confirmed and PREGNANT in event.concepts
        if event.start is None or (not certain and _recent(asked, event.start)):
            detail = (
                phrase("childbearing.a-pregnancy-is-on-record-without")
                if certain
                else phrase("childbearing.a-possible-pregnancy-is-on-record")
            )
            stale.append(
                Unusable(why="too-coarse", detail=detail, when=event.start, evidence=(event.evidence,))
            )
            continue
        if not certain:
            continue
        began = _began_by(asked, event.start)
        over = began + timedelta(days=LONGEST_PREGNANCY_DAYS + 1)
        if asked.on >= over:
            detail = phrase("childbearing.the-pregnancy-on-record-since-was", start=event.start)
            stale.append(Unusable(why="stale", detail=detail, when=event.start, evidence=(event.evidence,)))
            continue
        measurement = Measurement(
            input="pregnancy",
            when=day(asked.on),
            category="positive",
            basis="recorded",
            evidence=(event.evidence,),
            changes_on=over,
        )
        denial = next(
            (
                t
                for t in tests
                if t.category == "negative" and t.when.first > began and t.when.last <= asked.on
            ),
            None,
        )
        if denial is not None:
            note = phrase(
                "childbearing.pregnancy-on-record-since-but-a", start=event.start, denial=denial.when
            )
            measurement = msgspec.structs.replace(
                measurement,
                category="equivocal",
                evidence=(event.evidence, *denial.evidence),
                notes=(note,),
            )
        current.append(measurement)
    return current, stale


def _began_by(asked: Asked, start: DateSpan) -> date:
    """The last day on which what is on record can have begun, seen from the day asked."""
    return min(start.last, asked.on) if start.open_end else start.last


def _recent(asked: Asked, start: DateSpan) -> bool:
    return asked.on - start.last <= timedelta(days=LONGEST_PREGNANCY_DAYS)


def _perhaps_over(asked: Asked, event: Event) -> bool:
    """Whether an entry may be over by the day asked or go on; none that has outlasted any pregnancy."""
    end = event.end
    if end is None or not end.open_end or end.first > asked.on:
        return False
    return event.start is None or _recent(asked, event.start)


def _open(asked: Asked, event: Event) -> bool:
    """Whether an entry goes on, as far as the record says, on the day asked."""
    if event.start is not None and event.start.first > asked.on:
        return False
    if event.end is not None:
        return event.end.first > asked.on
    return not (isinstance(event, Diagnosis) and event.clinical in ("inactive", "remission", "resolved"))


@computes("breastfeeding")
def breastfeeding(asked: Asked) -> Series:
    """Breastfeeding now: as observed, or an entry of the last two years that was not closed."""
    current: list[Measurement] = []
    stale: list[Unusable] = []
    for event in asked.events(Diagnosis, ["cond_lactation"]):
        if not _open(asked, event) or not event.confirmed:
            continue
        began = _began_by(asked, event.start) if event.start is not None else None
        if began is None or LONGEST_BREASTFEEDING.after(began) < asked.on:
            since = event.start or phrase("childbearing.an-unknown-date")
            detail = phrase("childbearing.breastfeeding-on-record-since-was-never", since=since)
            stale.append(Unusable(why="stale", detail=detail, when=event.start, evidence=(event.evidence,)))
            continue
        current.append(
            Measurement(
                input="breastfeeding",
                when=day(asked.on),
                category="positive",
                basis="recorded",
                evidence=(event.evidence,),
                changes_on=LONGEST_BREASTFEEDING.after(began) + timedelta(days=1),
            )
        )
    recorded = asked.recorded("breastfeeding")
    return asked.result(latest_first((*current, *recorded)), (*stale, *asked.unusable("breastfeeding")))


@computes("childbearing_potential")
def childbearing_potential(asked: Asked) -> Series:
    """Male; female of childbearing potential; or not: hysterectomy, bilateral oophorectomy, menopause.

    Only codes prove that womb, ovaries or menses are gone: words may be of a plan or of somebody else, and
    leave the woman of potential, with a note. Menopause counts twelve months after it was recorded, or
    undated from the age of 55. Age alone does not count, nor does tubal ligation, which is contraception.
    Without any entry a woman is of potential.
    """
    facts = asked.facts
    evidence = facts.demographics.get("sex")
    if facts.sex is None:
        return asked.result(needs=[asked.lack("sex")])
    told = () if evidence is None else (evidence,)
    if facts.sex == "male":
        return asked.result([_potential(asked, "male", told)])
    absent = _absence(asked)
    if absent is not None:
        return asked.result([absent])
    notes = _told_in_words(asked)
    years = age_on(facts, day(asked.on))
    if years is not None and years.low > AGE_OF_CERTAIN_MENOPAUSE:
        notes.append(phrase("childbearing.aged-but-neither-menopause-nor-hysterectomy", years=years))
    changes = None
    for event in asked.events(Diagnosis, [MENOPAUSE]):
        if event.by_text:
            continue
        if event.start is not None and event.start.first <= asked.on:
            changes = MENOPAUSE_COMPLETE.after(event.start.last)
            notes.append(phrase("childbearing.menopause-on-record-since-not-yet", start=event.start))
        elif event.start is None:
            notes.append(phrase("childbearing.menopause-is-on-record-without-a"))
    if facts.retrieval_of(("Condition", "Procedure")) != "complete":
        notes.append(phrase("childbearing.conditions-or-procedures-could-not-be"))
    measurement = _potential(asked, "of-potential", told)
    return asked.result([msgspec.structs.replace(measurement, notes=tuple(notes), changes_on=changes)])


def _absence(asked: Asked) -> Measurement | None:
    years = age_on(asked.facts, day(asked.on))
    for event in _events_of_body(asked):
        lasting = event.confirmed and not event.by_text and MENOPAUSE not in event.concepts
        if lasting and (event.start is None or event.start.last <= asked.on):
            return _potential(asked, "not-of-potential", (event.evidence,))
    for event in asked.events(Diagnosis, [MENOPAUSE]):
        if not event.confirmed or event.by_text:
            continue
        if event.start is None:
            if years is not None and years.low >= AGE_OF_CERTAIN_MENOPAUSE:
                return _potential(asked, "not-of-potential", (event.evidence,))
        elif MENOPAUSE_COMPLETE.after(event.start.last) <= asked.on:
            return _potential(asked, "not-of-potential", (event.evidence,))
    return None


def _told_in_words(asked: Asked) -> list[str]:
    told = (*_events_of_body(asked), *asked.events(Diagnosis, [MENOPAUSE]))
    labels = sorted({event.label for event in told if event.by_text})
    return [phrase("childbearing.is-recorded-in-words-without-a", label=label) for label in labels]


def _events_of_body(asked: Asked) -> tuple[Event, ...]:
    return (
        *asked.events(Procedure, WOMB_OR_OVARIES_ABSENT),
        *asked.events(Diagnosis, WOMB_OR_OVARIES_ABSENT),
    )


def _potential(asked: Asked, category: str, evidence: tuple[Evidence, ...]) -> Measurement:
    return Measurement(
        input="childbearing_potential",
        when=day(asked.on),
        category=category,
        basis="demographic",
        evidence=evidence,
    )
