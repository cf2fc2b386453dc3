"""The renal clauses of BILAG-2004 that need the bedside: blood pressure and nephrotic syndrome.

They are computed as far as a chart allows. A coded diagnosis of the whole waits for a clinician; a part
that is not on record leaves the clause unknown and says which it is.
"""

from __future__ import annotations

from fhir_mappings.facts import Diagnosis, Evidence, Measurement, Need
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import phrase
from fhir_mappings.scores.bilag_rules import RenalRule
from fhir_mappings.scores.clauses import Clause, Degree, clause_of, previous_value
from fhir_mappings.scores.definitions import exclusions
from fhir_mappings.scores.evaluation import DIAGNOSIS_DOUBT, judge
from fhir_mappings.scores.readings import value_in
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Doubt, Judgement, State, all_of, unique

NO_FUNDOSCOPY = phrase("renal-syndromes.no-retinal-changes-are-on-record")
RETINA_DOUBT = phrase("renal-syndromes.the-grade-of-the-retinal-changes")

Pair = tuple[Measurement, Measurement]


def accelerated_hypertension(rule: RenalRule, situation: Situation) -> Clause:
    """Pressure above 170/110 with retinal changes, or a coded diagnosis of it; never without a clinician."""
    name, label = "accelerated_hypertension", phrase("renal-syndromes.accelerated-hypertension")
    coded = _begun(rule.hypertension.coded, situation)
    if coded:
        return clause_of(name, label, _coded(coded))
    pairs = _pairs(rule, situation)
    answers = [_above(pair, rule.hypertension.severe_above, rule) for pair in pairs]
    high = next((pair for pair, answer in zip(pairs, answers, strict=True) if answer), None)
    if high is not None:
        retina = _going_on(rule.hypertension.retina, situation)
        evidence = (*_evidence(high), *(e.evidence for e in retina))
        if retina:
            found = Judgement(state=State.UNATTRIBUTED, evidence=evidence, doubts=(Doubt(RETINA_DOUBT),))
            return clause_of(name, label, found)
        need = Need(input="fundoscopy", why="never-measured", detail=f"fundoscopy: {NO_FUNDOSCOPY}")
        return Clause(id=name, label=label, state=State.UNKNOWN, evidence=evidence, needs=(need,))
    if pairs and None not in answers and _whole(rule, situation):
        return clause_of(name, label, Judgement(state=State.ABSENT, evidence=_evidence(pairs[0])))
    return Clause(
        id=name, label=label, state=State.UNKNOWN, needs=(situation.need(rule.hypertension.systolic),)
    )


def rising_pressure(rule: RenalRule, situation: Situation) -> Clause:
    """Pressure above 140/90 that has risen by 30 systolic and 15 diastolic: a mild clause."""
    name, label = "rising_pressure", phrase("renal-syndromes.rising-blood-pressure")
    pairs = _pairs(rule, situation)
    if not pairs:
        need = situation.need(rule.hypertension.systolic)
        return Clause(id=name, label=label, state=State.UNKNOWN, needs=(need,))
    latest = pairs[0]
    high = _above(latest, rule.hypertension.mild_above, rule)
    risen = _risen(latest, rule, situation)
    if high is False or risen is False:
        return clause_of(name, label, Judgement(state=State.ABSENT, evidence=_evidence(latest)))
    if high and risen:
        found = Judgement(state=State.PRESENT, evidence=_evidence(latest))
        return clause_of(name, label, found, degree=Degree.MILD)
    why = (
        phrase("renal-syndromes.no-earlier-value-to-compare-with")
        if risen is None
        else phrase("renal-syndromes.the-value-does-not-decide")
    )
    unread = [one for one in _previous(latest, rule, situation) if isinstance(one, Need)]
    needs = tuple(unread) or (situation.need(rule.hypertension.systolic, why),)
    return Clause(id=name, label=label, state=State.UNKNOWN, evidence=_evidence(latest), needs=needs)


def nephrotic_syndrome(rule: RenalRule, situation: Situation) -> Clause:
    """Heavy proteinuria, low albumin and oedema together, or a coded diagnosis that waits for a clinician."""
    name, label = "nephrotic_syndrome", phrase("renal-syndromes.nephrotic-syndrome")
    coded = _begun(rule.nephrotic.coded, situation)
    if coded:
        return clause_of(name, label, _coded(coded))
    oedema = _going_on(rule.nephrotic.oedema, situation)
    swollen = Judgement(state=State.PRESENT, evidence=tuple(e.evidence for e in oedema))
    if not oedema:
        need = Need(
            input="oedema",
            why="never-measured",
            detail=phrase("renal-syndromes.oedema-no-finding-on-record-examination"),
        )
        swollen = Judgement(state=State.UNKNOWN, needs=(need,))
    lupus = [exclusions()["lupus"]]
    parts = [
        judge(rule.nephrotic.proteinuria, lupus, situation),
        judge(rule.nephrotic.albumin, lupus, situation),
        swollen,
    ]
    found = all_of(parts)
    if found.state is State.UNKNOWN:
        evidence = unique(e for part in parts if part.state >= State.UNATTRIBUTED for e in part.evidence)
        return Clause(id=name, label=label, state=State.UNKNOWN, evidence=evidence, needs=found.needs)
    return clause_of(name, label, found)


def _pairs(rule: RenalRule, situation: Situation) -> list[Pair]:
    """Systolic and diastolic values of one time, latest first."""
    lower = {(m.when, m.at): m for m in situation.results(rule.hypertension.diastolic)}
    return [
        (m, lower[m.when, m.at])
        for m in situation.results(rule.hypertension.systolic)
        if (m.when, m.at) in lower
    ]


def _above(pair: Pair, limits: tuple[float, float], rule: RenalRule) -> bool | None:
    """Whether both values are above; false as soon as one is not."""
    answers = [
        None if (value := value_in(m, rule.hypertension.unit)) is None else value.holds("above", limit)
        for m, limit in zip(pair, limits, strict=True)
    ]
    if False in answers:
        return False
    return None if None in answers else True


def _risen(pair: Pair, rule: RenalRule, situation: Situation) -> bool | None:
    answers: list[bool | None] = []
    earlier = _previous(pair, rule, situation)
    for current, previous, rise in zip(pair, earlier, rule.hypertension.mild_rise, strict=True):
        now = value_in(current, rule.hypertension.unit)
        readable = previous if isinstance(previous, Measurement) else None
        before = value_in(readable, rule.hypertension.unit) if readable else None
        if now is None or before is None:
            answers.append(None)
            continue
        answers.append(Interval(now.low - before.high, now.high - before.low).holds("at_least", rise))
    if False in answers:
        return False
    return None if None in answers else True


def _previous(pair: Pair, rule: RenalRule, situation: Situation) -> list[Measurement | Need | None]:
    names = (rule.hypertension.systolic, rule.hypertension.diastolic)
    return [
        previous_value(name, current, rule.previous, situation)
        for name, current in zip(names, pair, strict=True)
    ]


def _whole(rule: RenalRule, situation: Situation) -> bool:
    names = (rule.hypertension.systolic, rule.hypertension.diastolic)
    return all(situation.series(name).retrieval == "complete" for name in names)


def _begun(concepts: tuple[str, ...], situation: Situation) -> list[Diagnosis]:
    """Confirmed diagnoses that began in the window."""
    return [
        e
        for e in situation.diagnoses(concepts)
        if isinstance(e, Diagnosis) and e.start is not None and situation.holds(e.start)
    ]


def _going_on(concepts: tuple[str, ...], situation: Situation) -> list[Diagnosis]:
    """Confirmed diagnoses that began in the window, or began before and go on."""
    return [
        e
        for e in situation.diagnoses(concepts)
        if isinstance(e, Diagnosis)
        and (
            (e.start is not None and situation.holds(e.start))
            or (e.ongoing and e.clinical == "active" and (e.start is None or e.start.last <= situation.on))
        )
    ]


def _coded(found: list[Diagnosis]) -> Judgement:
    evidence = tuple(e.evidence for e in found)
    return Judgement(state=State.UNATTRIBUTED, evidence=evidence, doubts=(Doubt(DIAGNOSIS_DOUBT),))


def _evidence(pair: Pair) -> tuple[Evidence, ...]:
    return unique((*pair[0].evidence, *pair[1].evidence))
