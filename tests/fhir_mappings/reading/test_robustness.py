"""Whatever stands in a resource, it is read or told; nothing raises, and the rest of the record is read."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import Unread
from fhir_mappings.patient import READERS, read_patients
from fhir_mappings.reading.sheet import Sheet
from fhir_mappings.record import PatientRecord
from tests.fhir_mappings.reading.test_conditions import condition
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
from tests.fhir_mappings.reading.written_care import allergy, encounter, procedure, report, vaccine
from tests.fhir_mappings.reading.written_forms import response
from tests.fhir_mappings.reading.written_medications import dispense, order, statement
from tests.fhir_mappings.reading.written_research import consent, study, subject

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


class TestAReaderThatFails:
    """No reader is meant to raise; if one does, one resource is lost and told, and nothing else."""

    @pytest.mark.parametrize(
        "error", [OverflowError, ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError]
    )
    def test_loses_that_resource_alone(self, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
        reader = READERS["Observation"]

        def failing(resource: Any, reference: str, sheet: Sheet) -> None:
            reader(resource, reference, sheet)
            if reference == "Observation/bad":
                raise error("Lin Mei, 1.2")

        monkeypatch.setitem(READERS, "Observation", failing)
        bad = observation(CREATININE, "bad", valueQuantity=quantity(1.2, "mg/dL"))
        facts = read_patients(body(bundle(patient(), bad, STANDING, condition())))[0]
        assert facts.unread == [Unread("Observation/bad", f"could not be read ({error.__name__})")]
        assert [r.evidence[0].reference for r in facts.measurements["serum_creatinine"]] == [
            "Observation/standing"
        ]
        assert facts.retrieval["Observation"] == "truncated"
        assert facts.retrieval.get("Condition", facts.default_retrieval) == "complete"
        assert len(facts.events) == 1


@pytest.mark.parametrize("text", ["1e400", "5 x 10^999 copies/mL", "1e" + "9" * 5000])
def test_a_number_that_no_machine_holds_is_told_and_the_rest_is_read(text: str) -> None:
    odd = observation(CREATININE, "odd", valueString=text)
    odd_range = observation(
        CREATININE, "range", valueQuantity=quantity(1.2, "mg/dL"), referenceRange=[{"text": f"0.5-{text}"}]
    )
    facts = read_patients(body(bundle(patient(), odd, odd_range, STANDING)))[0]
    assert {r.evidence[0].reference for r in facts.measurements["serum_creatinine"]} == {
        "Observation/range",
        "Observation/standing",
    }


@pytest.mark.parametrize("start", ["9999-12-31", "9999", "0001-01-01", "9999-12"])
def test_an_order_from_a_day_written_for_want_of_a_date_is_still_a_treatment(start: str) -> None:
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": start}}
    dosage = {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": quantity(15, "mg")}]}
    steroid = order(
        medicationCodeableConcept={"coding": [{"system": "http://www.whocc.no/atc", "code": "H02AB06"}]},
        dosageInstruction=[dosage],
    )
    facts = read_patients(body(bundle(patient(), steroid)))[0]
    as_of = date(2026, 6, 15)
    found = PatientRecord(facts).therapies(frozenset({"drug_prednisolone"}), date(2026, 5, 15), as_of)
    assert [therapy.drug for therapy in found.therapies] == ["drug_prednisolone"]
