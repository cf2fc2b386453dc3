"""What an order would measure: by the codes and words of results, and by the members of LOINC panels."""

from __future__ import annotations

import json

import pytest

from fhir_mappings.decoding import decode
from fhir_mappings.ordered_tests import analyte_of_code, ordered_analytes
from fhir_mappings.resources import ServiceRequest

LOINC = "http://loinc.org"
COUNT = {"wbc", "hemoglobin", "platelets"}
DIFFERENTIAL = COUNT | {"anc", "neutrophil_percent", "lymphocytes"}
LIVER = {"alt", "ast", "bilirubin_total", "albumin"}


def analytes(
    text: str | None = None, *codes: str, system: str = LOINC, display: str | None = None
) -> set[str]:
    codings = [{"system": system, "code": code, "display": display} for code in codes]
    raw = json.dumps({"code": {"text": text, "coding": codings}}).encode()
    order, _ = decode(raw, ServiceRequest)
    assert order is not None
    assert order.code is not None
    return set(ordered_analytes(order.code))


@pytest.mark.parametrize(
    ("code", "analyte"),
    [
        ("1742-6", "alt"),
        ("1743-4", "alt"),
        ("777-3", "platelets"),
        ("26515-7", "platelets"),
        ("11258-1", "hbv_dna"),
    ],
)
def test_each_code_of_an_analyte_orders_it(code: str, analyte: str) -> None:
    assert analytes(None, code) == {analyte}
    assert analyte_of_code(code) == analyte


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("58410-2", COUNT),
        ("57021-8", DIFFERENTIAL),
        ("24325-3", LIVER),
        ("24323-8", LIVER | {"serum_creatinine", "potassium"}),
        ("24321-2", {"serum_creatinine", "potassium"}),
        ("34528-0", {"inr", "prothrombin_time"}),
    ],
)
def test_a_panel_orders_its_members(code: str, members: set[str]) -> None:
    """LOINC panels; members as https://loinc.org/58410-2 and its like list them."""
    assert analytes(None, code) == members


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HBV DNA", {"hbv_dna"}),
        ("CBC", COUNT),
        ("CBC w/ Diff", DIFFERENTIAL),
        ("CBC with differential/platelet", DIFFERENTIAL),
        ("Complete blood count (CBC)", COUNT),
        ("血常规", COUNT),
        ("LFTs", LIVER),
        ("肝功能", LIVER),
        ("CMP, CBC", COUNT | LIVER | {"serum_creatinine", "potassium"}),
        ("Chest CT", set()),
        ("Cardiology consultation", set()),
    ],
)
def test_words_order_what_they_name(text: str, expected: set[str]) -> None:
    assert analytes(text) == expected
    assert analytes(None, "X1", system="urn:local", display=text) == expected


def test_a_code_that_is_understood_overrules_the_words() -> None:
    assert analytes("CBC", "1742-6") == {"alt"}


def test_several_codes_order_several_tests() -> None:
    assert analytes(None, "1742-6", "777-3") == {"alt", "platelets"}
    assert analytes(None, "1742-6", "58410-2") == COUNT | {"alt"}


@pytest.mark.parametrize("text", [None, ""])
def test_what_cannot_be_understood_orders_nothing_known(text: str | None) -> None:
    assert analytes(text) == set()
    assert analytes(text, "99999-9") == set()
