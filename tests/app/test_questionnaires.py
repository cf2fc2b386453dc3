"""FHIR Questionnaires: valid as published, and scores from filled forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from app.cli import main
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.filled_forms import Json, fill, flat, library
from tests.app.service import (
    AS_OF,
    default_client,
    outcome_of,
    screening_service,
)

MAXIMA = {
    "sledai-2k": 105,
    "selena-sledai": 105,
    "selena-sledai-2k-proteinuria": 105,
    "clinical-selena-sledai": 101,
    "acr-1997": 11,
    "eular-acr-2019": 51,
}

IDS = tuple(library().resources)


@pytest.mark.parametrize("identifier", IDS)
def test_a_questionnaire_is_valid_r4_and_says_of_whom_it_asks(identifier: str) -> None:
    resource = library().one(identifier)
    Questionnaire.model_validate(resource)
    assert resource["url"].endswith(f"/Questionnaire/{identifier}")
    assert (resource["status"], resource["subjectType"]) == ("active", ["Patient"])
    assert resource["version"]


@pytest.mark.parametrize("identifier", IDS)
def test_its_items_keep_the_rules_of_the_specification(identifier: str) -> None:
    items = list(flat(library().one(identifier)["item"]))
    links = [item["linkId"] for item in items]
    assert len(links) == len(set(links)), "que-2"
    for item in items:
        assert (item["type"] != "group") or item["item"], "que-1: a group has items"
        assert (item["type"] != "display") or not {"item", "required", "repeats"} & item.keys(), (
            "que-1, que-6"
        )
        assert ("answerOption" in item) == (item["type"] == "choice"), "que-5"
        assert item["text"].strip() == item["text"] != ""


@pytest.mark.parametrize("identifier", list(screening_service().protocols))
def test_that_of_a_protocol_asks_all_that_its_findings_can_name_with_the_protocols_own_words(
    identifier: str,
) -> None:
    bound = screening_service().protocols[identifier]
    items = {item["linkId"]: item for item in flat(library().one(identifier)["item"])}
    asked = {link: item["text"] for link, item in items.items() if item["type"] == "boolean"}
    assert asked == dict(bound.questions)
    for criterion in bound.protocol.criteria:
        if f"{identifier}/{criterion.id}" in items:
            assert items[f"{criterion.id}.text"]["text"] == " ".join(criterion.text.split())


def test_a_judgement_says_what_yes_and_no_mean() -> None:
    for protocol in screening_service().protocols.values():
        for question, words in protocol.questions.items():
            if question.endswith("/judged"):
                assert " Yes: " in words
                assert " No: " in words


@pytest.mark.parametrize(("identifier", "maximum"), MAXIMA.items())
def test_the_points_of_a_score_stand_at_its_answers(identifier: str, maximum: int) -> None:
    items = [i for i in flat(library().one(identifier)["item"]) if i["type"] == "choice"]
    assert len(items) == len({item["linkId"] for item in items})
    yes, no = zip(*(item["answerOption"] for item in items), strict=True)
    assert all(option["extension"][0]["url"].endswith("/ordinalValue") for option in (*yes, *no))
    assert all(option["extension"][0]["valueDecimal"] == 0 for option in no)
    if identifier != "eular-acr-2019":  # counts the heaviest item of each domain
        assert sum(option["extension"][0]["valueDecimal"] for option in yes) == maximum


def test_they_are_served_as_fhir_one_by_one_and_as_a_searchset() -> None:
    client = default_client()
    listed = client.get("/questionnaires")
    assert listed.headers["content-type"].startswith("application/fhir+json")
    Bundle.model_validate(listed.json())
    assert listed.json()["total"] == len(IDS)
    assert [entry["resource"]["id"] for entry in listed.json()["entry"]] == list(IDS)
    one = client.get("/questionnaires/SLEDAI-2K")
    assert one.headers["content-type"].startswith("application/fhir+json")
    assert one.json() == library().one("sledai-2k")
    outcome_of(client.get("/questionnaires/sledai"), 404)


def test_they_are_printed_by_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questionnaires", "list"]) == 0
    assert all(identifier in capsys.readouterr().out for identifier in ["sledai-2k"])
    assert main(["questionnaires", "show", "nct07517536"]) == 0
    assert json.loads(capsys.readouterr().out) == library().one("nct07517536")
    assert main(["questionnaires", "blank", "bilag-2004", "--patient", "lin-mei"]) == 0
    blank = json.loads(capsys.readouterr().out)
    QuestionnaireResponse.model_validate(blank)
    assert blank["subject"] == {"reference": "Patient/lin-mei"}
    assert main(["questionnaires", "show", "sledai"]) == 2
    assert "sledai-2k" in capsys.readouterr().err


def chosen(item: Json, code: str) -> Json | None:
    """The option of that code, as a form writes it: without the points."""
    options = (option["valueCoding"] for option in item.get("answerOption", ()))
    return next(({"valueCoding": option} for option in options if option["code"] == code), None)


def with_form(response: Json) -> PatientRecord:
    patient = {"resourceType": "Patient", "id": "lin-mei", "gender": "female", "birthDate": "1990-01-01"}
    entries = [{"resource": patient}, {"resource": response}]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    (facts,) = read_patients(json.dumps(bundle).encode())
    return PatientRecord(facts)


def score_of(identifier: str, response: Json) -> Any:
    (measurement,) = with_form(response).series(identifier.replace("-", "_"), AS_OF).measurements
    return measurement


@pytest.mark.parametrize(("identifier", "maximum"), MAXIMA.items())
def test_a_form_that_denies_all_items_is_nought_and_one_that_affirms_all_is_the_maximum(
    identifier: str, maximum: int
) -> None:
    for code, points in (("N", 0), ("Y", maximum)):
        items_only = score_of(identifier, fill(identifier, lambda item, code=code: chosen(item, code)))  # type: ignore[misc]
        assert (items_only.value.low, items_only.value.high) == (points, points), code

        def with_total(item: Json, code: str = code, points: int = points) -> Json | None:
            return {"valueInteger": points} if item["linkId"] == "total" else chosen(item, code)

        whole = score_of(identifier, fill(identifier, with_total))
        assert (whole.value.low, whole.value.high) == (points, points)
        assert whole.basis == "recorded"


def test_a_form_answered_in_part_leaves_the_rest_unknown() -> None:
    def arthritis(item: Json) -> Json | None:
        return chosen(item, "Y") if item["linkId"] == "arthritis" else None

    scored = score_of("sledai-2k", fill("sledai-2k", arthritis))
    assert (scored.value.low, scored.value.high) == (4, 105)


def test_an_item_is_known_by_its_link_whatever_words_the_form_has_for_it() -> None:
    response = fill("sledai-2k", lambda item: chosen(item, "N"))
    for item in flat(response["item"]):
        item.pop("text", None)
    assert score_of("sledai-2k", response).value.high == 0
    for item in flat(response["item"]):
        item["text"] = "?"
    assert score_of("sledai-2k", response).value.high == 0


def test_an_answer_that_no_item_of_a_score_can_have_is_told_and_leaves_it_unknown() -> None:
    response = fill("sledai-2k", lambda item: chosen(item, "N"))
    rash = next(item for item in flat(response["item"]) if item["linkId"] == "rash")
    rash["answer"] = [{"valueDate": "2026-06-01"}]
    record = with_form(response)
    assert record.series("sledai_2k", AS_OF).measurements[0].value.high == 2  # type: ignore[union-attr]
    assert any("rash" in unread.why for unread in record.facts.unread)


@pytest.mark.parametrize(
    ("letter", "a", "b"), [("A", 9, 0), ("B", 0, 9), ("C", 0, 0), ("D", 0, 0), ("E", 0, 0)]
)
def test_the_grades_of_bilag_are_counted(letter: str, a: int, b: int) -> None:
    response = fill("bilag-2004", lambda item: chosen(item, letter))
    for name, count in (("bilag_2004_a_count", a), ("bilag_2004_b_count", b)):
        value = with_form(response).series(name, AS_OF).measurements[0].value
        assert value is not None
        assert (value.low, value.high) == (count, count)
