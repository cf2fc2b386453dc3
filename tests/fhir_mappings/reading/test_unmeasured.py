"""Which results that cannot be used hide a value, and which entries say that nothing was measured.

FHIR R4: Observation.status, Observation.dataAbsentReason with the code system data-absent-reason.
"""

from __future__ import annotations

import pytest

from tests.fhir_mappings.reading.written import (
    ALT,
    CREATININE,
    INTERPRETATION,
    Json,
    concept,
    observation,
    quantity,
    read,
)
from tests.fhir_mappings.reading.written import refused as refused_as

ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
NUMBER: Json = {"valueQuantity": quantity(1.2, "mg/dL")}


def measured(**elements: object) -> bool:
    return refused_as("serum_creatinine", observation(CREATININE, **elements)).measured


def absent(code: str) -> Json:
    return {"dataAbsentReason": concept(code, ABSENT_REASON)}


@pytest.mark.parametrize("status", ["preliminary", "registered", "unknown", None, "specimen-in-process"])
def test_a_value_of_a_status_that_is_not_final_is_there(status: str | None) -> None:
    assert measured(status=status, **NUMBER)


def test_what_is_registered_and_has_no_value_is_not_yet_measured() -> None:
    """``registered``: the existence of the observation is registered, no result is yet available."""
    assert not measured(status="registered")
    assert measured(status="preliminary")
    assert measured(status="final")


@pytest.mark.parametrize(
    "value",
    [
        {"valueQuantity": quantity(1.2, "foo")},
        {"valueQuantity": {"value": 1.2}},
        {"valueQuantity": quantity(1.2, "mg/dL", "ad")},
        {"valueQuantity": quantity(1200, "mg/dL")},
        {"valueString": "see comment"},
        {
            **NUMBER,
            "interpretation": [concept("L", INTERPRETATION)],
            "referenceRange": [{"low": quantity(0.5, "mg/dL")}],
        },
    ],
)
def test_a_value_that_nobody_can_read_is_there(value: Json) -> None:
    assert measured(**value)


@pytest.mark.parametrize("code", ["not-performed", "not-asked", "asked-declined", "not-applicable"])
def test_a_reason_that_says_so_tells_that_nothing_was_measured(code: str) -> None:
    assert not measured(**absent(code))


@pytest.mark.parametrize(
    "code",
    [
        "unknown",
        "asked-unknown",
        "temp-unknown",
        "masked",
        "not-permitted",
        "unsupported",
        "as-text",
        "error",
        "not-a-number",
        "positive-infinity",
    ],
)
def test_behind_every_other_reason_may_be_a_value(code: str) -> None:
    assert measured(**absent(code))


@pytest.mark.parametrize(
    "words",
    [
        "Specimen not received",
        "test not performed",
        "No sample received",
        "cancelled",
        "unable to obtain specimen",
        "specimen haemolysed",
        "Specimen clotted",
        "QNS",
        "标本溶血",
        "未检",
    ],
)
def test_words_that_nothing_was_measured_count_as_reason_as_value_and_as_note_without_a_value(
    words: str,
) -> None:
    assert not measured(dataAbsentReason=concept(text=words))
    assert not measured(valueString=words)
    assert not measured(note=[{"text": words}])


@pytest.mark.parametrize("words", ["pending", "see report", "unknown", "below the limit", "未检出"])
def test_other_words_leave_a_value_possible(words: str) -> None:
    assert measured(dataAbsentReason=concept(text=words))
    assert measured(note=[{"text": words}])


def test_a_specimen_of_no_use_gives_no_valid_measurement_though_a_number_is_told() -> None:
    assert not measured(note=[{"text": "Specimen clotted."}], **NUMBER)
    assert not measured(status="preliminary", note=[{"text": "Sample haemolysed."}], **NUMBER)


def test_a_value_that_is_called_doubtful_may_be_right() -> None:
    assert measured(note=[{"text": "Result may be inaccurate."}], **NUMBER)
    assert measured(note=[{"text": "结果仅供参考"}], **NUMBER)


def test_a_note_on_another_test_takes_nothing_from_a_value() -> None:
    assert measured(status="preliminary", note=[{"text": "Differential not performed."}], **NUMBER)


def test_each_component_speaks_for_itself() -> None:
    facts = read(
        observation(
            concept(text="panel"),
            component=[
                {
                    "code": {"coding": [{"system": "http://loinc.org", "code": CREATININE}]},
                    **absent("not-performed"),
                },
                {
                    "code": {"coding": [{"system": "http://loinc.org", "code": ALT}]},
                    "valueQuantity": quantity(30, "foo"),
                },
            ],
        )
    )
    assert [item.measured for item in facts.unusable["serum_creatinine"]] == [False]
    assert [item.measured for item in facts.unusable["alt"]] == [True]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_what_was_entered_in_error_or_cancelled_is_not_there_at_all(status: str) -> None:
    facts = read(observation(CREATININE, status=status, **NUMBER))
    assert not facts.unusable.get("serum_creatinine")
