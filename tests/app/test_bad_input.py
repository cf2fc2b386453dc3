"""Whatever arrives, the answer is a clear 4xx with an OperationOutcome, and never a crash."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.resource_types import known_resource_types
from fhir_mappings.resources import RESOURCES
from tests.app.service import (
    HOOK,
    LUPUS,
    as_body,
    bundle_of,
    client,
    default_client,
    fire,
    outcome_of,
    request_of,
    searchset,
)

JSON = {"content-type": "application/json"}
ROUTES = [HOOK, f"{HOOK}/feedback", "/screenings"]
DEEP = b"[" * 100_000 + b"]" * 100_000


def post(path: str, body: bytes) -> Any:
    return default_client().post(path, content=body, headers=JSON)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b"   ", "empty"),
        (b"hello", "not JSON"),
        (b"<html></html>", "not JSON"),
        (b'{"hook": ', "not JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"42", "not a JSON object"),
        (b'{"a": "\xff\xfe"}', "UTF-8"),
        ('{"a": "ü"}'.encode("latin-1"), "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (DEEP, "nested"),
        (b'{"a": ' + DEEP + b"}", "nested"),
        (b"[" * 100_000, "nested"),
        (b'{"a": {"b": ' * 50_000, "nested"),
        (b'{"resourceType": "Patient"}\n{"resourceType": "Observation"}', "several lines"),
        (b'{"resourceType": "Bundle", "resourceType": "Patient"}', "twice"),
        (b'{"a": 1, "b": NaN}', "not JSON"),
        (b'{"a": Infinity}', "not JSON"),
        (b'{"a": 1e999999}', ""),
        (b'{"a": ' + b"9" * 100_000 + b"}", ""),
        (b"{}", ""),
        (b'{"hello": "world"}', ""),
        (b"\x00\x01\x02", "not JSON"),
    ],
)
def test_what_is_no_message_is_refused_on_every_route(path: str, body: bytes, word: str) -> None:
    issue = outcome_of(post(path, body), 400)
    assert word in issue["diagnostics"]


@pytest.mark.parametrize("path", ROUTES)
def test_a_body_above_the_limit_is_413_whether_or_not_its_length_is_declared(path: str) -> None:
    http = client(max_body_bytes=1000)
    issue = outcome_of(http.post(path, content=b"x" * 1001, headers=JSON), 413)
    assert "1000 bytes" in issue["diagnostics"]
    streamed = iter([b"x" * 600, b"x" * 600])
    outcome_of(http.post(path, content=streamed, headers=JSON), 413)


@pytest.mark.parametrize("path", ROUTES)
def test_fifty_megabytes_are_413_by_default(path: str) -> None:
    outcome_of(post(path, b" " * 50_000_000), 413)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "media_type", ["application/fhir+xml", "application/fhir+ndjson", "multipart/form-data"]
)
def test_a_body_that_is_announced_as_something_else_is_415(path: str, media_type: str) -> None:
    answer = default_client().post(path, content=b"{}", headers={"content-type": media_type})
    outcome_of(answer, 415)


@pytest.mark.parametrize("path", ["/cds-services/", f"{HOOK}/", "/screenings/", "/protocols/", "/healthz/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_with_a_slash_at_its_end_is_none_and_leads_nowhere(method: str, path: str) -> None:
    answer = default_client().request(method, path, headers={"Host": "evil.example"}, follow_redirects=False)
    assert outcome_of(answer, 404)["diagnostics"].endswith("leave out the slash at its end")
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (HOOK, "application/json"),
        ("/screenings", "application/fhir+json"),
        ("/nowhere", "application/fhir+json"),
    ],
)
def test_hooks_answer_json_and_all_else_answers_fhir_json(path: str, media_type: str) -> None:
    answer = default_client().post(path, content=b"")
    assert answer.headers["content-type"] == media_type
    assert answer.json()["resourceType"] == "OperationOutcome"


class TestPatients:
    def test_the_patient_of_prefetch_must_be_the_patient_in_context(self) -> None:
        request = request_of()
        request["context"]["patientId"] = "someone-else"
        assert outcome_of(fire(request), 400)["code"] == "conflict"

    def test_resources_of_another_patient_are_refused(self) -> None:
        request = request_of()
        stray = {
            "resourceType": "Condition",
            "id": "stray",
            "subject": {"reference": "Patient/someone-else"},
            "code": {"text": "Diabetes"},
        }
        request["prefetch"]["conditions"]["entry"].append({"resource": stray})
        assert outcome_of(fire(request), 400)["code"] == "conflict"

    def test_two_patients_in_one_prefetch_value_are_refused(self) -> None:
        request = request_of()
        request["prefetch"]["patient"] = searchset(
            request["prefetch"]["patient"], {"resourceType": "Patient", "id": "someone-else"}
        )
        assert outcome_of(fire(request), 400)["code"] == "conflict"

    def test_a_patient_without_id_is_nobody_in_particular(self) -> None:
        request = request_of()
        del request["prefetch"]["patient"]["id"]
        outcome_of(fire(request), 400)

    def test_two_patients_in_one_bundle_are_refused(self) -> None:
        bundle = bundle_of()
        bundle["entry"] += bundle_of("peter-novak")["entry"]
        issue = outcome_of(post("/screenings", as_body(bundle)), 400)
        assert "2 patients" in issue["diagnostics"]

    def test_a_resource_of_another_patient_in_a_bundle_is_refused_by_name(self) -> None:
        bundle = bundle_of()
        stray = {
            "resourceType": "Observation",
            "id": "o7",
            "status": "final",
            "subject": {"reference": "Patient/other"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        }
        bundle["entry"].append({"resource": stray})
        issue = outcome_of(post("/screenings", as_body(bundle)), 400)
        assert "resources of another patient: Observation/o7" in issue["diagnostics"]

    @pytest.mark.parametrize("subject", ["RelatedPerson/mother", "Group/ward", "Device/d1"])
    def test_a_resource_about_a_relative_or_a_group_is_not_another_patients(self, subject: str) -> None:
        bundle = bundle_of()
        about = {
            "resourceType": "Observation",
            "id": "o7",
            "status": "final",
            "subject": {"reference": subject},
            "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        }
        bundle["entry"].append({"resource": about})
        assert post("/screenings", as_body(bundle)).status_code == 200

    @pytest.mark.parametrize(
        "document",
        [
            {"resourceType": "Bundle", "type": "collection"},
            {"resourceType": "Bundle", "type": "collection", "entry": []},
            {"resourceType": "Observation", "id": "o1"},
            {"resourceType": "OperationOutcome"},
        ],
    )
    def test_a_body_without_a_patient_is_refused(self, document: Any) -> None:
        issue = outcome_of(post("/screenings", as_body(document)), 400)
        assert "Patient" in issue["diagnostics"]


class TestParameters:
    @pytest.mark.parametrize("name", ["asOf", "screeningDate", "baselineDate", "enrolmentDate", "day0"])
    @pytest.mark.parametrize(
        "value",
        [
            "yesterday",
            "2026-02-30",
            "20260615",
            "1781481600",
            "2026-06-15T00:00:00Z",
            "2026-06",
            "",
            "２０２６-06-15",
            "9999-12-31",
            "0001-01-01",
            "1899-12-31",
            "2201-01-01",
        ],
    )
    def test_a_date_that_cannot_be_read_is_refused_by_name(self, name: str, value: str) -> None:
        answer = default_client().post("/screenings", params={name: value}, json=bundle_of())
        issue = outcome_of(answer, 400)
        assert f"'{name}'" in issue["diagnostics"]
        assert issue["expression"] == [name]

    @pytest.mark.parametrize("day", ["1900-01-01", "2200-12-31"])
    @pytest.mark.parametrize("patient", ["lin-mei", "daniel-okafor"])
    def test_the_first_and_the_last_day_that_are_read_can_be_screened_for(
        self, day: str, patient: str
    ) -> None:
        names = ("asOf", "screeningDate", "baselineDate", "enrolmentDate", "day0")
        parameters = dict.fromkeys(names, day)
        answer = default_client().post("/screenings", params=parameters, json=bundle_of(patient))
        assert answer.status_code == 200
        assert answer.json()["asOf"] == day

    def test_a_misspelt_parameter_is_refused_lest_a_date_pass_for_today(self) -> None:
        answer = default_client().post("/screenings", params={"asof": "2026-06-15"}, json=bundle_of())
        assert "'asof': there is no such parameter" in outcome_of(answer, 400)["diagnostics"]

    def test_a_control_character_in_a_parameters_name_does_not_reach_the_answer(self) -> None:
        issue = outcome_of(default_client().post("/screenings?%00=1", json=bundle_of()), 400)
        assert issue["expression"] == ["�"]

    def test_a_date_given_twice_is_refused(self) -> None:
        answer = default_client().post("/screenings?asOf=2026-06-15&asOf=2026-06-16", json=bundle_of())
        assert "twice" in outcome_of(answer, 400)["diagnostics"]

    def test_an_unknown_protocol_is_refused_with_the_known_ones(self) -> None:
        answer = default_client().post("/screenings", params={"protocol": "nct00000000"}, json=bundle_of())
        issue = outcome_of(answer, 400)
        assert "nct07517536" in issue["diagnostics"]
        assert issue["expression"] == ["protocol"]

    @pytest.mark.parametrize("value", ["observation", "Observation,", "Patient/1", "Obs ervation", "1"])
    def test_what_is_no_resource_type_is_refused(self, value: str) -> None:
        answer = default_client().post("/screenings", params={"retrieved": value}, json=bundle_of())
        assert outcome_of(answer, 400)["expression"] == ["retrieved"]

    @pytest.mark.parametrize(
        ("value", "told"),
        [("Patient,Foo", "'Foo' is no resource type"), ("Observations", "is Observation meant?")],
    )
    def test_a_resource_type_that_fhir_does_not_have_is_refused_by_name(self, value: str, told: str) -> None:
        answer = default_client().post("/screenings", params={"retrieved": value}, json=bundle_of())
        assert told in outcome_of(answer, 400)["diagnostics"]

    def test_every_type_that_is_read_and_others_of_fhir_are_accepted(self) -> None:
        assert known_resource_types([",".join(RESOURCES)]) == RESOURCES.keys()
        assert known_resource_types(["CarePlan"]) == {"CarePlan"}


class TestResourcesThatCannotBeRead:
    """A bad resource among good ones never makes a request fail."""

    @pytest.mark.parametrize(
        "resource",
        [
            {"resourceType": "Observation"},
            {"resourceType": "Observation", "id": 5, "status": ["final"], "code": "x", "valueQuantity": []},
            {"resourceType": "Observation", "id": "x", "status": "final", "effectiveDateTime": "2026-99-99"},
            {"resourceType": "Condition", "id": "x", "subject": None, "code": [[[]]]},
            {"resourceType": "Condition", "id": "x" * 10_000},
            {"resourceType": "Medication" + "Request" * 50},
            {"resourceType": "Unheard"},
            {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Bundle", "entry": [None]}}]},
        ],
    )
    @pytest.mark.parametrize("key", ["conditions", "observations"])
    def test_it_spoils_only_itself(self, resource: Any, key: str) -> None:
        request = request_of()
        request["prefetch"][key]["entry"].insert(0, {"resource": resource})
        assert fire(request).status_code == 200

    @pytest.mark.parametrize(
        "number", [b"1e999999", b"-1e999999", b"9" * 5000, b"1e-999999", b"0." + b"0" * 5000 + b"1"]
    )
    def test_a_number_beyond_all_bounds_is_no_result_and_no_crash(self, number: bytes) -> None:
        creatinine = {
            "resourceType": "Observation",
            "id": "huge",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
            "subject": {"reference": f"Patient/{LUPUS}"},
            "effectiveDateTime": "2026-06-14",
            "valueQuantity": {"value": 4711, "unit": "mg/dL"},
        }
        request = request_of()
        request["prefetch"]["observations"]["entry"].append({"resource": creatinine})
        body = as_body(request).replace(b"4711", number)
        assert post(HOOK, body).status_code == 200
        bundle = bundle_of()
        bundle["entry"].append({"resource": creatinine})
        assert post("/screenings", as_body(bundle).replace(b"4711", number)).status_code == 200


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    key=st.sampled_from(["patient", "conditions", "observations", "medicationRequests"]),
    path=st.lists(st.integers(0, 50), max_size=6),
    value=VALUES,
)
def test_no_damage_to_a_request_makes_the_service_fail(key: str, path: list[int], value: Any) -> None:
    request = request_of()
    holder: Any = request["prefetch"]
    place: Any = key
    for step in path:
        inner = holder[place]
        if not isinstance(inner, dict | list) or not inner:
            break
        holder, place = (
            inner,
            list(inner)[step % len(inner)] if isinstance(inner, dict) else step % len(inner),
        )
    holder[place] = value
    answer = post(HOOK, json.dumps(request).encode())
    assert answer.status_code in (200, 400, 412), answer.text
