"""Observations: results, vital signs, scores and their items, narrative findings."""

from __future__ import annotations

import functools
from datetime import datetime

import msgspec

from fhir_mappings.catalogue import Analyte
from fhir_mappings.code_systems import system_of
from fhir_mappings.corrected_reports import IssuedReport, basis_of
from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import read_date, read_instant, within
from fhir_mappings.facts import Evidence, Measurement, Report, Unusable
from fhir_mappings.instruments import InstrumentMatch
from fhir_mappings.intervals import UNDATED, DateSpan
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.assessments import read_assessment
from fhir_mappings.reading.lacking_results import note_lacking_members
from fhir_mappings.reading.reference_ranges import Limits, contradicts, read_limits
from fhir_mappings.reading.remarks import is_measured, unreliable
from fhir_mappings.reading.sheet import Sheet, evidence_of
from fhir_mappings.reading.specimens import collected, not_after
from fhir_mappings.reading.terms import names_no_result, status_told, texts_of
from fhir_mappings.reading.values import Value, read_value
from fhir_mappings.references import bare
from fhir_mappings.resources import Observation, Valued
from fhir_mappings.settling import Issued
from fhir_mappings.terminology import AnalyteMatch, Match, Terminology
from fhir_mappings.units import Converted, OwnScale, to_canonical

USABLE = frozenset({"final", "amended", "corrected"})
IGNORED = frozenset({"entered-in-error", "cancelled"})
CORRECTING = frozenset({"amended", "corrected"})


class Frame(msgspec.Struct, frozen=True):
    """What all results of one Observation share.

    ``when``: the date of the specimen, ``None`` where nothing tells; ``by``: the same, or else all days on
    which it may have been taken, since a result is issued after that. ``modified``: a modifierExtension may
    turn the meaning, so that what it says is there and cannot be used.
    """

    reference: str
    status: str | None
    when: DateSpan | None
    by: DateSpan
    at: datetime | None
    specimen: str | None
    identifiers: frozenset[str]
    issued: datetime | None
    modified: bool

    @property
    def unusable_when(self) -> DateSpan | None:
        """The date of a result that cannot be used, ``None`` where nothing bounds it."""
        return None if self.by == UNDATED else self.by


class Meaning(msgspec.Struct, frozen=True):
    """What the code of an Observation or a component stands for; nothing of it for most."""

    analyte: AnalyteMatch | None = None
    instrument: InstrumentMatch | None = None
    report: Match | None = None

    @property
    def known(self) -> bool:
        """Whether anything asks for it."""
        return self.analyte is not None or self.instrument is not None or self.report is not None


@functools.lru_cache(maxsize=32768)
def meaning_of(code: CodeableConcept, terminology: Terminology) -> Meaning:
    """What a code stands for: a result before a score before a finding in words."""
    pairs, label = code.pairs, code.label
    analyte = terminology.analyte_of(pairs, label)
    if analyte is not None:
        return Meaning(analyte=analyte)
    instrument = terminology.instrument_of(pairs, label)
    if instrument is not None:
        return Meaning(instrument=instrument)
    report = terminology.concepts_of(pairs, label, kinds="report")
    return Meaning(report=report) if report.concepts else _UNKNOWN


_UNKNOWN = Meaning()


def read_observation(observation: Observation, reference: str, sheet: Sheet) -> None:
    """Put down what an Observation says."""
    if observation.status in IGNORED:
        return
    meaning = _UNKNOWN if observation.code is None else meaning_of(observation.code, sheet.terminology)
    parts = [
        (part, f"component[{i}].", match)
        for i, part in enumerate(observation.component)
        if part.code is not None and (match := meaning_of(part.code, sheet.terminology).analyte) is not None
    ]
    if observation.code is None and not any(part.code is not None for part in observation.component):
        sheet.refuse(reference, phrase("observations.the-observation-has-no-code"))
        return
    if not (meaning.known or parts or observation.has_member):
        if observation.code is not None and not observation.component and not _is_named(observation.code):
            sheet.unnamed_results.append((reference, observation.code.label or ""))
        return
    if any(bare(one.reference or "") not in sheet.patient for one in observation.focus):
        if meaning.known or parts:
            sheet.refuse(reference, phrase("observations.it-is-about-something-or-someone"))
        return
    frame = _frame(observation, reference, sheet)
    # The items of a score are no results, whatever they are called.
    if observation.has_member and meaning.instrument is None:
        valued = meaning.analyte is None or _is_valued(observation, meaning.analyte.analyte, sheet)
        note_lacking_members(observation, reference, frame.by, frame.at, sheet, valued=valued or bool(parts))
    if not (meaning.known or parts):
        return
    if meaning.instrument is not None and not frame.modified:
        read_assessment(observation, meaning.instrument, reference, frame.by, sheet)
    if meaning.analyte is not None:
        _read_part(observation, "", meaning.analyte, observation, frame, sheet)
    for part, prefix, match in parts:
        _read_part(part, prefix, match, observation, frame, sheet)
    if meaning.report is not None and not parts and not frame.modified:
        _read_narrative(observation, meaning.report, frame, sheet)


@functools.lru_cache(maxsize=32768)
def _is_named(code: CodeableConcept) -> bool:
    """Whether a code of a known code system, or words, tell what was measured."""
    if any(system_of(system) for system, value in code.pairs if system and value):
        return True
    return not all(map(names_no_result, texts_of(code)))


def _is_valued(observation: Observation, analyte: Analyte, sheet: Sheet) -> bool:
    return not read_value(observation, analyte, sheet.terminology).absent


def _frame(observation: Observation, reference: str, sheet: Sheet) -> Frame:
    when, at = _time(observation)
    if when is None:
        when, at = collected(observation.specimen, observation.contained, sheet)
    return Frame(
        reference=reference,
        status=observation.status,
        when=when,
        by=when or not_after(observation.issued) or UNDATED,
        at=at,
        specimen=_specimen(observation, reference),
        identifiers=frozenset(f"{i.system}|{i.value}" for i in observation.identifier if i.value),
        issued=read_instant(observation.issued),
        modified=sheet.is_modified(observation, reference),
    )


def _time(observation: Observation) -> tuple[DateSpan | None, datetime | None]:
    text = observation.effective_date_time or observation.effective_instant
    if text is None and observation.effective_timing is not None and observation.effective_timing.event:
        text = observation.effective_timing.event[0]
    if text is not None:
        return read_date(text), read_instant(text)
    return within(observation.effective_period)


def _read_part(
    part: Valued, prefix: str, match: AnalyteMatch, whole: Observation, frame: Frame, sheet: Sheet
) -> None:
    """Put down the result of an Observation or a component."""
    analyte = match.analyte
    value = read_value(part, analyte, sheet.terminology)
    if value.absent and value.problem is None and (whole.component or whole.has_member):
        return  # a panel's head has no value of its own
    evidence = Evidence(
        reference=frame.reference,
        path=prefix + value.path,
        date=str(frame.by) if frame.by != UNDATED else None,
        recorded=value.recorded,
        label=analyte.label,
        by_text=match.by_text,
    )
    result = _result(part, whole, analyte, value, evidence, frame, sheet)
    if isinstance(result, Unusable):
        result = msgspec.structs.replace(
            result,
            measured=is_measured(part, whole, analyte.name, value),
            at=frame.at,
            specimen=frame.specimen,
            role=analyte.role,
        )
    if isinstance(result, Measurement) and match.by_text:
        note = phrase(
            "observations.matched-by-its-words", part=part.code.label if part.code is not None else ""
        )
        result = msgspec.structs.replace(result, notes=(*result.notes, note))
    sheet.results.append(
        Issued(
            input=analyte.name,
            result=result,
            role=analyte.role,
            at=frame.at,
            specimen=frame.specimen,
            correcting=frame.status in CORRECTING,
            identifiers=frame.identifiers,
            issued=frame.issued,
        )
    )


def _result(
    part: Valued,
    whole: Observation,
    analyte: Analyte,
    value: Value,
    evidence: Evidence,
    frame: Frame,
    sheet: Sheet,
) -> Measurement | Unusable:
    why = _why_unusable(frame, value)
    if why is not None:
        return Unusable(why="unreadable", detail=why, when=frame.unusable_when, evidence=(evidence,))
    if value.conflicting:
        detail = phrase("observations.the-value-and-its-interpretation-contradict", value=value.recorded)
        both = _with_interpretation(evidence, value)
        return Unusable(why="conflicting", detail=detail, when=frame.unusable_when, evidence=both)
    measured = _measure(part, whole, analyte, value, evidence, frame, sheet)
    if isinstance(measured, Unusable):
        sheet.refuse(frame.reference, measured.detail)
    return measured


def _with_interpretation(evidence: Evidence, value: Value) -> tuple[Evidence, ...]:
    """The value and, as the other side, the interpretation that contradicts it."""
    path = evidence.path.removesuffix(value.path) + "interpretation"
    return evidence, msgspec.structs.replace(evidence, path=path, recorded=value.interpreted, value=None)


def _why_unusable(frame: Frame, value: Value) -> str | None:
    if frame.modified:
        return phrase("sheet.it-carries-a-modifierextension-that-is")
    status = frame.status
    if status == "preliminary":
        return phrase("observations.only-a-preliminary-result-is-there")
    if status not in USABLE:
        return (
            phrase("observations.the-result-is-not-final", status=status)
            if status
            else phrase("observations.the-result-has-no-status")
        )
    if value.problem is not None:
        return value.problem
    return phrase("observations.no-value-is-given") if value.absent else None


def _specimen(observation: Observation, reference: str) -> str | None:
    if observation.specimen is None or not observation.specimen.reference:
        return None
    named = observation.specimen.reference
    return f"{reference}{named}" if named.startswith("#") else named


def _measure(
    part: Valued,
    whole: Observation,
    analyte: Analyte,
    value: Value,
    evidence: Evidence,
    frame: Frame,
    sheet: Sheet,
) -> Measurement | Unusable:
    remark = unreliable(part, whole, analyte.name)
    if remark is not None:
        return _refused(
            phrase("observations.a-remark-makes-it-unusable", remark=_short(remark)), frame, evidence
        )
    number = value.number
    limits = read_limits(part.reference_range, analyte, number, sheet.sex, sheet.birth, frame.by)
    plain = Measurement(
        input=analyte.name,
        when=frame.by,
        at=frame.at,
        unit=analyte.unit,
        category=value.said or value.flag,
        specimen=frame.specimen,
        role=analyte.role,
        lower_limit=limits.lower,
        upper_limit=limits.upper,
        evidence=(evidence,),
        notes=limits.notes,
    )
    if number is None:
        if value.said is None and (value.flag is None or analyte.kind == "number"):
            return _refused(
                phrase("observations.is-no-number", the=value.recorded or "the value"), frame, evidence
            )
        if analyte.kind == "number" and value.said is not None:
            return _refused(phrase("observations.is-no-number-2", value=value.recorded), frame, evidence)
        return plain
    adult = sheet.is_adult_on(frame.by)
    converted = to_canonical(analyte, number.value, number.system, number.code, number.unit, adult=adult)
    own = isinstance(converted, OwnScale)
    if isinstance(converted, Converted | OwnScale) and contradicts(
        limits, converted.value, value.interpreted, own=own
    ):
        detail: str = phrase("observations.the-value-lies-where-its-own", value=value.recorded)
        detail += phrase("observations.of-its-interpretation", interpreted=value.interpreted)
        both = _with_interpretation(evidence, value)
        return Unusable(why="conflicting", detail=detail, when=frame.unusable_when, evidence=both)
    if isinstance(converted, Converted):
        shown = converted.value.low if converted.value.exact else str(converted.value)
        return msgspec.structs.replace(
            plain,
            value=converted.value if analyte.kind != "category" else None,
            reported=number.value,
            reported_unit=converted.reported_unit,
            notes=(*plain.notes, *converted.notes),
            evidence=(msgspec.structs.replace(evidence, value=shown, unit=analyte.unit),),
        )
    if isinstance(converted, OwnScale):
        category = plain.category or _by_own_range(converted.value.low, converted.value.high, limits)
        return msgspec.structs.replace(
            plain,
            category=category,
            reported=converted.value,
            reported_unit=converted.unit,
            notes=(*plain.notes, converted.detail),
        )
    if value.said is not None and analyte.kind != "number":
        return msgspec.structs.replace(plain, notes=(*plain.notes, converted.detail))
    return _refused(converted.detail, frame, evidence)


def _by_own_range(low: float, high: float, limits: Limits) -> str | None:
    upper, lower = limits.own_upper, limits.own_lower
    if upper is not None and low > upper:
        return "high"
    if lower is not None and high < lower:
        return "low"
    if upper is not None and high <= upper and (lower is None or low >= lower):
        return "normal"
    return None


def _refused(detail: str, frame: Frame, evidence: Evidence) -> Unusable:
    return Unusable(why="unreadable", detail=detail, when=frame.unusable_when, evidence=(evidence,))


def _read_narrative(observation: Observation, match: Match, frame: Frame, sheet: Sheet) -> None:
    """A finding in words, such as the result of a biopsy."""
    if observation.value_string is None and observation.value_codeable_concept is None:
        return
    if observation.status not in USABLE or observation.code is None:
        sheet.refuse(frame.reference, status_told("the-finding", observation.status))
        return
    reference, when, concept = frame.reference, frame.unusable_when, observation.code
    value = observation.value_codeable_concept
    text = observation.value_string or (value.label if value is not None else None)
    coded = sheet.terminology.concepts_of(value.pairs, value.label, kinds="condition") if value else None
    report = Report(
        reference=reference,
        concepts=match.concepts | (coded.sure if coded else frozenset()),
        label=concept.label or "Report",
        start=when,
        end=when,
        status=observation.status,
        by_text=match.by_text,
        text=text,
        evidence=evidence_of(reference, "value[x]", when, concept, recorded=_short(text)),
    )
    sheet.report(
        IssuedReport(
            report,
            identifiers=frame.identifiers,
            code=frozenset(concept.pairs) or frozenset({(None, concept.label)}),
            effective=observation.effective_date_time,
            issued=frame.issued,
            basis=basis_of((frame.specimen,)),
        )
    )


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= 200 else text[:197] + "…"
