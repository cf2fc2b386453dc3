"""The Patient: born when, of which sex, alive or not."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dates import read_date
from fhir_mappings.facts import Evidence
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient_facts import Sex
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.reading.terms import code_of, terms
from fhir_mappings.resources import Extension, Patient

BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
US_CORE_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex"
CLINICAL_SEX = "http://hl7.org/fhir/StructureDefinition/patient-sexParameterForClinicalUse"


def read_demographics(
    copies: Sequence[Patient], reference: str, sheet: Sheet
) -> tuple[dict[str, Evidence], bool]:
    """Put birth and sex on the sheet; their evidence, and whether the patient has died.

    Where copies of the Patient disagree, neither is believed.
    """
    evidence: dict[str, Evidence] = {}
    births = [read_birth_date(patient, reference) for patient in copies]
    sexes = [read_sex(patient, reference) for patient in copies]
    sheet.birth, born = next((pair for pair in births if pair[0] is not None), (None, None))
    sheet.sex, said = next((pair for pair in sexes if pair[0] is not None), (None, None))
    if len({birth for birth, _ in births if birth is not None}) > 1:
        sheet.birth = born = None
        sheet.refuse(reference, phrase("demographics.several-patients-have-this-id-and"))
    if len({sex for sex, _ in sexes if sex is not None}) > 1:
        sheet.sex = said = None
        sheet.refuse(reference, phrase("demographics.several-patients-have-this-id-and-2"))
    if born is not None:
        evidence["birth_date"] = born
    if said is not None:
        evidence["sex"] = said
    if any(p.active is False or any(link.type == "replaced-by" for link in p.link) for p in copies):
        sheet.refuse(reference, phrase("demographics.the-record-is-marked-as-inactive"))
    return evidence, any(is_deceased(patient) for patient in copies)


def read_birth_date(patient: Patient, reference: str) -> tuple[DateSpan | None, Evidence | None]:
    """The birth date, as precise as it is given."""
    born = read_date(patient.birth_date)
    if born is None:
        return None, None
    return born, Evidence(reference=reference, path="birthDate", recorded=patient.birth_date)


def read_sex(patient: Patient, reference: str) -> tuple[Sex | None, Evidence | None]:
    """Sex for clinical use, else birth sex, else administrative gender; other and unknown are none."""
    for path, said in (
        ("extension[sexParameterForClinicalUse]", _clinical(patient)),
        ("extension[birthsex]", _of(patient, BIRTH_SEX) or _of(patient, US_CORE_SEX)),
        ("gender", {patient.gender} if patient.gender else set()),
    ):
        known = {sex for word in said if (sex := sex_of(word)) is not None}
        if len(known) == 1:
            return known.pop(), Evidence(reference=reference, path=path, recorded=", ".join(sorted(said)))
        if len(known) > 1:
            return None, None
    return None, None


def sex_of(word: str) -> Sex | None:
    """The sex that a code or a word means."""
    said = terms().sex.get(word.strip().lower())
    return "male" if said == "male" else "female" if said == "female" else None


def _of(patient: Patient, url: str) -> set[str]:
    return {word for e in patient.extension if e.url == url for word in _words(e)}


def _clinical(patient: Patient) -> set[str]:
    return {
        word
        for e in patient.extension
        if e.url == CLINICAL_SEX
        for value in (e, *(inner for inner in e.extension if inner.url == "value"))
        for word in _words(value)
    }


def _words(extension: Extension) -> set[str]:
    coding = extension.value_coding
    coded = extension.value_codeable_concept or (CodeableConcept(coding=(coding,)) if coding else None)
    found = {extension.value_code, code_of(coded, frozenset(terms().sex))}
    return {word for word in found if word}


def is_deceased(patient: Patient) -> bool:
    """Whether the record says that the patient has died."""
    return patient.deceased_boolean is True or patient.deceased_date_time is not None
