"""Mending takes one pass, whatever is wrong, and gives up on what departs from FHIR throughout."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest

from fhir_mappings.datatypes import CodingType, Reference
from fhir_mappings.decoding import decode
from fhir_mappings.mending import MOST_DEPARTURES, MOST_LEFT_OUT
from fhir_mappings.phrases import said
from fhir_mappings.resources import (
    Condition,
    Encounter,
    MedicationRequest,
    Observation,
    Procedure,
    QuestionnaireResponse,
)
from tests.app.medication_records import record

GOOD = {"code": {"text": "systolic"}, "valueQuantity": {"value": 120, "unit": "mm[Hg]"}}
BAD = {"code": 5.5}


def read(kind: type[Any], raw: str) -> tuple[Any, list[str]]:
    return decode(raw.encode(), kind)


class TestTheWork:
    """Gone through once for each departure, eleven megabytes with 300 of them would take a minute."""

    @pytest.mark.parametrize("bad", [150, 300])
    def test_grows_with_the_bytes_and_not_with_the_departures(self, bad: int) -> None:
        raw = json.dumps({"component": [GOOD] * 100_000 + [BAD] * bad})
        begun = time.process_time()
        decode(raw.encode(), Observation)
        assert time.process_time() - begun < 3

    def test_is_little_on_a_resource_that_departs_throughout(self) -> None:
        raw = json.dumps({"component": [{"code": "x"}] * 500_000})
        begun = time.process_time()
        found, left_out = decode(raw.encode(), Observation)
        assert time.process_time() - begun < 3
        assert (found, left_out) == (None, ["too many departures from FHIR"])

    def test_is_little_however_deeply_the_departure_lies(self) -> None:
        item: dict[str, Any] = {"linkId": "x" * 1_000_000, "answer": 5}
        for _ in range(120):
            item = {"item": [item]}
        begun = time.process_time()
        found, left_out = decode(json.dumps(item).encode(), QuestionnaireResponse)
        assert time.process_time() - begun < 3
        assert found is not None
        assert "nested too deeply" in left_out[0]


class TestHowMuchIsMended:
    def test_two_hundred_elements_can_be_left_out_of_one_resource(self) -> None:
        found, left_out = decode(json.dumps({"component": [BAD] * MOST_LEFT_OUT}).encode(), Observation)
        assert found is not None
        assert len(left_out) == MOST_LEFT_OUT

    def test_with_one_more_the_resource_is_not_read(self) -> None:
        found, left_out = decode(json.dumps({"component": [BAD] * (MOST_LEFT_OUT + 1)}).encode(), Observation)
        assert found is None
        assert left_out[-1] == "too many departures from FHIR"

    def test_what_has_another_shape_throughout_is_mended_throughout(self) -> None:
        # A sheet of 1,000 bare codes: each code, each component, the list and the resource depart.
        count = 1_000
        assert 2 * count + 2 < MOST_DEPARTURES
        found, left_out = decode(json.dumps({"component": [{"code": "x"}] * count}).encode(), Observation)
        assert left_out == []
        assert [part.code.text for part in found.component] == ["x"] * count


class TestWhatIsMended:
    def test_the_bare_code_of_a_coding_is_its_code(self) -> None:
        found, left_out = read(Encounter, '{"class": "IMP"}')
        assert (found.class_, left_out) == (CodingType(code="IMP"), [])

    def test_the_bare_words_of_a_dosage_are_its_text(self) -> None:
        found, left_out = read(MedicationRequest, '{"dosageInstruction": "5 mg every morning"}')
        assert left_out == []
        assert found.dosage_instruction[0].text == "5 mg every morning"

    def test_words_with_a_slash_where_a_code_is_due_are_words_and_no_reference(self) -> None:
        found, left_out = read(Condition, '{"code": "anxiety/depression"}')
        assert left_out == []
        assert found.code.text == "anxiety/depression"

    def test_a_reference_in_a_list_of_one_is_the_reference(self) -> None:
        found, left_out = read(Procedure, '{"subject": [{"reference": "Patient/1"}]}')
        assert (found.subject, left_out) == (Reference(reference="Patient/1"), [])

    def test_a_number_where_words_are_due_keeps_its_digits(self) -> None:
        found, left_out = read(Observation, '{"id": 12.50, "valueString": 1.20}')
        assert (found.id, found.value_string, left_out) == ("12.50", "1.20", [])

    @pytest.mark.parametrize(
        "element", ['"valueQuantity": "5 mg/dL"', '"effectivePeriod": "2020"', '"referenceRange": ["1-2"]']
    )
    def test_a_bare_string_for_any_other_element_is_told_as_left_out(self, element: str) -> None:
        # Taken as an object, it would be one without any of the elements that are looked for.
        _, left_out = read(Observation, "{" + element + "}")
        assert len(left_out) == 1
        assert left_out[0].startswith(element.split('"')[1])


class TestWords:
    """What is told repeats no value, and is told in the language of the call."""

    @pytest.mark.parametrize(
        ("raw", "english", "chinese"),
        [
            (
                '{"code": 5.5}',
                "code: an object was due, a number with decimals is there",
                "code：应为对象，实为小数",
            ),
            (
                '{"component": [{"code": [1, 2]}]}',
                "component[0].code: an object was due, a list is there",
                "component[0].code：应为对象，实为列表",
            ),
            (
                '{"valueBoolean": "maybe"}',
                "valueBoolean: true or false was due, a text is there",
                "valueBoolean：应为是或否，实为文字",
            ),
            ("[1, 2]", "an object was due, a list is there", "应为对象，实为列表"),
            (
                '{"valueQuantity": {"value": 1e31}}',
                "valueQuantity.value: the number is not finite, beyond ten to the power of 30, "
                "or of more than 100 digits",
                "valueQuantity.value：数值不是有限数、超过 10 的 30 次方或多于 100 位",
            ),
        ],
    )
    def test_say_what_was_left_out_and_why(self, raw: str, english: str, chinese: str) -> None:
        _, (told,) = read(Observation, raw)
        assert (told, said(told, "zh-CN")) == (english, chinese)

    def test_say_that_a_resource_departs_throughout_or_is_no_json(self) -> None:
        _, left_out = read(Observation, json.dumps({"component": [BAD] * (MOST_LEFT_OUT + 1)}))
        assert said(left_out[-1], "zh-CN") == "不符合 FHIR 之处过多"
        _, (told,) = read(Observation, '{"code": ')
        assert said(told, "zh-CN").startswith("不是 JSON：")

    def test_an_element_that_may_turn_the_meaning_loses_the_resource_in_words_of_the_language(self) -> None:
        bad = {"resourceType": "Condition", "code": {"text": "lupus"}, "verificationStatus": 5}
        told = [unread.why for unread in record([bad]).facts.unread]
        assert said(told[-1], "zh-CN") == "未使用：可能使含义相反的元素无法读取"


class TestNumbers:
    """No number may stop the reading of a chart: it is left out alone, and told."""

    @pytest.mark.parametrize(
        "number",
        [
            "1" * 4301,  # above the digits that Python turns into a whole number
            "1e9999999999999999999",  # above the exponents that Decimal can hold
            "1e999999999",
            "1e400",
            "-1e400",
            "1e-400",
            "1e31",
            '"NaN"',
            '"sNaN"',
            '"Infinity"',
            "1." + "1" * 5000,
        ],
    )
    @pytest.mark.parametrize("beside", ["", '"status": 5, '])
    def test_out_of_all_bounds_is_left_out_alone(self, number: str, beside: str) -> None:
        raw = f'{{{beside}"valueQuantity": {{"value": {number}, "unit": "mg/dL"}}}}'
        found, left_out = read(Observation, raw)
        assert found.value_quantity.value is None
        assert found.value_quantity.unit == "mg/dL"
        assert len(left_out) == 1
        assert left_out[0].startswith("valueQuantity.value: ")
        assert "1111" not in left_out[0]

    @pytest.mark.parametrize(
        "number",
        ["0", "-0", "0e400", "1e30", "1e-30", "9.99e30", "0.100000000000000005551115123125782702118"],
    )
    def test_within_ten_to_the_power_of_thirty_is_read_with_its_digits(self, number: str) -> None:
        found, left_out = read(Observation, f'{{"valueQuantity": {{"value": {number}}}}}')
        assert (found.value_quantity.value, left_out) == (Decimal(number), [])

    @pytest.mark.parametrize("number", ["1" * 4301, "1" * 20, "1e400", str(2**63)])
    def test_a_whole_number_beyond_64_bits_is_left_out(self, number: str) -> None:
        found, left_out = read(Observation, f'{{"id": "o", "valueInteger": {number}}}')
        assert (found.id, found.value_integer) == ("o", None)
        assert left_out[0].startswith("valueInteger: ")

    def test_cells_per_litre_are_a_whole_number_of_more_than_32_bits(self) -> None:
        found, left_out = read(Observation, '{"valueInteger": 7200000000}')
        assert (found.value_integer, left_out) == (7_200_000_000, [])

    @pytest.mark.parametrize("element", ["duration", "period", "periodMax"])
    def test_a_time_out_of_bounds_is_left_out_of_the_timing(self, element: str) -> None:
        raw = f'{{"dosageInstruction": [{{"timing": {{"repeat": {{"{element}": 1e400, "frequency": 1}}}}}}]}}'
        found, left_out = read(MedicationRequest, raw)
        assert found.dosage_instruction[0].timing.repeat.frequency == 1
        assert left_out[0].startswith(f"dosageInstruction[0].timing.repeat.{element}: ")
