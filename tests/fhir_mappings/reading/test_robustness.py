"""Whatever stands in a resource, it is read or told; nothing raises, and the rest of the record is read."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.patient import read_patients
from tests.fhir_mappings.reading.test_care import allergy, encounter, procedure, report, vaccine
from tests.fhir_mappings.reading.test_conditions import condition
from tests.fhir_mappings.reading.test_forms import consent, response, study, subject
from tests.fhir_mappings.reading.test_medications import dispense, order, statement
from tests.fhir_mappings.reading.written import (
    CREATININE,
    HBSAG,
    LOINC,
    body,
    bundle,
    loinc,
    observation,
    patient,
    quantity,
)

WHOLE = [
    observation(
        CREATININE,
        valueQuantity=quantity(1.2, "mg/dL", "<"),
        referenceRange=[{"low": quantity(0.5, "mg/dL"), "text": "0.5-1.0"}],
        component=[{"code": loinc(HBSAG), "valueString": "negative"}],
    ),
    observation("44261-6", valueInteger=4, interpretation=[loinc("H")]),
    condition(stage=[{"summary": {"text": "class IV"}}], abatementAge=quantity(30, "a")),
    order(dispenseRequest={"expectedSupplyDuration": quantity(30, "d"), "numberOfRepeatsAllowed": 2}),
    statement(effectivePeriod={"start": "2026-01", "end": "2026-02"}),
    dispense(daysSupply=quantity(30, "d")),
    procedure(),
    vaccine(),
    encounter(diagnosis=[{"condition": {"reference": "Condition/c1"}}]),
    allergy(),
    report(presentedForm=[{"contentType": "text/plain", "data": "aGVsbG8="}]),
    response({"linkId": "44260-8", "answer": [{"valueCoding": {"system": LOINC, "code": "LA6569-3"}}]}),
    subject(),
    study(),
    consent(),
]
JUNK: list[Any] = [
    None, 0, -1, 1e308, True, "", " ", "x", "2024-02-30", "#", "Patient/", "urn:uuid:", [], {}, [None], [[]],
    {"value": "x"}, {"reference": 5}, "9" * 400, {"coding": "x"}, ["a", "b"], "9999-12-31", "\x00",
]  # fmt: skip
STANDING = observation(CREATININE, "standing", valueQuantity=quantity(0.9, "mg/dL"))


def places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [place] * bool(place) + [p for key, child in inner for p in places(child, (*place, key))]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_element_may_be_anything(data: st.DataObject) -> None:
    written: Any = copy.deepcopy(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([p for p in places(written) if p[0] != "resourceType"]))
        holder = written
        for key in place[:-1]:
            holder = holder[key]
        if data.draw(st.booleans()):
            holder[place[-1]] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
        else:
            del holder[place[-1]]
    facts = read_patients(body(bundle(patient(), written, STANDING)))[0]
    standing = facts.measurements["serum_creatinine"]
    assert any(result.evidence[0].reference == "Observation/standing" for result in standing)
