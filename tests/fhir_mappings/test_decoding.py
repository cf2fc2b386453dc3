"""Lenient decoding: what is right is read fast, what is wrong costs only itself and is told.

Shapes are those that real systems send: a scalar where a list is due, codes as bare strings from STU3,
numbers as strings, garbage in one element.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.datatypes import CodeableConcept, CodingType, Reference
from fhir_mappings.decoding import decode, parse_json, peek
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.resources import RESOURCES, Condition, Encounter, Medication, Observation, Patient


def read(kind: type[Any], **elements: Any) -> tuple[Any, list[str]]:
    return decode(json.dumps({"resourceType": kind.__name__, **elements}).encode(), kind)


def test_a_valid_resource_is_read_with_nothing_to_tell() -> None:
    found, left_out = read(
        Observation,
        id="o1",
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        valueQuantity={"value": 1.20, "unit": "mg/dL"},
        note=[{"text": "not looked at by most"}],
        text={"status": "generated", "div": "<div/>"},
    )
    assert left_out == []
    assert found.id == "o1"
    assert found.value_quantity.value == Decimal("1.2")
    assert found.code.pairs == (("http://loinc.org", "2160-0"),)


def test_a_single_value_where_a_list_is_due_is_taken_as_a_list_of_one() -> None:
    # Epic sends ``category`` as an object.
    found, left_out = read(
        Observation,
        status="final",
        category={"coding": {"system": "s", "code": "laboratory"}},
        component={"code": {"text": "systolic"}, "valueInteger": 120},
    )
    assert left_out == []
    assert found.category == (CodeableConcept(coding=(CodingType(system="s", code="laboratory"),)),)
    assert found.component[0].value_integer == 120


def test_a_bare_status_of_stu3_becomes_the_code_that_it_is() -> None:
    found, left_out = read(Condition, clinicalStatus="active", verificationStatus="confirmed")
    assert left_out == []
    assert [c.code for c in found.clinical_status.coding] == ["active"]
    assert [c.code for c in found.verification_status.coding] == ["confirmed"]


def test_a_reference_sent_as_its_string_is_a_reference() -> None:
    found, left_out = read(Observation, status="final", subject="Patient/1")
    assert left_out == []
    assert found.subject == Reference(reference="Patient/1")


def test_a_list_where_one_value_is_due_is_read_by_its_first() -> None:
    # STU3's Encounter.class and Observation.interpretation swapped places with R4 on this.
    found, left_out = read(Encounter, **{"class": [{"code": "IMP"}]}, status="finished")
    assert left_out == []
    assert found.class_.code == "IMP"


def test_several_values_where_one_is_due_are_not_silently_cut_to_the_first() -> None:
    found, left_out = read(Condition, code=[{"text": "asthma"}, {"text": "lupus"}])
    assert found is None or found.code is None or left_out


def test_a_number_sent_as_a_string_is_the_number() -> None:
    found, left_out = read(Observation, status="final", valueQuantity={"value": "5.20", "unit": "mg/dL"})
    assert left_out == []
    assert found.value_quantity.value == Decimal("5.20")


def test_an_element_that_cannot_be_mended_is_left_out_alone_and_told_with_its_path() -> None:
    found, left_out = read(
        Observation,
        id="o1",
        status="final",
        code={"text": "creatinine"},
        valueQuantity={"value": {"nested": True}, "unit": "mg/dL"},
        effectiveDateTime="2026-01-01",
    )
    assert found.id == "o1"
    assert found.effective_date_time == "2026-01-01"
    assert found.value_quantity.value is None
    assert len(left_out) == 1
    assert "valueQuantity.value" in left_out[0]


def test_each_of_several_bad_elements_is_told() -> None:
    found, left_out = read(
        Observation,
        status="final",
        issued=12,
        valueInteger=[1],
        component=[{"valueInteger": "many"}, {"valueInteger": 4}],
    )
    assert [c.value_integer for c in found.component] == [None, 4]
    assert any("valueInteger" in told for told in left_out)


def test_only_the_bad_entry_of_a_list_is_lost() -> None:
    found, left_out = read(
        Condition, code={"coding": [{"system": "s", "code": "1"}, None, 5, {"system": "s", "code": "2"}]}
    )
    assert [c.code for c in found.code.coding] == ["1", "2"]
    assert len(left_out) == 1
    assert left_out[0].startswith("code.coding[2]")


def test_null_means_absent() -> None:
    # JSON null is not FHIR, and some systems send it for every empty element.
    found, left_out = read(Patient, id="p1", gender=None, birthDate=None, link=None, extension=None)
    assert found.id == "p1"
    assert found.link == ()
    assert left_out == []


def test_messages_never_hold_the_value_that_was_refused() -> None:
    _, left_out = read(
        Observation, status="final", valueQuantity={"value": "Jane Doe 1970"}, issued={"name": "Jane"}
    )
    assert left_out
    assert not any("Jane" in told for told in left_out)


@pytest.mark.parametrize("kind", list(RESOURCES.values()))
def test_every_resource_type_is_read_from_nothing_but_its_type(kind: type[Any]) -> None:
    assert read(kind) == (kind(), [])


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"12", b'"Patient"', b"{", b"<html>Tomcat</html>", b"\xff\xfe{}"]
)
def test_what_is_no_json_object_is_lost_as_a_whole_with_a_reason(raw: bytes) -> None:
    found, left_out = decode(raw, Observation)
    assert found is None
    assert left_out


def test_a_contained_resource_that_is_no_object_costs_only_itself() -> None:
    found, _ = read(Medication, contained=["nothing", {"resourceType": "Organization"}], code={"text": "x"})
    assert found.code.text == "x"


@pytest.mark.parametrize(
    ("raw", "kind", "identifier"),
    [
        (b'{"resourceType":"Patient","id":"1"}', "Patient", "1"),
        (b'{"resourceType":"Patient"}', "Patient", None),
        (b"{}", None, None),
    ],
)
def test_peek_tells_type_and_id(raw: bytes, kind: str | None, identifier: str | None) -> None:
    seen = peek(raw)
    assert seen is not None
    assert (seen.resource_type, seen.id) == (kind, identifier)


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'{"resourceType": 5}', b"{"])
def test_peek_is_none_for_what_is_no_resource(raw: bytes) -> None:
    assert peek(raw) is None


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\x80abc"])
def test_plain_json_that_cannot_be_parsed_says_so_in_one_line(body: bytes) -> None:
    with pytest.raises(UnreadableInputError) as caught:
        parse_json(body)
    assert "\n" not in str(caught.value)


KEYS = st.sampled_from(["coding", "code", "value", "text", "start", "reference"])
ELEMENTS = st.sampled_from(list(Observation.__struct_encode_fields__))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-1e6, 1e6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(ELEMENTS, json_values, max_size=6))
def test_any_json_under_any_element_is_read_or_told_and_never_raises(elements: dict[str, Any]) -> None:
    found, left_out = decode(msgspec.json.encode(elements), Observation)
    assert found is not None or left_out
