"""Routes by code, by words, and by the dose form in a product's name."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fhir_mappings.datatypes import CodeableConcept
from fhir_mappings.dosing_terms import route_of, route_of_name
from tests.fhir_mappings.written_dosages import DAILY, dosage, read

ROUTES = [
    ({"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}, "oral"),
    ({"coding": [{"code": "PO"}]}, "oral"),
    ({"coding": [{"system": "http://standardterms.edqm.eu", "code": "20053000"}]}, "oral"),
    ({"coding": [{"code": "47625008", "display": "Intravenous route (qualifier value)"}]}, "intravenous"),
    ({"coding": [{"code": "x", "display": "Intravenous route (qualifier value)"}]}, "intravenous"),
    ({"text": "IV"}, "intravenous"),
    ({"text": "静脉滴注"}, "intravenous"),
    ({"coding": [{"code": "12130007"}]}, "intraarticular"),
    ({"coding": [{"code": "54485002"}]}, "ophthalmic"),
    ({"coding": [{"code": "447694001"}]}, "inhaled"),
    ({"coding": [{"code": "46713006"}]}, "nasal"),
    ({"coding": [{"code": "6064005"}]}, "topical"),
    ({"coding": [{"code": "37161004"}]}, "other"),
    ({"text": "Intravenous Push"}, "intravenous"),
    ({"text": "Intravenous Piggyback"}, "intravenous"),
    ({"text": "IVPB"}, "intravenous"),
    ({"text": "IV drip"}, "intravenous"),
    ({"text": "Slow IV"}, "intravenous"),
    ({"text": "Intravenous bolus"}, "intravenous"),
    ({"text": "ivgtt"}, "intravenous"),
    ({"text": "iv gtt"}, "intravenous"),
    ({"text": "静脉推注"}, "intravenous"),
    ({"text": "静推"}, "intravenous"),
    ({"text": "静脉泵入"}, "intravenous"),
    ({"text": "Central line"}, "intravenous"),
    ({"coding": [{"code": "IVDRIP"}]}, "intravenous"),
    ({"text": "Intravitreal"}, "ophthalmic"),
    ({"text": "Intravitreal injection, right eye"}, "ophthalmic"),
    ({"text": "玻璃体腔注射"}, "ophthalmic"),
    ({"text": "Intrathecal injection"}, "other"),
    ({"text": "Nebulizer solution"}, "inhaled"),
    ({"text": "Subcutaneous injection"}, "subcutaneous"),
    ({"text": "肌内注射"}, "intramuscular"),
    ({"text": "Oral (with food)"}, "oral"),
    ({"text": "PO/NG"}, "oral"),
    ({"text": "鼻饲"}, "oral"),
    ({"text": "PEG tube"}, "oral"),
    ({"text": "Not specified"}, None),
    ({"text": "不详"}, None),
    ({"text": "somehow"}, "other"),  # stated, and not understood
    ({"coding": [{"code": "L-77"}]}, "other"),
    ({}, None),
]


@pytest.mark.parametrize(("concept", "route"), ROUTES)
def test_routes_are_known_by_code_or_words(concept: dict[str, Any], route: str | None) -> None:
    assert route_of(msgspec.convert(concept, CodeableConcept)) == route


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("prednisone 5 MG Oral Tablet", "oral"),
        ("hydrocortisone 10 MG/ML Topical Cream", "topical"),
        ("dexamethasone 1 MG/ML Ophthalmic Suspension", "ophthalmic"),
        ("budesonide 0.032 MG/ACTUAT Nasal Spray", "nasal"),
        ("fluticasone 0.1 MG/ACTUAT Dry Powder Inhaler", "inhaled"),
        ("methylprednisolone 40 MG/ML Injectable Suspension", "systemic"),
        ("hydrocortisone 100 MG Rectal Enema", "other"),
        ("泼尼松片", "oral"),
        ("vancomycin 1 g IVPB", "intravenous"),
        ("fluconazole (IV)", "intravenous"),
        ("ivermectin 3 MG", None),
        ("ranibizumab intravitreal injection", "ophthalmic"),
        ("ceftriaxone 1 g injection", "systemic"),
        ("注射用美罗培南", "systemic"),
        ("hydrocortisone", None),
        (None, None),
    ],
)
def test_the_dose_form_in_a_name_tells_the_route(name: str | None, route: str | None) -> None:
    assert route_of_name(name) == route


def test_the_route_of_a_dosage_is_reported() -> None:
    assert read(dosage((5, "mg"), timing=DAILY, route={"text": "oral"})).route == "oral"
    assert read(dosage((5, "mg"), timing=DAILY)).route is None


def test_two_systemic_routes_are_systemic() -> None:
    doses = read(
        dosage((5, "mg"), timing=DAILY, route={"text": "oral"}),
        dosage((5, "mg"), timing=DAILY, route={"text": "IV"}),
    )
    assert doses.route == "systemic"
