"""``POST /screenings``: a Bundle in, the published report out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import pytest
from fastapi.testclient import TestClient

import app.server
from app.screening import ScreeningService, UnknownProtocolError
from app.server import create_app
from app.settings import Settings
from tests.app.service import AS_OF, as_body, bundle_of, client, default_client, screening_service

OPEN = ("nct05247203", "nct07517536")
COMPLETED = ("nct01639339", "nct03036150")


def report(patient: str = "lin-mei", body: bytes | None = None, **parameters: Any) -> dict[str, Any]:
    parameters.setdefault("asOf", "2026-06-15")
    answer = default_client().post(
        "/screenings",
        params=parameters,
        content=body or as_body(bundle_of(patient)),
        headers={"content-type": "application/fhir+json"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def outcomes(document: dict[str, Any], protocol: str) -> dict[str, str]:
    (screening,) = [each for each in document["screenings"] if each["protocol"] == protocol]
    return {finding["criterion"]: finding["outcome"] for finding in screening["findings"]}


def test_the_report_is_shaped_as_published() -> None:
    document = report()
    assert document.keys() == {
        "patient", "asOf", "engine", "screenings", "unread", "workList", "contradictions",
    }  # fmt: skip
    assert document["patient"] == "Patient/lin-mei"
    assert document["asOf"] == "2026-06-15"
    assert document["engine"] == "trialcards 0.1.0"
    for screening in document["screenings"]:
        assert screening.keys() == {
            "protocol", "version", "title", "anchors", "verdict", "earliest", "standsUntil", "findings",
            "gate", "changes",
        }  # fmt: skip
        for finding in screening["findings"]:
            always = {
                "criterion", "kind", "text", "outcome", "leaning", "reason", "clearsOn", "evidence", "needs",
                "notes", "parts",
            }  # fmt: skip
            assert always <= finding.keys() <= always | {"scores", "timeline", "questions"}


def test_every_open_protocol_is_judged_whether_or_not_the_patient_has_the_disease() -> None:
    for patient in ("lin-mei", "peter-novak"):
        assert tuple(s["protocol"] for s in report(patient)["screenings"]) == OPEN


@pytest.mark.parametrize("protocol", COMPLETED)
def test_a_completed_trial_is_judged_when_it_is_named(protocol: str) -> None:
    assert [s["protocol"] for s in report(protocol=[protocol])["screenings"]] == [protocol]


def test_a_protocol_can_be_chosen_whatever_its_case_and_is_judged_once() -> None:
    chosen = report(protocol=["NCT07517536", "nct07517536"])
    assert [s["protocol"] for s in chosen["screenings"]] == ["nct07517536"]


def test_the_evaluation_date_is_today_unless_it_is_given() -> None:
    answer = default_client().post("/screenings", json=bundle_of())
    assert answer.json()["asOf"] == AS_OF.isoformat()


def test_anchors_follow_the_evaluation_date_unless_they_are_given() -> None:
    anchors = report(day0="2026-07-20", screeningDate="2026-06-20")["screenings"][0]["anchors"]
    assert anchors == {
        "screening": "2026-06-20",
        "baseline": "2026-06-15",
        "enrolment": "2026-06-15",
        "day0": "2026-07-20",
    }


def test_a_bundle_counts_as_the_whole_record() -> None:
    assert outcomes(report(), "nct05247203")["E8"] == "presumed"


@pytest.mark.parametrize(
    "retrieved", [["Patient,Observation,Condition"], ["Patient", "Observation", "Condition"]]
)
def test_types_that_are_not_said_to_be_retrieved_are_not_taken_for_absent(retrieved: list[str]) -> None:
    document = report(retrieved=retrieved)
    assert outcomes(document, "nct05247203")["E8"] == "missing"
    (vaccine,) = [f for f in document["screenings"][0]["findings"] if f["criterion"] == "E8"]
    assert {need["why"] for need in vaccine["needs"]} == {"not-retrieved"}


def test_a_searchset_with_a_next_page_is_not_the_whole_record() -> None:
    bundle = bundle_of()
    bundle["type"] = "searchset"
    bundle["link"] = [
        {"relation": "self", "url": "https://ehr.example/fhir/Immunization?patient=lin-mei"},
        {"relation": "next", "url": "https://ehr.example/fhir?page=2"},
    ]
    assert outcomes(report(body=as_body(bundle)), "nct05247203")["E8"] == "missing"


def test_what_could_not_be_read_is_told() -> None:
    bundle = bundle_of()
    strange = {
        "resourceType": "Observation",
        "id": "strange",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "subject": {"reference": "Patient/lin-mei"},
        "effectiveDateTime": "2026-06-14",
        "valueQuantity": [[]],
    }
    bundle["entry"].append({"resource": strange})
    assert "Observation/strange" in {unread["reference"] for unread in report(body=as_body(bundle))["unread"]}


def test_an_entry_without_a_resource_is_told_and_its_search_is_not_whole() -> None:
    links = [{"relation": "self", "url": "https://ehr.example/fhir/Immunization?patient=lin-mei"}]
    stub = {"fullUrl": "https://ehr.example/fhir/Immunization/1", "search": {"mode": "match"}}
    found = {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": [stub]}
    bundle = bundle_of()
    told = report(body=as_body(bundle))
    bundle["entry"].append({"resource": found})
    lacking = report(body=as_body(bundle))
    assert len(lacking["unread"]) == len(told["unread"]) + 1
    assert (outcomes(told, OPEN[0])["E8"], outcomes(lacking, OPEN[0])["E8"]) == ("presumed", "missing")


def test_a_single_patient_without_anything_else_is_screened_and_nothing_is_known() -> None:
    patient = {"resourceType": "Patient", "id": "1", "gender": "female", "birthDate": "1990-01-01"}
    document = report(body=as_body(patient), retrieved="Patient")
    for screening in document["screenings"]:
        assert screening["verdict"] == "undetermined"
        kinds = {f["outcome"] for f in screening["findings"] if f["criterion"] not in ("I1", "I2")}
        assert kinds <= {"missing", "attest"}


def test_the_order_of_resources_does_not_matter() -> None:
    turned = bundle_of()
    turned["entry"].reverse()
    assert json.dumps(report(body=as_body(turned))["screenings"]) == json.dumps(report()["screenings"])


def test_the_same_chart_and_dates_give_the_same_report() -> None:
    assert report() == report()


def test_protocols_are_served_as_data() -> None:
    listed = default_client().get("/protocols").json()["protocols"]
    assert tuple(each["id"] for each in listed) == tuple(sorted(OPEN + COMPLETED))
    assert {each["id"] for each in listed if each["open"]} == set(OPEN)
    for each in listed:
        document = default_client().get(f"/protocols/{each['id']}").json()
        assert document["title"] == each["title"]
        assert [c["text"] for c in document["criteria"]]


def test_the_service_names_the_protocols_it_knows_when_asked_for_another() -> None:
    with pytest.raises(UnknownProtocolError, match="nct01639339, nct03036150, nct05247203, nct07517536"):
        screening_service().chosen(["nct00000000"])


def test_the_service_is_alive_and_ready() -> None:
    assert default_client().get("/healthz").json()["status"] == "ok"
    assert default_client().get("/readyz").json() == {"status": "ready", "protocols": 4, "store": "off"}


def test_without_protocols_the_service_is_alive_and_not_ready() -> None:
    http = TestClient(
        create_app(Settings(open=True, tune_garbage_collection=False), service=ScreeningService({}))
    )
    assert http.get("/healthz").status_code == 200
    assert http.get("/readyz").status_code == 503
    assert http.get("/readyz").json()["resourceType"] == "OperationOutcome"


def test_the_demonstration_can_be_switched_off() -> None:
    http = client(demo=False)
    assert "<form" not in http.get("/").text
    assert http.get("/demo/requests/lin-mei").status_code == 404
    assert http.get("/cds-services").status_code == 200


def test_today_is_told_in_the_configured_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Evening(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # narrower on purpose
            return datetime(2026, 6, 15, 20, 0, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(app.server, "datetime", Evening)
    for zone, day in (("UTC", date(2026, 6, 15)), ("Asia/Shanghai", date(2026, 6, 16))):
        settings = Settings(open=True, tune_garbage_collection=False, timezone=zone)
        http = TestClient(create_app(settings, service=screening_service()))
        assert http.post("/screenings", json=bundle_of()).json()["asOf"] == day.isoformat()
