"""A population from bulk data: lines of any file, in any order, brought to their patients; none lost."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from cohort.errors import NoInputError
from cohort.local import screen_locally
from cohort.record import Lines, Result
from eligibility.loading import load_bundled
from eligibility.screening import screen
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from fhir_mappings.vocabulary import vocabulary
from tests.cohort.populations import (
    AS_OF,
    Resource,
    everything,
    plan,
    population,
    rejected,
    resources,
    table,
    verdicts,
    write_bulk_data,
    write_lines,
)

TRIAL = "nct07517536"
OTHER = "nct05247203"
"""Its E10 excludes who has had drugs against B cells."""


def screened(out: Path, *directories: Path, **more: Any) -> Result:
    record = screen_locally(directories, out, more.pop("plan", plan()), workers=1, **more)
    assert record.result is not None
    return record.result


def lines_of(given: list[Resource]) -> str:
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in given)


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is found of the eight demonstration patients."""
    base = tmp_path_factory.mktemp("eight")
    screened(base / "out", write_bulk_data(base / "bulk", population(8)))
    return everything(base / "out")


class TestEveryPatient:
    def test_is_judged_as_by_the_screening_of_one(self, eight: dict[str, Any]) -> None:
        bound = load_bundled(vocabulary())[TRIAL]
        (facts,) = read_patients(lines_of(resources("sofia-reyes")).encode())
        alone = screen(bound, PatientRecord(facts), AS_OF)
        (row,) = (
            row
            for row in eight["screenings"]
            if (row["patient"], row["protocol"]) == ("Patient/sofia-reyes", TRIAL)
        )
        assert (row["verdict"], str(row["earliest"])) == (alone.verdict, alone.earliest)
        found = {
            one["criterion"]: (one["outcome"], one["reason"])
            for one in eight["findings"]
            if (one["patient"], one["protocol"], one["parent"]) == ("Patient/sofia-reyes", TRIAL, None)
        }
        assert found == {one.criterion: (one.outcome, one.reason) for one in alone.findings}

    def test_has_a_row_whether_or_not_the_disease_is_on_record(self, eight: dict[str, Any]) -> None:
        assert len(eight["patients"]) == 8
        status = {row["patient"]: row["status"] for row in eight["screenings"] if row["protocol"] == TRIAL}
        assert status["Patient/peter-novak"] == "not-applicable"
        assert status["Patient/lin-mei"] == "screened"

    def test_without_the_disease_is_judged_where_everyone_is(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", resources("peter-novak"))
        screened(tmp_path / "out", bulk, plan=plan(everyone=True))
        assert verdicts(tmp_path / "out", "peter-novak")[TRIAL] == "undetermined"


class TestTheSamePatients:
    """in whatever files their resources are, the results are the same."""

    def test_in_one_file_in_any_order(self, eight: dict[str, Any], tmp_path: Path) -> None:
        shuffled = list(population(8))
        random.Random(7).shuffle(shuffled)  # noqa: S311
        (tmp_path / "bulk").mkdir()
        write_lines(tmp_path / "bulk" / "all.ndjson", lines_of(shuffled))
        screened(tmp_path / "out", tmp_path / "bulk")
        assert everything(tmp_path / "out") == eight

    def test_packed_and_scattered_over_folders(self, eight: dict[str, Any], tmp_path: Path) -> None:
        own = list(population(8))
        write_bulk_data(tmp_path / "bulk" / "a", own[::2], {"Observation": 4}, packed=True)
        write_bulk_data(tmp_path / "bulk" / "b", own[1::2])
        screened(tmp_path / "out", tmp_path / "bulk")
        assert everything(tmp_path / "out") == eight

    def test_as_a_bundle_on_a_line_for_each(self, eight: dict[str, Any], tmp_path: Path) -> None:
        names = [row["patient"].removeprefix("Patient/") for row in eight["patients"]]
        bundles = [
            {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": r} for r in resources(name)],
            }
            for name in names
        ]
        (tmp_path / "bulk").mkdir()
        write_lines(tmp_path / "bulk" / "bundles.ndjson", lines_of(bundles))
        screened(tmp_path / "out", tmp_path / "bulk")
        assert table(tmp_path / "out", "findings") == eight["findings"]

    def test_as_a_file_of_many_lines_for_each(self, eight: dict[str, Any], tmp_path: Path) -> None:
        (tmp_path / "bulk").mkdir()
        for row in eight["patients"]:
            name = row["patient"].removeprefix("Patient/")
            bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources(name)]}
            (tmp_path / "bulk" / f"{name}.json").write_text(json.dumps(bundle, indent=2))
        screened(tmp_path / "out", tmp_path / "bulk")
        assert table(tmp_path / "out", "findings") == eight["findings"]

    def test_as_one_bundle_of_all(self, eight: dict[str, Any], tmp_path: Path) -> None:
        (tmp_path / "bulk").mkdir()
        bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in population(8)]}
        write_lines(tmp_path / "bulk" / "all.ndjson", lines_of([bundle]))
        result = screened(tmp_path / "out", tmp_path / "bulk")
        assert everything(tmp_path / "out") == eight
        assert result.lines.split == 1

    def test_told_twice(self, eight: dict[str, Any], tmp_path: Path) -> None:
        write_bulk_data(tmp_path / "bulk" / "a", population(8))
        write_bulk_data(tmp_path / "bulk" / "b", population(8))
        screened(tmp_path / "out", tmp_path / "bulk")
        assert everything(tmp_path / "out") == eight


class TestAMedicationByReference:
    REQUEST = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-05-20",
        "subject": {"reference": "Patient/lin-mei"},
        "medicationReference": {"reference": "Medication/rtx"},
    }
    RITUXIMAB = {
        "resourceType": "Medication",
        "id": "rtx",
        "code": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "121191"}]},
    }

    def _outcome(self, tmp_path: Path, medications: list[Resource]) -> str:
        bulk = write_bulk_data(tmp_path / "bulk", [*resources("lin-mei"), self.REQUEST, *medications])
        screened(tmp_path / "out", bulk)
        return next(
            row["outcome"]
            for row in table(tmp_path / "out", "findings")
            if (row["protocol"], row["criterion"]) == (OTHER, "E10")
        )

    def test_is_found_in_its_own_file(self, tmp_path: Path) -> None:
        assert self._outcome(tmp_path, [self.RITUXIMAB]) == "fail"

    def test_that_is_not_there_leaves_the_question_open(self, tmp_path: Path) -> None:
        assert self._outcome(tmp_path, []) == "missing"


class TestAMergedRecord:
    def _given(self) -> list[Resource]:
        own = resources("sofia-reyes")
        text = json.dumps(own[1:]).replace("Patient/sofia-reyes", "Patient/old-number")
        own[0]["link"] = [{"type": "replaces", "other": {"reference": "Patient/old-number"}}]
        return [own[0], *json.loads(text)]

    def test_belongs_to_the_patient_who_replaced_it(self, eight: dict[str, Any], tmp_path: Path) -> None:
        screened(tmp_path / "out", write_bulk_data(tmp_path / "bulk", self._given()))
        verdict = verdicts(tmp_path / "out", "sofia-reyes")
        assert verdict[TRIAL] == "ineligible-for-now"
        assert not rejected(tmp_path / "out")


class TestALineThatNamesItsPatientByIdentifier:
    def _given(self, value: str) -> list[Resource]:
        own = resources("sofia-reyes")
        own[0]["identifier"] = [{"system": "urn:mrn", "value": "77"}]
        for one in own[1:]:
            if one["resourceType"] == "MedicationAdministration":
                one["subject"] = {"identifier": {"system": "urn:mrn", "value": value}}
        return own

    def test_is_brought_to_the_only_one_who_has_it(self, eight: dict[str, Any], tmp_path: Path) -> None:
        result = screened(tmp_path / "out", write_bulk_data(tmp_path / "bulk", self._given("77")))
        own = [row for row in eight["findings"] if row["patient"] == "Patient/sofia-reyes"]
        assert [(r["criterion"], r["outcome"]) for r in table(tmp_path / "out", "findings")] == [
            (r["criterion"], r["outcome"]) for r in own
        ]
        assert result.lines.of_nobody == 0

    def test_is_set_aside_where_nobody_has_it(self, tmp_path: Path) -> None:
        given = self._given("78")
        asides = sum(one["resourceType"] == "MedicationAdministration" for one in given)
        assert asides
        screened(tmp_path / "out", write_bulk_data(tmp_path / "bulk", given))
        assert [row["reason"] for row in rejected(tmp_path / "out")] == [
            "it names its patient by an identifier alone, which no patient in the input has"
        ] * asides


class TestABrokenLine:
    BROKEN = (
        '{"resourceType":"MedicationRequest","id":"b","subject":{"reference":"Patient/daniel-okafor"},"cod'
    )

    @pytest.fixture
    def out(self, tmp_path: Path) -> Path:
        bulk = write_bulk_data(tmp_path / "bulk", population(8))
        write_lines(bulk / "MedicationRequest.9.ndjson", f"\n{self.BROKEN}\n")
        screened(tmp_path / "out", bulk)
        return tmp_path / "out"

    def test_is_kept_aside_with_file_line_patient_and_reason(self, out: Path) -> None:
        assert rejected(out) == [
            {
                "file": "MedicationRequest.9.ndjson",
                "line": 2,
                "patient": "Patient/daniel-okafor",
                "reason": "not JSON: Input data was truncated",
                "content": self.BROKEN,
            }
        ]

    def test_marks_its_patient_as_incompletely_read_and_nobody_else(self, out: Path) -> None:
        incomplete = {row["patient"]: row["rejected"] for row in table(out, "patients") if row["incomplete"]}
        assert incomplete == {"Patient/daniel-okafor": 1}

    def test_leaves_open_what_it_may_have_told(self, out: Path, eight: dict[str, Any]) -> None:
        """Unknown is never no: a drug that cannot be read is not a drug that was not taken."""

        def outcomes(rows: list[Resource]) -> dict[str, str]:
            chosen = (r for r in rows if (r["patient"], r["protocol"]) == ("Patient/daniel-okafor", OTHER))
            return {row["criterion"]: row["outcome"] for row in chosen}

        before, now = outcomes(eight["findings"]), outcomes(table(out, "findings"))
        assert before["E10"] == "presumed"
        assert now["E10"] == "missing"
        assert {now[name] for name in now if now[name] != before[name]} <= {"missing", "review"}

    def test_changes_nothing_for_the_others(self, out: Path, eight: dict[str, Any]) -> None:
        others = [row for row in eight["findings"] if row["patient"] != "Patient/daniel-okafor"]
        assert [r for r in table(out, "findings") if r["patient"] != "Patient/daniel-okafor"] == others


class TestAPatientOfWhomNothingSaysLupus:
    def test_is_not_known_where_a_line_that_may_say_it_was_lost(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", resources("peter-novak"))
        line = '{"resourceType":"Condition","subject":{"reference":"Patient/peter-novak"}'
        write_lines(bulk / "Condition.9.ndjson", line)
        screened(tmp_path / "out", bulk)
        assert verdicts(tmp_path / "out", "peter-novak")[TRIAL] == "not-known"

    def test_is_not_known_where_diagnoses_were_not_exported(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", resources("peter-novak"))
        screened(tmp_path / "out", bulk, plan=plan(retrieved=["Patient", "Observation"]))
        assert verdicts(tmp_path / "out", "peter-novak")[TRIAL] == "not-known"

    def test_is_not_applicable_where_what_was_lost_tells_no_diagnosis(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", resources("peter-novak"))
        line = '{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/peter-novak"}'
        write_lines(bulk / "Allergy.ndjson", line)
        screened(tmp_path / "out", bulk)
        assert verdicts(tmp_path / "out", "peter-novak")[TRIAL] == "not-applicable"
        (row,) = table(tmp_path / "out", "patients")
        assert row["incomplete"]


class TestLinesOfNobody:
    def test_are_set_aside_with_the_reason(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", resources("lin-mei"))
        odd = [
            {"resourceType": "Observation", "id": "1"},
            {"resourceType": "Observation", "id": "2", "subject": {"reference": "Group/1"}},
            {"resourceType": "Observation", "id": "3", "subject": {"reference": "Patient/stranger"}},
            {"resourceType": "Patient", "gender": "female"},
        ]
        write_lines(bulk / "odd.ndjson", lines_of(odd) + "what is this?\n" + "[1]\n")
        result = screened(tmp_path / "out", bulk)
        assert [row["reason"] for row in rejected(tmp_path / "out")] == [
            "it names no patient",
            "it is about Group/1",
            "there is no Patient/stranger in the input",
            "a Patient without an id: nothing can refer to it",
            "not JSON: JSON is malformed: invalid character (byte 0)",
            "a JSON array is no FHIR; send a Bundle, or NDJSON with a resource on each line",
        ]
        assert result.lines.rejected == 6
        assert result.patients == 1


class TestTheAccount:
    def test_of_all_lines_adds_up(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(tmp_path / "bulk", population(3))
        more = [
            {"resourceType": "Medication", "id": "1"},
            {"resourceType": "Claim", "id": "1", "patient": {"reference": "Patient/lin-mei"}},
            {"resourceType": "Observation", "id": "1"},
        ]
        write_lines(bulk / "more.ndjson", f"\n{lines_of(more)}\n")
        lines = screened(tmp_path / "out", bulk).lines
        of_patients = sum(1 for _ in population(3))
        assert lines == Lines(
            read=of_patients + 5,
            blank=2,
            of_patients=of_patients,
            shared=1,
            unused=1,
            of_nobody=1,
            rejected=1,
        )

    def test_tells_types_of_which_there_is_nothing(self, tmp_path: Path) -> None:
        result = screened(tmp_path / "out", write_bulk_data(tmp_path / "bulk", resources("lin-mei")))
        assert "Immunization" in result.lacking
        assert "Observation" not in result.lacking


class TestAPackedFileThatIsCutOff:
    def test_gives_what_can_be_unpacked_and_is_told(self, tmp_path: Path) -> None:
        bulk = write_bulk_data(
            tmp_path / "bulk", [r for r in population(2) if r["resourceType"] == "Patient"]
        )
        labs = [one for one in population(2) if one["resourceType"] != "Patient"]
        packed = gzip.compress(lines_of(labs).encode())
        (bulk / "labs.ndjson.gz").write_bytes(packed[: len(packed) // 2])
        result = screened(tmp_path / "out", bulk)
        assert list(result.broken_off) == ["labs.ndjson.gz"]
        assert result.lines.of_patients > 2
        assert rejected(tmp_path / "out")[-1]["reason"].startswith("what follows could not be read")


class TestALaterDirectory:
    def test_replaces_what_an_earlier_one_says(self, tmp_path: Path) -> None:
        base = write_bulk_data(tmp_path / "base", resources("lin-mei"))
        (born,) = (one for one in resources("lin-mei") if one["resourceType"] == "Patient")
        later = write_bulk_data(tmp_path / "later", [{**born, "birthDate": "1950-01-01"}])
        screened(tmp_path / "out", base, later)
        (row,) = table(tmp_path / "out", "patients")
        assert row["age"] == 76

    def test_takes_away_what_it_says_was_deleted(self, tmp_path: Path) -> None:
        base = write_bulk_data(tmp_path / "base", resources("sofia-reyes"))
        gone = [
            {"request": {"method": "DELETE", "url": f"{one['resourceType']}/{one['id']}"}}
            for one in resources("sofia-reyes")
            if one["resourceType"] == "MedicationAdministration"
        ]
        assert gone
        (tmp_path / "later").mkdir()
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": gone}
        write_lines(tmp_path / "later" / "deleted.ndjson", lines_of([bundle]))
        result = screened(tmp_path / "out", base, tmp_path / "later")
        assert result.lines.deleted == len(gone)
        (row,) = table(tmp_path / "out", "patients")
        assert row["resources"] == len(resources("sofia-reyes")) - len(gone)


class TestAPatientWhoCannotBeScreened:
    def test_is_told_as_failed_and_the_others_are_screened(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from cohort.judging import Judge
        from cohort.rows import Line

        def fails(*_: object) -> None:
            raise ZeroDivisionError("secret of the chart")

        judge = Judge(plan())
        monkeypatch.setattr("cohort.judging.screen", fails)
        lines = [
            Line("f", number, json.dumps(one).encode()) for number, one in enumerate(resources("lin-mei"), 1)
        ]
        rows = judge.judge("Patient/lin-mei", lines)
        assert rows["patients"][0][-1] == "it could not be screened: ZeroDivisionError; please report it"
        assert [row[3] for row in rows["screenings"]] == ["failed", "failed"]


class TestWithoutAnyPatient:
    def test_there_is_nothing_to_screen(self, tmp_path: Path) -> None:
        labs = [one for one in resources("lin-mei") if one["resourceType"] == "Observation"]
        with pytest.raises(NoInputError, match="no Patient"):
            screened(tmp_path / "out", write_bulk_data(tmp_path / "bulk", labs))
