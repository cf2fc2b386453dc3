"""A Bundle of one's own is held as an EHR holds it: under ids of a server, one patient's, digit for digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from app.playground.ehr import prefetched
from app.playground.errors import PlaygroundError
from app.playground.uploaded import MOST_PATIENTS, Upload, read_upload
from app.prefetch_table import TEMPLATES
from tests.app.service import bundle_of

ANNA = {"resourceType": "Patient", "id": "anna", "name": [{"given": ["Anna"], "family": "One"}]}
BERT = {"resourceType": "Patient", "id": "bert", "name": [{"text": "Bert Two"}]}


def about(patient: str | None, kind: str = "Condition", **more: Any) -> dict[str, Any]:
    subject = {} if patient is None else {"subject": {"reference": patient}}
    return {"resourceType": kind, **subject, **more}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": r} for r in resources],
        **more,
    }


def upload(document: Any, most_bytes: int = 1_000_000) -> Upload:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_upload(content, most_bytes, 128)


def found(searched: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The resources of a searchset, OperationOutcomes apart."""
    entries = searched[key].get("entry", [])
    return [entry["resource"] for entry in entries if entry["search"]["mode"] != "outcome"]


def searched(document: Any, patient: str) -> dict[str, Any]:
    return prefetched(upload(document).held(patient)[0], TEMPLATES)


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "key"),
        [
            (b"", "empty"),
            (b" \n", "empty"),
            (b"\xff\xfe{}", "not-utf-8"),
            (b"{", "not-json"),
            (b"<Bundle/>", "not-json"),
            (b"[]", "not-fhir"),
            (b"{}", "not-fhir"),
            (b'{"resourceType": 3}', "not-fhir"),
            (b'{"resourceType": "Patient"}', "not-a-bundle"),
            (b'{"resourceType": "Bundle"}', "no-patient"),
            (
                b'{"resourceType": "Bundle", "entry": [3, {}, {"resource": {"resourceType": "Condition"}}]}',
                "no-patient",
            ),
            (b'{"resourceType": "Bundle", "x": {"status": "final", "status": "draft"}}', "doubled-keys"),
            (b'{"a":' * 200 + b"1" + b"}" * 200, "too-deep"),
        ],
    )
    def test_each_says_what_is_wrong(self, content: bytes, key: str) -> None:
        with pytest.raises(PlaygroundError) as refused:
            upload(content)
        assert (refused.value.key, refused.value.status) == (f"playground.error.{key}", 400)

    def test_a_file_that_is_too_large_is_not_read(self) -> None:
        with pytest.raises(PlaygroundError, match="too-large") as refused:
            upload(b"{" * 101, most_bytes=100)
        assert refused.value.status == 413

    def test_more_patients_than_anybody_chooses_among_are_refused(self) -> None:
        people = [{"resourceType": "Patient", "id": f"p{n}"} for n in range(MOST_PATIENTS + 1)]
        with pytest.raises(PlaygroundError, match="too-many-patients"):
            upload(bundle(*people))

    def test_what_is_wrong_is_told_without_a_word_of_the_file(self) -> None:
        with pytest.raises(PlaygroundError) as refused:
            upload(b'{"name": "Secret" "x"}')
        assert "Secret" not in str(refused.value.words)


class TestWhose:
    def test_the_patients_are_told_by_id_and_name(self) -> None:
        read = upload(bundle(ANNA, BERT))
        assert [(each.id, each.name) for each in read.people] == [("anna", "Anna One"), ("bert", "Bert Two")]

    def test_only_what_names_the_patient_is_handed_over_where_there_are_several(self) -> None:
        document = bundle(
            ANNA,
            BERT,
            about("Patient/anna", id="1"),
            about("https://ehr.example/fhir/Patient/anna", id="2"),
            about("Patient/bert", id="3"),
            about(None, id="4"),
        )
        assert [each["id"] for each in found(searched(document, "anna"), "conditions")] == ["1", "2"]
        assert upload(document).held("anna")[1] == 2  # Bert, and what is his

    def test_what_names_nobody_is_the_only_patients(self) -> None:
        document = bundle(ANNA, about(None, id="1"), about("Patient/stranger", id="2"))
        assert [each["id"] for each in found(searched(document, "anna"), "conditions")] == ["1"]
        assert upload(document).held("anna")[1] == 1

    def test_names_of_entries_become_ids_as_on_a_server(self) -> None:
        document = bundle(ANNA | {"id": None}, about("urn:uuid:a1"))
        document["entry"][0]["fullUrl"] = "urn:uuid:a1"
        (person,) = upload(document).people
        answers = searched(document, person.id)
        (condition,) = found(answers, "conditions")
        assert (
            condition["subject"]["reference"]
            == f"Patient/{person.id}"
            == f"Patient/{answers['patient']['id']}"
        )
        assert condition["id"]

    def test_bundles_within_are_opened(self) -> None:
        document = bundle(bundle(ANNA), bundle(bundle(about("Patient/anna", id="1"))))
        assert len(found(searched(document, "anna"), "conditions")) == 1


class TestWhole:
    """Unknown is never no: what may lack is told with every search."""

    @pytest.mark.parametrize(
        "document",
        [
            bundle(ANNA, link=[{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]),
            bundle(ANNA, type="searchset", total=2),
            {**bundle(ANNA), "entry": [{"resource": ANNA}, {"response": {"status": "404"}}]},
            bundle(ANNA, bundle(link={"relation": "next"})),
        ],
    )
    def test_a_bundle_that_is_not_whole_is_not_taken_for_one(self, document: dict[str, Any]) -> None:
        answers = searched(document, "anna")
        outcomes = [entry["resource"] for entry in answers["observations"]["entry"]]
        assert [each["issue"][0]["code"] for each in outcomes] == ["incomplete"]

    def test_a_whole_one_is(self) -> None:
        assert searched(bundle(ANNA), "anna")["observations"] == {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": 0,
        }

    def test_an_outcome_among_the_entries_stands_beside_every_result(self) -> None:
        outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
        answers = searched(bundle(ANNA, outcome), "anna")
        assert answers["conditions"]["entry"] == [{"resource": outcome, "search": {"mode": "outcome"}}]

    def test_medications_come_along_with_what_names_them(self) -> None:
        drug = {"resourceType": "Medication", "id": "m1"}
        other = {"resourceType": "Medication", "id": "m2"}
        order = about(
            "Patient/anna", "MedicationRequest", id="1", medicationReference={"reference": "Medication/m1"}
        )
        entries = searched(bundle(ANNA, drug, other, order), "anna")["medicationRequests"]["entry"]
        modes = [(entry["resource"]["id"], entry["search"]["mode"]) for entry in entries]
        assert modes == [("1", "match"), ("m1", "include")]


def test_numbers_keep_their_digits() -> None:
    resource = '{"resourceType": "Patient", "id": "a", "x": 1.890}'
    content = f'{{"resourceType": "Bundle", "entry": [{{"resource": {resource}}}]}}'.encode()
    (patient,) = upload(content).resources
    assert str(patient["x"]) == "1.890"
    assert isinstance(patient["x"], Decimal)


def test_a_demonstration_chart_that_is_brought_is_held_as_it_was() -> None:
    document = bundle_of()
    held, left_out = upload(document).held("lin-mei")
    assert json.loads(json.dumps(list(held.resources), default=float)) == [
        entry["resource"] for entry in document["entry"]
    ]
    assert left_out == 0
