"""A judgement in the record changes the finding that it judges, through both surfaces, and no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.app.filled_forms import Json, fill, flat
from tests.app.service import (
    AS_OF,
    bundle_of,
    cards_of,
    default_client,
    findings_of,
    request_of,
)

OPEN_TO_JUDGEMENT = ("review", "presumed")

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
