"""What an entry holds of a screening, and what it says has changed."""

from __future__ import annotations

import json

from app.listing.entries import Change, changes, standing_of
from app.listing.identity import identified
from eligibility.findings import Screening
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.listing.entries import UNDETERMINED, entry, standing
from tests.app.service import AS_OF, LUPUS, TRIAL_A, as_body, bundle_of, screening_service


def screened(patient: str = LUPUS) -> Screening:
    (facts,) = read_patients(as_body(bundle_of(patient)))
    report = screening_service().screen_record(PatientRecord(facts), AS_OF, protocol_ids=[TRIAL_A])
    return report.screenings[0]


def test_a_standing_is_the_verdict_with_what_is_missing_by_name() -> None:
    found = standing_of(screened())
    assert found.verdict == "undetermined"
    assert any(lacking.input == "hbv_dna" and lacking.why == "never-measured" for lacking in found.missing)
    assert found.confirm


def test_nothing_has_changed_of_what_was_screened_once() -> None:
    assert changes(entry()) == []


def test_a_verdict_that_turned_comes_first_and_what_came_to_light_after_it() -> None:
    now = standing(verdict="potentially-eligible", missing=())
    assert changes(entry(now=now, before=UNDETERMINED)) == [
        Change("verdict", ("undetermined", "potentially-eligible")),
        Change("no-longer-missing", ("upcr",)),
    ]


def test_a_result_that_ran_out_is_now_missing() -> None:
    before = standing(missing=())
    assert changes(entry(before=before)) == [Change("now-missing", ("upcr",))]


def test_what_fails_and_the_day_on_which_it_clears_are_told() -> None:
    now = standing(verdict="ineligible-for-now", earliest="2026-08-01", in_the_way=("E9",))
    told = changes(entry(now=now, before=UNDETERMINED))
    assert Change("earliest", ("", "2026-08-01")) in told
    assert Change("now-in-the-way", ("E9",)) in told
    back = changes(entry(now=UNDETERMINED, before=now))
    assert Change("earliest-gone", ("2026-08-01",)) in back
    assert Change("no-longer-in-the-way", ("E9",)) in back


def test_another_version_of_the_protocol_is_told() -> None:
    assert changes(entry(before=standing(version="1"))) == [Change("version", ("1", "2"))]


class TestWhom:
    PATIENT = {  # never written to
        "resourceType": "Patient",
        "id": "p1",
        "name": [
            {"use": "maiden", "family": "Old"},
            {"use": "official", "family": "Berg", "given": ["Anna", "Maria"]},
        ],
        "birthDate": "1990-05",
        "identifier": [
            {"value": "insurance-7"},
            {"use": "old", "type": {"coding": [{"code": "MR"}]}, "value": "MRN-0"},
            {"type": {"coding": [{"code": "MR"}]}, "value": "MRN-1"},
        ],
    }

    def whom(self, *resources: object) -> object:
        return identified("p1", "clinic", None, [json.dumps(one).encode() for one in resources])

    def test_the_official_name_the_birth_date_and_the_record_number(self) -> None:
        found = identified("p1", "clinic", None, [json.dumps(self.PATIENT).encode()])
        assert (found.name, found.birth_date, found.identifiers) == ("Anna Maria Berg", "1990-05", ("MRN-1",))

    def test_another_patients_name_is_not_taken(self) -> None:
        found = identified("p2", "clinic", None, [json.dumps(self.PATIENT).encode()])
        assert (found.patient_id, found.name, found.identifiers) == ("p2", None, ())

    def test_one_that_cannot_be_read_leaves_the_id(self) -> None:
        broken = {**self.PATIENT, "name": "Anna"}
        found = identified(
            "p1", "clinic", "https://ehr.test", [json.dumps(broken).encode(), b"[", b'"Patient"']
        )
        assert (found.patient_id, found.name) == ("p1", None)
