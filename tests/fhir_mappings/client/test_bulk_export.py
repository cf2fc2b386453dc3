"""A bulk export from the kick-off to the deletion.

Source: FHIR Bulk Data Access 2.0, https://hl7.org/fhir/uv/bulkdata/STU2/export.html.
"""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fhir_mappings.client import AddressError, BearerToken, BulkError, News, export_target
from tests.fhir_mappings.client.bulk_server import (
    BulkServer,
    bulk_server,
    contents,
    exported_from,
    ndjson,
    outcome,
)


@pytest.fixture
def server() -> Iterator[BulkServer]:
    with bulk_server() as running:
        yield running


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://ehr.example/fhir", "https://ehr.example/fhir/$export"),
        ("https://ehr.example/fhir/", "https://ehr.example/fhir/$export"),
        ("https://ehr.example/fhir/$export", "https://ehr.example/fhir/$export"),
        ("https://ehr.example/fhir/%24export", "https://ehr.example/fhir/$export"),
        ("https://ehr.example/fhir/Patient", "https://ehr.example/fhir/Patient/$export"),
        ("https://ehr.example/fhir/Patient/$export", "https://ehr.example/fhir/Patient/$export"),
        ("https://ehr.example/fhir/Group/g-1.A", "https://ehr.example/fhir/Group/g-1.A/$export"),
        ("https://ehr.example/fhir/Group/1/$export", "https://ehr.example/fhir/Group/1/$export"),
    ],
)
def test_a_url_tells_of_whom_data_are_asked(url: str, asked: str) -> None:
    assert str(export_target(url)) == asked


@pytest.mark.parametrize(
    "url", ["ehr.example", "https://ehr.example/fhir/$export?_type=Patient", "https://ehr.example/Group/a_b"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(AddressError):
        export_target(url)


def test_the_kick_off_names_format_types_and_since_when(server: BulkServer, tmp_path: Path) -> None:
    since = datetime(2026, 6, 1, tzinfo=UTC)
    exported_from(f"{server.base}/Group/7", tmp_path, wanted={"since": since})
    assert server.heads["kick-off"][0].startswith("GET /fhir/Group/7/$export?")
    assert server.kicked == [
        "_outputFormat=application/fhir%2Bndjson&_type=Condition,Medication,Observation,Patient"
        "&_since=2026-06-01T00:00:00Z"
    ]
    head = server.heads["kick-off"][0].lower()
    assert "prefer: respond-async" in head
    assert "accept: application/fhir+json" in head


def test_all_files_are_there_and_the_servers_copy_is_deleted(server: BulkServer, tmp_path: Path) -> None:
    found = exported_from(server.base, tmp_path)
    assert contents(tmp_path) == {
        "Observation-0001.ndjson": server.files["Observation"],
        "Patient-0001.ndjson": server.files["Patient"],
    }
    assert [(file.type, file.lines) for file in found.files] == [("Patient", 3), ("Observation", 9)]
    assert found.transaction_time == "2026-06-15T00:00:00Z"
    assert found.incomplete_types == {}
    assert server.deleted_jobs == ["1"]
    assert server.asked.count("status") == server.polls + 1


def test_only_the_owner_can_read_what_is_written(server: BulkServer, tmp_path: Path) -> None:
    exported_from(server.base, tmp_path / "export")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "export").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "export").stat().st_mode) == 0o700


def test_an_export_that_is_done_is_not_asked_for_again(server: BulkServer, tmp_path: Path) -> None:
    first = exported_from(server.base, tmp_path)
    asked = len(server.asked)
    assert exported_from(server.base, tmp_path) == first
    assert len(server.asked) == asked


def test_a_directory_of_another_export_is_refused(server: BulkServer, tmp_path: Path) -> None:
    exported_from(server.base, tmp_path)
    with pytest.raises(BulkError, match="holds another export"):
        exported_from(f"{server.base}/Group/7", tmp_path)


def test_several_files_of_one_type_are_numbered(server: BulkServer, tmp_path: Path) -> None:
    server.manifest = {"output": [{"type": "Patient", "url": f"{server.base}/files/Patient"}] * 2}
    found = exported_from(server.base, tmp_path)
    assert [file.path.name for file in found.files] == ["Patient-0001.ndjson", "Patient-0002.ndjson"]


def test_files_of_types_that_nobody_asked_for_are_not_downloaded(server: BulkServer, tmp_path: Path) -> None:
    server.files["ExplanationOfBenefit"] = ndjson("ExplanationOfBenefit", 5)
    found = exported_from(server.base, tmp_path)
    assert found.not_wanted == 1
    assert "ExplanationOfBenefit" not in server.asked


def test_the_pages_of_a_manifest_are_followed(server: BulkServer, tmp_path: Path) -> None:
    further = {
        "transactionTime": "2026-06-15T00:00:00Z",
        "output": [{"type": "Observation", "url": f"{server.base}/files/Observation"}],
    }
    server.faults["page-2"] = [("200 OK", (), json.dumps(further).encode())]
    server.manifest = {
        "output": [{"type": "Patient", "url": f"{server.base}/files/Patient"}],
        "link": [{"relation": "next", "url": f"{server.base}/page-2"}],
    }
    found = exported_from(server.base, tmp_path)
    assert [file.type for file in found.files] == ["Patient", "Observation"]


def test_files_that_are_packed_on_the_way_are_unpacked(server: BulkServer, tmp_path: Path) -> None:
    server.packs = True
    exported_from(server.base, tmp_path)
    assert contents(tmp_path)["Observation-0001.ndjson"] == server.files["Observation"]


def test_what_was_deleted_since_is_kept_apart(server: BulkServer, tmp_path: Path) -> None:
    server.deleted = [json.dumps({"resourceType": "Bundle", "type": "transaction"}).encode() + b"\n"]
    found = exported_from(server.base, tmp_path)
    assert [file.path for file in found.deleted] == [tmp_path / "deleted" / "Bundle-0001.ndjson"]
    assert found.deleted[0].lines == 1
    assert "Bundle" not in {file.type for file in found.files}


def test_an_error_that_names_a_type_makes_that_type_incomplete(server: BulkServer, tmp_path: Path) -> None:
    server.errors = [
        outcome("Observation/7 could not be exported") + b"\n",
        outcome("odd", "warning") + b"\n",
    ]
    found = exported_from(server.base, tmp_path)
    assert set(found.incomplete_types) == {"Observation"}
    assert found.errors == {"Observation/7 could not be exported": 1, "odd": 1}
    assert (tmp_path / "errors.ndjson").read_bytes() == b"".join(server.errors)
    assert list((tmp_path / "errors").iterdir()) == []


def test_an_error_about_a_patient_tells_by_its_types_what_lacks(server: BulkServer, tmp_path: Path) -> None:
    server.errors = [outcome("Condition of Patient/7 could not be read") + b"\n"]
    assert set(exported_from(server.base, tmp_path).incomplete_types) == {"Condition"}


@pytest.mark.parametrize("words", ["a shard was offline", "Patient/7 could not be read"])
def test_an_error_that_names_no_type_may_be_about_any(server: BulkServer, tmp_path: Path, words: str) -> None:
    server.errors = [outcome(words) + b"\n"]
    assert set(exported_from(server.base, tmp_path).incomplete_types) == {
        "Condition",
        "Medication",
        "Observation",
        "Patient",
    }


def test_a_type_that_is_narrowed_by_a_filter_is_a_part(server: BulkServer, tmp_path: Path) -> None:
    narrowed = {"type_filters": ("Observation?category=laboratory",)}
    found = exported_from(server.base, tmp_path, wanted=narrowed)
    assert server.kicked[0].endswith("&_typeFilter=Observation%3Fcategory%3Dlaboratory")
    assert set(found.incomplete_types) == {"Observation"}


def test_a_type_that_the_server_does_not_have_is_told_apart(server: BulkServer, tmp_path: Path) -> None:
    server.has = ("Patient", "Observation", "Condition")
    found = exported_from(server.base, tmp_path)
    assert (found.absent_types, found.incomplete_types) == ({"Medication"}, {})


def test_a_type_that_the_server_refuses_is_left_out_and_told(server: BulkServer, tmp_path: Path) -> None:
    server.refuses = frozenset({"Medication"})
    notes: list[str] = []
    found = exported_from(
        server.base, tmp_path, heard=lambda news: notes.append(news.text) if news.doing == "note" else None
    )
    assert [query.rpartition("_type=")[2] for query in server.kicked] == [
        "Condition,Medication,Observation,Patient",
        "Condition,Observation,Patient",
    ]
    assert dict(found.incomplete_types) == {"Medication": "the server does not export it"}
    assert notes == [
        "the server does not export Medication (400: not exported: Medication); it is asked without"
    ]


def test_a_type_that_the_token_is_not_good_for_is_left_out_and_told(
    server: BulkServer, tmp_path: Path
) -> None:
    server.faults["kick-off"] = [("403 Forbidden", (), outcome("no scope for Medication, Condition"))]
    found = exported_from(server.base, tmp_path)
    assert server.kicked == ["_outputFormat=application/fhir%2Bndjson&_type=Observation,Patient"]
    assert set(found.incomplete_types) == {"Condition", "Medication"}


def test_a_server_that_takes_no_list_of_types_is_asked_for_all(server: BulkServer, tmp_path: Path) -> None:
    server.refuses = frozenset({"Medication"})
    server.says = lambda _: "unsupported parameter"
    found = exported_from(server.base, tmp_path)
    assert "_type" not in server.kicked[-1]
    # It does not say which types it exports, so that nothing can be known of those that did not come.
    assert set(found.incomplete_types) == {"Condition", "Medication"}


def test_a_server_that_does_not_say_which_is_asked_for_what_it_has(
    server: BulkServer, tmp_path: Path
) -> None:
    server.has = ("Patient", "Observation", "Condition")
    server.refuses = frozenset({"Medication"})
    server.says = lambda _: "unsupported type"
    found = exported_from(server.base, tmp_path)
    assert server.kicked[-1].endswith("_type=Condition,Observation,Patient")
    assert (found.absent_types, found.incomplete_types) == ({"Medication"}, {})


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_server_is_not_asked_before_it_says(server: BulkServer, tmp_path: Path, form: str) -> None:
    at = datetime.fromtimestamp(time.time() + 2, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    server.polls, server.retry_after = 1, "1" if form == "seconds" else at
    begun = time.monotonic()
    exported_from(server.base, tmp_path)
    assert time.monotonic() - begun >= 0.9


def test_progress_is_told_in_the_servers_words_without_control_signs(
    server: BulkServer, tmp_path: Path
) -> None:
    server.progress = "40 %\x1b[2J of 3"
    told: list[News] = []
    exported_from(server.base, tmp_path, heard=told.append)
    waiting = [news.text for news in told if news.doing == "waiting"]
    assert waiting == ["40 % [2J of 3"] * server.polls
    last = [news for news in told if news.doing == "downloading"][-1]
    size = sum(len(body) for body in server.files.values())
    assert (last.files_done, last.files, last.bytes) == (2, 2, size)


def test_the_token_goes_to_the_server_alone_and_only_where_files_take_it(
    server: BulkServer, tmp_path: Path
) -> None:
    server.manifest = {"requiresAccessToken": False}
    exported_from(server.base, tmp_path, auth=BearerToken("secret"))
    shows = {
        what: ["authorization: bearer secret" in head.lower() for head in heads]
        for what, heads in server.heads.items()
    }
    assert all(shows["kick-off"] + shows["status"] + shows["delete"])
    assert not any(shows["Patient"])


def test_the_token_is_in_no_file(server: BulkServer, tmp_path: Path) -> None:
    exported_from(server.base, tmp_path, auth=BearerToken("secret-token"))
    assert all(b"secret-token" not in file.read_bytes() for file in tmp_path.iterdir())
