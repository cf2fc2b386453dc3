"""A Chinese report is Chinese; English in it is what the record says, a code, a unit or a proper name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import msgspec
import pytest

from app.demo.patients import demo_patients
from app.example_charts import chart_of
from app.screening import ScreeningService
from eligibility.course import Anchors
from eligibility.example_notation import example_facts
from eligibility.examples import examples_of
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from fhir_mappings.vocabulary import vocabulary

AS_OF = date(2026, 6, 15)
PROTOCOLS = ("nct01639339", "nct03036150", "nct05247203", "nct07517536")
WORDS = {
    "reason", "detail", "label", "labels", "because", "remark", "words", "what", "conflict", "missing",
    "notes", "title", "domain",
}  # fmt: skip
"""Keys of a report whose values are made of words. Not: ``text``, a criterion verbatim, and ``recorded``."""

NAMES = """
    ABO ACE ACR AI AKI ALT ANA ANC ANCA APRIL ARB ARBs AST AS BILAG BLISS BLyS BTK CAR Cockcroft Gault CKD EPI
    Columbia DNA Dapa dsDNA ECMO EULAR ER Fc GFR HBc HBsAg HBV HCV HEp HIV hCG HPF IgA IgG IgM INR ISN JAK
    LLN LN LOINC mTOR NK NYHA PD PHQ PK PT Patient RNA RNP RPS SELENA SLE SLEDAI SGLT Schwartz SRI SSA SSB Ro
    La Sm TNF TYK UACR ULN UPCR WHO Xpert eGFR intent focus modifierExtension creat
    CD NCT II III IV VI CHT pH DAPA CKD
    FHIR Devine Mosteller Observation Condition Procedure Encounter MedicationRequest MedicationStatement
    MedicationAdministration MedicationDispense DiagnosticReport AllergyIntolerance Immunization Device
    Consent ResearchSubject ServiceRequest QuestionnaireResponse
"""
"""Names and abbreviations that are written alike in Chinese texts, and types of FHIR resources."""

UNITS = """
    mg g kg ng ug U IU kIU mIU arb L mL dL uL fL mmol umol nmol pmol mol min h d wk mo a m m2 cm mm Hg s titer
    score Cel CFU
"""

_RUN = re.compile(r"[A-Za-zÀ-ÿ]{2,}")


@cache
def service() -> ScreeningService:
    return ScreeningService.bundled()


def said(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """What a report says in words, each with its key."""
    if isinstance(node, dict):
        for name, value in node.items():
            # Of what was not read, "why" is in words; of a need it is a code.
            if name != "evidence":
                unread = name == "why" and node.keys() == {"reference", "why"}
                yield from said(value, "reason" if unread else name)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from said(value, key)
    elif isinstance(node, str) and key in WORDS:
        yield key, node


def english_in(report: object, recorded: str) -> set[str]:
    """Runs of letters that are neither a name nor a unit, and that the record does not hold."""
    known = {word.casefold() for word in (NAMES + UNITS).split()} | set(_RUN.findall(recorded.casefold()))
    found = set()
    for key, text in said(msgspec.to_builtins(report)):
        for word in _RUN.findall(text):
            if word.casefold() not in known and not (key == "what" and text in _KINDS):
                found.add(f"{word} – {text}")
    return found


_KINDS = {"remission", "relapse", "no-response"}
"""Codes of the timeline, which stay as they are."""


@pytest.mark.parametrize("patient", demo_patients())
def test_a_report_on_a_demonstration_patient_holds_no_english_of_ours(patient: str) -> None:
    body = json.dumps(demo_patients()[patient].bundle(AS_OF), ensure_ascii=False)
    record = PatientRecord(read_patients(body.encode())[0])
    for protocol in PROTOCOLS:
        report = service().screen_record(record, AS_OF, Anchors(), [protocol], "zh-CN")
        assert not english_in(report, body)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_report_on_an_example_of_a_protocol_holds_no_english_of_ours(protocol: str) -> None:
    bound = service().protocols[protocol]
    left: set[str] = set()
    for _, example in examples_of(bound):
        record = chart_of(example_facts(example, vocabulary()))
        anchors = Anchors(**example.anchors)
        report = service().screen_record(record, example.as_of, anchors, [protocol], "zh-CN")
        # In the notation of examples an event is called by its code sets, as a record would by its words.
        left |= english_in(report, json.dumps(example.model_dump(mode="json")))
    assert not left
