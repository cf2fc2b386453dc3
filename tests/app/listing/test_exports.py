"""The list as CSV and as FHIR."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
from fhir.resources.R4B.bundle import Bundle

from app.listing.csv_export import COLUMNS, csv_of
from app.listing.entries import Status
from app.listing.fhir_export import fhir_of
from app.listing.words import ListWords
from app.web.words import page_words
from tests.app.listing.entries import ANNA, AT, entry, standing
from tests.app.service import screening_service

TRIALS = screening_service().protocols


def rows(*entries: Any) -> list[dict[str, str]]:
    words = ListWords(page_words("en"), "en", TRIALS)
    return list(csv.DictReader(io.StringIO(csv_of(entries, words))))


class TestCsv:
    def test_a_line_for_each_entry_with_what_a_coordinator_needs(self) -> None:
        (row,) = rows(entry(before=standing(missing=()), changed=AT, status=Status.CONTACTED, since=AT))
        assert tuple(row) == COLUMNS
        assert (row["name"], row["birth_date"], row["record_numbers"]) == ("Anna Berg", "1990-05-01", "MRN-1")
        assert (row["trial"], row["verdict"], row["status"]) == ("nct07517536", "undetermined", "contacted")
        assert row["missing"] == "urine protein/creatinine ratio: too old (I4)"
        assert row["what_changed"] == "now missing: urine protein/creatinine ratio"

    def test_no_cell_makes_a_spreadsheet_calculate(self) -> None:
        """CWE-1236: a name is what somebody typed."""
        for name in ('=HYPERLINK("http://evil.test")', "+1", "-1", "@SUM(A1)"):
            (row,) = rows(entry(patient=msgspec.structs.replace(ANNA, name=name)))
            assert row["name"] == f"'{name}"

    def test_breaks_and_signs_that_turn_text_are_gone(self) -> None:
        (row,) = rows(entry(patient=msgspec.structs.replace(ANNA, name='An\u202ena\n"Berg", MD')))
        assert row["name"] == 'Anna "Berg", MD'


class TestFhir:
    def exported(self, *entries: Any) -> dict[str, list[dict[str, Any]]]:
        bundle = fhir_of(entries, TRIALS, AT)
        Bundle.model_validate(bundle)
        found: dict[str, list[dict[str, Any]]] = {}
        for item in bundle.get("entry", []):
            found.setdefault(item["resource"]["resourceType"], []).append(item["resource"])
        return found

    def test_each_trial_has_a_study_and_a_list_of_its_subjects(self) -> None:
        found = self.exported(entry(), entry(trial="nct05247203"), entry(key="cd" * 16))
        assert {study["identifier"][0]["value"] for study in found["ResearchStudy"]} == {
            "NCT07517536",
            "NCT05247203",
        }
        assert sorted(len(one["entry"]) for one in found["List"]) == [1, 2]
        ids = {f"urn:uuid:{subject['id']}" for subject in found["ResearchSubject"]}
        assert {item["item"]["reference"] for one in found["List"] for item in one["entry"]} == ids

    def test_a_subject_is_the_patient_of_the_ehr_and_says_how_far_one_has_come(self) -> None:
        for status, told in (
            (Status.TO_CONTACT, "potential-candidate"),
            (Status.CONTACTED, "candidate"),
            (Status.DECLINED, "not-registered"),
            (Status.ENROLLED, "on-study"),
        ):
            (subject,) = self.exported(entry(status=status))["ResearchSubject"]
            assert subject["status"] == told
            assert subject["individual"] == {
                "reference": "https://ehr.test/fhir/Patient/anna",
                "display": "Anna Berg",
            }

    def test_one_who_may_not_join_is_no_candidate_unless_somebody_says_otherwise(self) -> None:
        out = standing(verdict="ineligible")
        (subject,) = self.exported(entry(now=out))["ResearchSubject"]
        assert subject["status"] == "ineligible"

    def test_the_same_entry_has_the_same_id_in_every_export(self) -> None:
        first, second = (self.exported(entry())["ResearchSubject"][0]["id"] for _ in range(2))
        assert first == second

    def test_an_empty_list_is_a_bundle_of_nothing(self) -> None:
        assert self.exported() == {}
