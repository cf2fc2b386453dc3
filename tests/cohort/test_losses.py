"""What was lost is never none: whatever could not be read leaves open what it may have told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cohort.grouping import NOBODY, Sorter
from cohort.local import screen_locally
from cohort.sources import Piece
from tests.cohort.populations import Resource, plan, rejected, resources, table, verdicts, write_bulk_data

OTHER = "nct05247203"
"""Its E10 excludes who has had drugs against B cells, which an order of rituximab shows."""
RITUXIMAB: Resource = {
    "resourceType": "MedicationRequest",
    "id": "rtx",
    "status": "active",
    "intent": "order",
    "authoredOn": "2026-05-20",
    "subject": {"reference": "Patient/daniel-okafor"},
    "medicationCodeableConcept": {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "121191"}]
    },
}


def given() -> list[Resource]:
    return [*resources("daniel-okafor"), *resources("lin-mei")]


def lines(found: Iterable[Resource]) -> str:
    return "".join(f"{json.dumps(one)}\n" for one in found)


def screened(tmp_path: Path, files: dict[str, bytes]) -> Path:
    bulk = write_bulk_data(tmp_path / "bulk", given())
    for name, body in files.items():
        (bulk / name).write_bytes(body)
    screen_locally([bulk], tmp_path / "out", plan(protocols=[OTHER]), workers=1)
    return tmp_path / "out"


def outcome(out: Path, patient: str = "daniel-okafor") -> str:
    rows = (row for row in table(out, "findings") if row["criterion"] == "E10")
    found: str = next(row["outcome"] for row in rows if row["patient"] == f"Patient/{patient}")
    return found


class TestOfAnybody:
    """what is lost without a name leaves the question open for everybody."""

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("orders.ndjson.gz", gzip.compress(lines([RITUXIMAB] * 9).encode() * 50)[:150]),
            ("orders.ndjson", lines([RITUXIMAB]).encode("utf-16")),
            (
                "outcome.ndjson",
                b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}',
            ),
            (
                "page.ndjson",
                b'{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":'
                b'"http://x/MedicationRequest?a"},{"relation":"next","url":"http://x/2"}],"entry":[]}',
            ),
        ],
        ids=["a packed file that is cut off", "another encoding", "an error of the export", "a lacking page"],
    )
    def test_leaves_open_what_it_may_have_told(self, name: str, body: bytes, tmp_path: Path) -> None:
        out = screened(tmp_path, {name: body})
        assert outcome(out) == "missing"
        assert outcome(out, "lin-mei") == "missing"
        assert all(row["incomplete"] for row in table(out, "patients"))

    def test_without_a_loss_nothing_is_open(self, tmp_path: Path) -> None:
        warning = b'{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"x"}]}'
        out = screened(tmp_path, {"outcome.ndjson": warning})
        assert outcome(out) == "presumed"
        assert not any(row["incomplete"] for row in table(out, "patients"))


class TestOfThePatientsWhomItNames:
    def test_a_broken_line_leaves_it_open_for_each_of_them(self, tmp_path: Path) -> None:
        text = json.dumps({"recorder": {"reference": "Patient/lin-mei"}, **RITUXIMAB})[:-30]
        out = screened(tmp_path, {"broken.ndjson": text.encode()})
        assert outcome(out) == outcome(out, "lin-mei") == "missing"
        (row,) = rejected(out)
        assert row["patient"] == "Patient/lin-mei"

    def test_what_follows_on_the_same_line_is_read(self, tmp_path: Path) -> None:
        two = json.dumps(given()[0] | {"id": "somebody"}) + " " + json.dumps(RITUXIMAB)
        assert outcome(screened(tmp_path, {"two.ndjson": two.encode()})) == "fail"

    @pytest.mark.parametrize("end", ["\r", "\r\n", "\n\n", ""], ids=["CR", "CRLF", "blank lines", "none"])
    def test_line_ends_do_not_matter(self, end: str, tmp_path: Path) -> None:
        text = end.join(json.dumps(one) for one in (resources("amara-diallo")[0], RITUXIMAB))
        assert outcome(screened(tmp_path, {"orders.ndjson": text.encode()})) == "fail"

    def test_a_json_file_that_begins_with_a_blank_line_is_read_by_lines(self, tmp_path: Path) -> None:
        text = "\n" + lines([resources("amara-diallo")[0], RITUXIMAB])
        assert outcome(screened(tmp_path, {"orders.json": text.encode()})) == "fail"


class TestABundle:
    def test_of_one_patient_gives_the_others_what_is_theirs(self, tmp_path: Path) -> None:
        entries = [{"resource": resources("amara-diallo")[0]}, {"resource": RITUXIMAB}]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        assert outcome(screened(tmp_path, {"bundle.ndjson": lines([bundle]).encode()})) == "fail"

    def test_of_one_patient_may_refer_by_uuid_and_name_nobody(self, tmp_path: Path) -> None:
        patient, *others = resources("daniel-okafor")
        urn = "urn:uuid:7c4d1c1e-5a07-4c55-9f39-0c5a5b2d9f10"
        drug = {"resourceType": "Medication", "code": RITUXIMAB["medicationCodeableConcept"]}
        order = {key: value for key, value in RITUXIMAB.items() if key != "medicationCodeableConcept"}
        order |= {"subject": {"reference": urn}, "medicationReference": {"reference": f"{urn}1"}}
        entries = [
            {"fullUrl": urn, "resource": patient},
            {"fullUrl": f"{urn}1", "resource": drug},
            {"fullUrl": f"{urn}2", "resource": {key: order[key] for key in order if key != "id"}},
            *({"resource": one} for one in others),
        ]
        (tmp_path / "bulk").mkdir()
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        (tmp_path / "bulk" / "chart.json").write_text(json.dumps(bundle, indent=1))
        screen_locally([tmp_path / "bulk"], tmp_path / "out", plan(protocols=[OTHER]), workers=1)
        assert outcome(tmp_path / "out") == "fail"
        assert rejected(tmp_path / "out") == []

    def test_beside_lines_of_the_same_patient_is_one_patient(self, tmp_path: Path) -> None:
        entries = [{"resource": one} for one in resources("daniel-okafor")]
        bundle = json.dumps({"resourceType": "Bundle", "entry": entries}, indent=1)
        out = screened(
            tmp_path, {"chart.json": bundle.encode(), "orders.ndjson": lines([RITUXIMAB]).encode()}
        )
        assert sorted(row["patient"] for row in table(out, "patients")) == [
            "Patient/daniel-okafor",
            "Patient/lin-mei",
        ]
        assert outcome(out) == "fail"

    def test_that_says_something_twice_leaves_it_open(self, tmp_path: Path) -> None:
        doubled = json.dumps(RITUXIMAB)[:-1] + ', "status": "entered-in-error"}'
        bundle = f'{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{doubled}}}]}}'
        out = screened(tmp_path, {"bundle.ndjson": bundle.encode()})
        assert outcome(out) == "missing"
        assert len(rejected(out)) == 1


class TestAMergedRecord:
    def test_whose_patient_was_deleted_later_belongs_to_who_replaced_it(self, tmp_path: Path) -> None:
        old = [*resources("daniel-okafor"), RITUXIMAB]
        base = write_bulk_data(tmp_path / "base", old)
        heir = resources("lin-mei")[0]
        heir["link"] = [{"type": "replaces", "other": {"reference": "Patient/daniel-okafor"}}]
        later = write_bulk_data(tmp_path / "later", [heir, *resources("lin-mei")[1:]])
        gone = {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                {"request": {"method": "DELETE", "url": 5}},
                {"request": {"method": "DELETE", "url": "Patient/daniel-okafor"}},
            ],
        }
        (later / "deleted.ndjson").write_text(lines([gone]))
        screen_locally([base, later], tmp_path / "out", plan(protocols=[OTHER]), workers=1)
        assert [row["patient"] for row in table(tmp_path / "out", "patients")] == ["Patient/lin-mei"]
        assert outcome(tmp_path / "out", "lin-mei") == "fail"
        assert "Patient/daniel-okafor" not in str(verdicts(tmp_path / "out", "daniel-okafor"))


def sorted_line(line: str) -> Sorter:
    sorter = Sorter(0, Piece(0, 0, 0, 0), 1)
    sorter.sort(1, line.encode())
    sorter.close()
    return sorter


class TestAnIdOfAnotherAlphabet:
    def test_is_told_whole(self) -> None:
        broken = '{"resourceType":"Condition","subject":{"reference":"Patient/syn_1_7"},"co'
        (record,) = sorted_line(broken).frames["0"]
        assert getattr(record, "key", None) == "Patient/syn_1_7"

    def test_that_is_cut_off_names_nobody(self) -> None:
        frames = sorted_line('{"resourceType":"Condition","subject":{"reference":"Patient/12').frames
        assert list(frames) == [NOBODY]


def test_facts_of_nothing_lost_tell_no_page() -> None:
    facts: Any = sorted_line(json.dumps(RITUXIMAB)).facts
    assert facts.pages == []
