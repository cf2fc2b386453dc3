"""Research: in which trials the patient takes or took part, and consents to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import read_date, read_period
from fhir_mappings.facts import ConsentGiven, Event, Exposure, Participation
from fhir_mappings.intervals import DateSpan
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.terms import is_any, terms
from fhir_mappings.resources import Consent, ResearchStudy, ResearchSubject

_ON_STUDY = frozenset(
    {
        "on-study",
        "on-study-intervention",
        "on-study-observation",
        "follow-up",
        "pending-on-study",
        "screening",
    }
)
_GIVEN = {"active": "permit", "rejected": "deny", "inactive": "permit"}


def read_participation(resource: ResearchSubject, reference: str, sheet: Sheet) -> None:
    """Put down a participation, whatever its status; the protocol judges which count."""
    if resource.status == "entered-in-error" or sheet.is_modified(resource, reference):
        return
    study = sheet.pool.resolve(resource.study, ResearchStudy, resource.contained)
    named = resource.study
    words = [named.reference, named.display] if named is not None else []
    if named is not None and named.identifier is not None:
        words.append(named.identifier.value)
    if study is not None:
        words += [study.title, *(i.value for i in study.identifier)]
    start, end = read_period(resource.period)
    label = (study.title if study is not None else None) or (named.display if named else None)
    drugs = _drugs(study, label, sheet)
    sheet.event(
        Participation(
            reference=reference,
            concepts=drugs,
            label=label or "a research study",
            start=start,
            end=end,
            ongoing=end is None and resource.status in _ON_STUDY,
            status=resource.status,
            study_ids=registry_ids(words),
            study_kind=_kind(study),
            phase=study.phase.label if study is not None and study.phase is not None else None,
            drugs=drugs,
            evidence=evidence_of(reference, "study", start, None, recorded=label),
        )
    )


def registry_ids(words: Iterable[str | None]) -> frozenset[str]:
    """Registry numbers in any of the texts, upper case."""
    return frozenset(m.upper() for word in words if word for m in terms().registry_numbers.findall(word))


def _drugs(study: ResearchStudy | None, label: str | None, sheet: Sheet) -> frozenset[str]:
    concepts: list[CodeableConcept] = []
    texts = [label]
    if study is not None:
        concepts += [*study.focus, *study.keyword]
        texts += [study.description, *(a.name for a in study.arm), *(a.description for a in study.arm)]
    found: frozenset[str] = frozenset()
    for concept in concepts:
        found |= sheet.terminology.concepts_of(concept.pairs, concept.label, kinds="drug").concepts
    for text in texts:
        if text:
            found |= sheet.terminology.concepts_of((), text, kinds="drug").concepts
    return found


def _kind(study: ResearchStudy | None) -> str | None:
    if study is None:
        return None
    words = " ".join(c.label or "" for c in (*study.category, *study.keyword))
    return next((kind for kind, pattern in terms().study_kind.items() if pattern.search(words)), None)


def with_last_doses(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events, each participation that is over with the last dose of a study drug given during it."""
    known = tuple(events)
    given = [e for e in known if isinstance(e, Exposure) and e.source == "administration" and e.confirmed]
    trials = [e for e in known if isinstance(e, Participation) and not e.ongoing]
    if not (given and trials):
        return known
    alone = len(trials) == 1
    return tuple(
        _with_last_dose(e, given, alone) if isinstance(e, Participation) and not e.ongoing else e
        for e in known
    )


def _with_last_dose(trial: Participation, given: Sequence[Exposure], alone: bool) -> Participation:
    days = [
        dose.end or dose.start
        for dose in given
        if (dose.concepts & trial.drugs or (dose.investigational and alone)) and _within(dose.start, trial)
    ]
    known = [day for day in days if day is not None]
    if not known:
        return trial
    last = DateSpan(max(day.first for day in known), max(day.last for day in known))
    return msgspec.structs.replace(trial, last_dose=last)


def _within(day: DateSpan | None, trial: Participation) -> bool:
    if day is None:
        return False
    early = trial.start is not None and day.last < trial.start.first
    late = trial.end is not None and day.first > trial.end.last
    return not (early or late)


def read_consent(resource: Consent, reference: str, sheet: Sheet) -> None:
    """Put down a consent to research, or its refusal."""
    decided = _GIVEN.get(resource.status or "")
    if decided is None or not _is_research(resource) or sheet.is_modified(resource, reference):
        return
    denied = decided == "deny" or (resource.provision is not None and resource.provision.type == "deny")
    decision: Literal["permit", "deny"] = "deny" if denied else "permit"
    source = resource.source_reference
    words = [source.reference, source.display] if source is not None else []
    words += [i.value for i in resource.identifier]
    words += [c.label for c in resource.category]
    ids = registry_ids(words) | _of_subjects(reference, sheet)
    began, end = read_period(resource.provision.period) if resource.provision is not None else (None, None)
    start = read_date(resource.date_time) or began
    sheet.event(
        ConsentGiven(
            reference=reference,
            concepts=frozenset(),
            label="Consent to research",
            start=start,
            end=end,
            status=resource.status,
            ongoing=resource.status == "active" and end is None,
            decision=decision,
            study_ids=ids,
            evidence=evidence_of(reference, "status", start, None, recorded=resource.status),
        )
    )


def _is_research(resource: Consent) -> bool:
    concepts = [*resource.category, *((resource.scope,) if resource.scope is not None else ())]
    return any(
        is_any(concept, terms().research_codes) or terms().research_words.search(concept.label or "")
        for concept in concepts
    )


def _of_subjects(reference: str, sheet: Sheet) -> frozenset[str]:
    """Registry numbers of the studies whose participation rests on this consent."""
    ids: frozenset[str] = frozenset()
    for source in sheet.pool.sources:
        if source.kind != "ResearchSubject":
            continue
        subject = sheet.pool.decode(source)
        if not isinstance(subject, ResearchSubject) or subject.consent is None:
            continue
        found = sheet.pool.references.find(subject.consent.reference)
        if found is None or found.reference != reference:
            continue
        study = sheet.pool.resolve(subject.study, ResearchStudy, subject.contained)
        words = [subject.study.reference, subject.study.display] if subject.study is not None else []
        if study is not None:
            words += [study.title, *(i.value for i in study.identifier)]
        ids |= registry_ids(words)
    return ids
