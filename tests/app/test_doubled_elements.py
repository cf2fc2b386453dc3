"""What names one element twice says two things, of which each reader takes another (RFC 8259, 4).

Such a resource is not used, wherever it comes from; it is told, and its type is a part.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.app.command_line import runner, screened
from tests.app.service import (
    AS_OF,
    HOOK,
    LUPUS,
    TRIAL_A,
    bundle_of,
    client,
    findings_of,
    outcome_of,
    request_of,
    screening_of,
    searchset,
)

CANCER, HARMLESS = '"code": "C50.9"', '"code": "R51"'
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
DOUBLED = [
    (CANCER, f"{CANCER}, {HARMLESS}"),
    (CANCER, f"{HARMLESS}, {CANCER}"),
    (CANCER, f'{CANCER}, "c\\u006fde": "R51"'),
    ('"onsetDateTime": "2025-01-01"', '"onsetDateTime": "2025-01-01", "onsetDateTime": "1990-01-01"'),
    ('"id": "cancer"', '"id": "cancer", "subject": {"reference": "Patient/another"}'),
    ('"id": "cancer"', '"id": "cancer", "resourceType": "Observation"'),
]
MALIGNANCY = "E5"


def cancer() -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": "cancer",
        "code": {"coding": [{"system": ICD_10, "code": "C50.9"}]},
        "clinicalStatus": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
            ]
        },
        "onsetDateTime": "2025-01-01",
        "subject": {"reference": f"Patient/{LUPUS}"},
    }


def with_cancer() -> dict[str, Any]:
    """A request whose diagnoses hold a cancer of the breast."""
    request = request_of(LUPUS)
    held = [entry["resource"] for entry in request["prefetch"]["conditions"]["entry"]]
    request["prefetch"]["conditions"] = searchset(*held, cancer())
    return request


def fired(body: str) -> Any:
    http = client(show_ineligible=True)
    return http.post(HOOK, content=body, headers={"content-type": "application/json"})


def malignancy(body: str) -> dict[str, Any]:
    answer = fired(body)
    assert answer.status_code == 200, answer.text
    [card] = [c for c in answer.json()["cards"] if screening_of(c)["protocol"] == TRIAL_A]
    return findings_of(card)[MALIGNANCY]


def test_a_cancer_that_is_told_once_closes_the_trial() -> None:
    assert malignancy(json.dumps(with_cancer()))["outcome"] == "fail"


@pytest.mark.parametrize(("once", "twice"), DOUBLED)
def test_a_prefetched_diagnosis_that_tells_something_twice_leaves_open_what_it_would_decide(
    once: str, twice: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not even the harmless code that a reader of the last member would see says that there is no cancer."""
    body = json.dumps(with_cancer())
    assert body.count(once) == 1
    found = malignancy(body.replace(once, twice))
    assert found["outcome"] == "missing"
    assert {need["why"] for need in found["needs"]} == {"not-retrieved"}
    [line] = [json.loads(said) for said in capfd.readouterr().err.splitlines() if '"unread"' in said]
    assert line["unread"] == 1


def test_nothing_is_surer_for_it() -> None:
    body = json.dumps(with_cancer())
    before, after = (
        {
            (screening_of(card)["protocol"], name): finding["outcome"]
            for card in fired(text).json()["cards"]
            for name, finding in findings_of(card).items()
        }
        for text in (json.dumps(request_of(LUPUS)), body.replace(CANCER, f"{CANCER}, {HARMLESS}"))
    )
    assert after.keys() == before.keys()
    changed = {name: after[name] for name in after if after[name] != before[name]}
    assert changed
    assert {"pass", "presumed", "fail"}.isdisjoint(changed.values())


@pytest.mark.parametrize(
    "twice",
    ['"resource": {"resourceType": "Condition", "id": "y"}, "resource":', '"resource": 5, "resource":'],
)
def test_an_entry_that_holds_two_resources_holds_none(twice: str) -> None:
    request = request_of(LUPUS)
    body = json.dumps(request)
    at = body.index('"conditions"')
    doubled = body[:at] + body[at:].replace('"resource":', twice, 1)
    assert malignancy(doubled)["outcome"] == "missing"


def test_a_patient_who_is_told_twice_is_none() -> None:
    body = json.dumps(request_of(LUPUS))
    at = body.index('"birthDate"')
    answer = fired(f'{body[:at]}"birthDate": "1900-01-01", {body[at:]}')
    assert outcome_of(answer, 412)["code"] == "incomplete"


class TestInAFile:
    def body(self, once: str = "", twice: str = "") -> str:
        bundle = bundle_of(LUPUS)
        bundle["entry"].append({"resource": cancer()})
        return json.dumps(bundle).replace(once, twice) if once else json.dumps(bundle)

    def screening(self, body: str) -> tuple[dict[str, Any], dict[str, Any]]:
        answer = client().post(
            f"/screenings?asOf={AS_OF}&protocol={TRIAL_A}",
            content=body,
            headers={"content-type": "application/fhir+json"},
        )
        assert answer.status_code == 200, answer.text
        report = answer.json()
        [screening] = report["screenings"]
        return report, {finding["criterion"]: finding for finding in screening["findings"]}

    def test_one_that_tells_it_once_closes_the_trial(self) -> None:
        _, found = self.screening(self.body())
        assert found[MALIGNANCY]["outcome"] == "fail"

    @pytest.mark.parametrize(("once", "twice"), DOUBLED)
    def test_a_diagnosis_that_tells_something_twice_is_told_and_its_type_is_a_part(
        self, once: str, twice: str
    ) -> None:
        report, found = self.screening(self.body(once, twice))
        assert found[MALIGNANCY]["outcome"] == "missing"
        [reference] = [one["reference"] for one in report["unread"]]
        assert reference.endswith("/cancer")
        assert "same name" in report["unread"][0]["why"]

    def test_a_bundle_with_two_lists_of_entries_may_have_left_anything_out(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "chart.json"
        file.write_text(self.body().replace('"entry":', '"entry": [], "entry":', 1))
        ran = runner(capsys)("screen", file, "--as-of", AS_OF, "--protocol", TRIAL_A, "--format", "json")
        report = screened(ran)
        found = {one["criterion"]: one for one in report["screenings"][0]["findings"]}
        assert found[MALIGNANCY]["outcome"] == "fail"  # which the last list shows all the same
        assert "presumed" not in {one["outcome"] for one in found.values()}
        assert [one["reference"] for one in report["unread"]] == ["Bundle"]

    def test_screen_reads_it_alike(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "chart.json"
        file.write_text(self.body(CANCER, f"{CANCER}, {HARMLESS}"))
        ran = runner(capsys)("screen", file, "--as-of", AS_OF, "--protocol", TRIAL_A, "--format", "json")
        report = screened(ran)
        findings = {one["criterion"]: one for one in report["screenings"][0]["findings"]}
        assert findings[MALIGNANCY]["outcome"] == "missing"
