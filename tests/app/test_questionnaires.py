"""FHIR Questionnaires: valid as published; a response in the record changes what it answers, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from app.cli import main
from app.questionnaires import Library
from app.questionnaires.blank import blank_response
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import (
    AS_OF,
    bundle_of,
    cards_of,
    default_client,
    findings_of,
    outcome_of,
    request_of,
    screening_service,
)

Json = dict[str, Any]
OPEN_TO_JUDGEMENT = ("review", "presumed")
MAXIMA = {
    "sledai-2k": 105,
    "selena-sledai": 105,
    "selena-sledai-2k-proteinuria": 105,
    "clinical-selena-sledai": 101,
    "acr-1997": 11,
    "eular-acr-2019": 51,
}


@cache
def library() -> Library:
    return Library(screening_service().protocols.values())


IDS = tuple(library().resources)


def flat(items: list[Json]) -> Iterator[Json]:
    for item in items:
        yield item
        yield from flat(item.get("item", []))


# -- as published -----------------------------------------------------------------------------------


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


# -- filled in --------------------------------------------------------------------------------------


def fill(
    identifier: str, answer: Callable[[Json], Json | None], patient: str = "lin-mei", **more: Any
) -> Json:
    """A completed response to a questionnaire; ``answer`` gives what is answered to each question."""
    questions = {item["linkId"]: item for item in flat(library().one(identifier)["item"])}
    response = blank_response(library().one(identifier), patient)
    for item in flat(response["item"]):
        given = answer(questions[item["linkId"]]) if questions[item["linkId"]]["type"] != "group" else None
        if given is not None:
            item["answer"] = [given]
    return {
        **response,
        "id": "filled",
        "status": "completed",
        "authored": f"{AS_OF}T10:00:00+08:00",
        "author": {"reference": "Practitioner/p1", "display": "Dr Ada Okoye"},
        **more,
    }


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


# -- judgements through both surfaces ----------------------------------------------------------------

PROTOCOL = "nct07517536"


def through_screenings(patient: str, *responses: Json) -> dict[str, Json]:
    bundle = bundle_of(patient)
    bundle["entry"] += [{"resource": response} for response in responses]
    params = {"asOf": AS_OF.isoformat(), "protocol": PROTOCOL}
    answer = default_client().post("/screenings", params=params, json=bundle)
    assert answer.status_code == 200, answer.text
    found: dict[str, Json] = {}

    def walk(findings: list[Json]) -> None:
        for finding in findings:
            found[finding["criterion"]] = finding
            walk(finding["parts"])

    walk(answer.json()["screenings"][0]["findings"])
    return found


def through_the_hook(patient: str, *responses: Json) -> dict[str, Json]:
    request = request_of(patient)
    page = request["prefetch"]["questionnaireResponses"] or {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [],
    }
    page.setdefault("entry", []).extend({"resource": response} for response in responses)
    page["total"] = len(page["entry"])
    request["prefetch"]["questionnaireResponses"] = page
    (card,) = [
        c for c in cards_of(request) if c["extension"]["org.trialcards.screening"]["protocol"] == PROTOCOL
    ]
    return findings_of(card)


SURFACES = {"screenings": through_screenings, "hook": through_the_hook}
Surface = Callable[..., dict[str, Json]]


@pytest.fixture(params=SURFACES.values(), ids=SURFACES)
def surface(request: pytest.FixtureRequest) -> Surface:
    chosen_surface: Surface = request.param
    return chosen_surface


def judged(question: str, answer: Json | None = None) -> Callable[[Json], Json | None]:
    """Answers this question alone, with yes unless told otherwise."""
    given = answer or {"valueBoolean": True}
    return lambda item: given if item["linkId"] == question else None


def leaf_to_judge(findings: dict[str, Json]) -> str:
    """A criterion without parts that waits for a person, and no fact of which is of today."""
    return next(
        name
        for name, finding in findings.items()
        if finding["outcome"] in OPEN_TO_JUDGEMENT and not finding["parts"]
    )


def changed(before: dict[str, Json], after: dict[str, Json]) -> set[str]:
    return {name for name in before if before[name]["outcome"] != after[name]["outcome"]}


def test_one_judgement_changes_just_the_finding_that_it_judges(surface: Surface) -> None:
    before = surface("lin-mei")
    leaf = leaf_to_judge(before)
    question = f"{PROTOCOL}/{leaf}/judged"
    assert question in before[leaf]["questions"]
    yes = surface("lin-mei", fill(PROTOCOL, judged(question)))
    assert yes[leaf]["outcome"] == "pass"
    assert "by Dr Ada Okoye" in yes[leaf]["reason"]
    assert changed(before, yes) <= {leaf, leaf.split(".")[0]}
    assert {name: f for name, f in yes.items() if not name.startswith(leaf.split(".")[0])} == {
        name: f for name, f in before.items() if not name.startswith(leaf.split(".")[0])
    }
    if surface is through_screenings:  # an excluded patient gets no card
        no = surface("lin-mei", fill(PROTOCOL, judged(question, {"valueBoolean": False})))
        assert no[leaf]["outcome"] == "fail"


def test_a_whole_form_answered_yes_settles_all_that_may_be_judged_and_nothing_else() -> None:
    before = through_screenings("lin-mei")

    def every_judgement(item: Json) -> Json | None:
        return {"valueBoolean": True} if item["linkId"].endswith("/judged") else None

    after = through_screenings("lin-mei", fill(PROTOCOL, every_judgement))
    for name, finding in before.items():
        if finding["parts"]:
            continue
        if finding["outcome"] in OPEN_TO_JUDGEMENT:
            assert after[name]["outcome"] == "pass", name
        else:
            assert after[name] == finding, name


COUNTING: dict[str, Json] = {
    "amended": {"status": "amended"},
    "without a version": {"questionnaire": f"https://else.example/Questionnaire/{PROTOCOL}"},
    "author named, with the type": {"author": {"type": "Practitioner", "display": "Dr Ada Okoye"}},
    "by role": {"author": {"reference": "https://fhir.example/PractitionerRole/r1"}},
    "a clinician as source": {
        "author": {"reference": "Device/d1"},
        "source": {"reference": "Practitioner/p1"},
    },
}
NOT_COUNTING: dict[str, Json] = {
    "in progress": {"status": "in-progress"},
    "stopped": {"status": "stopped"},
    "entered in error": {"status": "entered-in-error"},
    "stale": {"authored": (AS_OF - timedelta(days=29)).isoformat()},
    "of a later day": {"authored": (AS_OF + timedelta(days=1)).isoformat()},
    "of some day of the year": {"authored": str(AS_OF.year)},
    "of no day": {"authored": None},
    "for another version": {"questionnaire": f"https://else.example/Questionnaire/{PROTOCOL}|0"},
    "by the patient": {"author": {"reference": "Patient/lin-mei"}},
    "by a relative": {"author": {"reference": "RelatedPerson/r1"}},
    "by a device": {"author": {"reference": "Device/d1"}},
    "by nobody": {"author": None},
    "by a name alone": {"author": {"display": "Dr Ada Okoye"}},
    "the patient's word, noted by a clinician": {"source": {"reference": "Patient/lin-mei"}},
    "by someone unknown": {"author": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}},
}


def written(question: str, changes: Json) -> Json:
    response = fill(PROTOCOL, judged(question), **changes)
    return {key: value for key, value in response.items() if value is not None}


@pytest.mark.parametrize("changes", COUNTING.values(), ids=COUNTING)
def test_a_response_counts(surface: Surface, changes: Json) -> None:
    leaf = leaf_to_judge(surface("lin-mei"))
    response = written(f"{PROTOCOL}/{leaf}/judged", changes)
    assert surface("lin-mei", response)[leaf]["outcome"] == "pass"


@pytest.mark.parametrize("changes", NOT_COUNTING.values(), ids=NOT_COUNTING)
def test_a_response_does_not_count(surface: Surface, changes: Json) -> None:
    before = surface("lin-mei")
    leaf = leaf_to_judge(before)
    after = surface("lin-mei", written(f"{PROTOCOL}/{leaf}/judged", changes))
    assert changed(before, after) == set()


ANSWERS: dict[str, tuple[list[Json], str | None]] = {
    "a coded yes": (
        [{"valueCoding": {"code": "Y", "system": "http://terminology.hl7.org/CodeSystem/v2-0136"}}],
        "pass",
    ),
    "yes twice": ([{"valueBoolean": True}, {"valueBoolean": True}], "pass"),
    "yes and no": ([{"valueBoolean": True}, {"valueBoolean": False}], None),
    "yes and something else": ([{"valueBoolean": True}, {"valueInteger": 1}], None),
    "a number": ([{"valueInteger": 1}], None),
    "words": ([{"valueString": "perhaps"}], None),
    "nothing": ([], None),
}


@pytest.mark.parametrize(("answers", "outcome"), ANSWERS.values(), ids=ANSWERS)
def test_only_a_plain_yes_or_no_is_an_answer(answers: list[Json], outcome: str | None) -> None:
    before = through_screenings("lin-mei")
    leaf = leaf_to_judge(before)
    question = f"{PROTOCOL}/{leaf}/judged"
    response = fill(PROTOCOL, judged(question))
    item = next(item for item in flat(response["item"]) if item["linkId"] == question)
    item["answer"] = answers
    after = through_screenings("lin-mei", response)[leaf]["outcome"]
    assert after == (outcome or before[leaf]["outcome"])


def test_an_item_may_stand_outside_its_group_and_be_named_without_the_protocol() -> None:
    leaf = leaf_to_judge(through_screenings("lin-mei"))
    yes = [{"valueBoolean": True}]
    for link in (f"{PROTOCOL}/{leaf}/judged", f"{leaf}/judged"):
        for items in (
            [{"linkId": link, "answer": yes}],
            [{"linkId": "g", "item": [{"linkId": "h", "item": [{"linkId": link, "answer": yes}]}]}],
            [{"linkId": "q", "answer": [{"valueString": "x", "item": [{"linkId": link, "answer": yes}]}]}],
        ):
            response = fill(PROTOCOL, lambda _: None, item=items)
            assert through_screenings("lin-mei", response)[leaf]["outcome"] == "pass"


def test_two_clinicians_of_one_day_who_disagree_leave_it_open() -> None:
    before = through_screenings("lin-mei")
    leaf = leaf_to_judge(before)
    question = f"{PROTOCOL}/{leaf}/judged"
    on_a_day = {"authored": AS_OF.isoformat()}
    yes = fill(PROTOCOL, judged(question), **on_a_day)
    other = {"reference": "Practitioner/p2", "display": "Dr Li Na"}
    no = fill(PROTOCOL, judged(question, {"valueBoolean": False}), **on_a_day, author=other)
    after = through_screenings("lin-mei", yes, {**no, "id": "second"})
    assert changed(before, after) == set()
    assert "contradict each other" in after[leaf]["reason"]


@pytest.mark.parametrize("kind", ["Condition", "Observation", "Communication", "DocumentReference"])
def test_nothing_but_a_response_speaks_for_a_person(kind: str) -> None:
    before = through_screenings("lin-mei")
    leaf = leaf_to_judge(before)
    question = f"{PROTOCOL}/{leaf}/judged"
    spoken = {
        "resourceType": kind,
        "id": "spoken",
        "status": "final",
        "subject": {"reference": "Patient/lin-mei"},
        "code": {"text": question},
        "effectiveDateTime": AS_OF.isoformat(),
        "recordedDate": AS_OF.isoformat(),
        "valueBoolean": True,
        "note": [{"text": f"{question}: yes"}],
    }
    assert changed(before, through_screenings("lin-mei", spoken)) == set()
