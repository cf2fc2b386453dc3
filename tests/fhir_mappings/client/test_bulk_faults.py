"""What servers do wrong in a bulk export: what passes is waited for, what does not is told in one line.

Source: FHIR Bulk Data Access 2.0, https://hl7.org/fhir/uv/bulkdata/STU2/export.html, and RFC 9110.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
import respx

from fhir_mappings.client import BearerToken, BulkError
from fhir_mappings.client.bulk_state import Kept
from tests.fhir_mappings.client.bulk_server import (
    QUICK,
    BulkServer,
    Fault,
    bulk_server,
    contents,
    exported_from,
    ndjson,
    outcome,
)

BUSY: Fault = ("503 Service Unavailable", ("retry-after: 0",), b"")
TOO_MANY: Fault = ("429 Too Many Requests", ("retry-after: 0",), b"")
PAGE: Fault = ("200 OK", ("content-type: text/html",), b"<html>sign in</html>")


@pytest.fixture
def server() -> Iterator[BulkServer]:
    with bulk_server() as running:
        yield running


def failing(server: BulkServer, directory: Path, **how: object) -> str:
    """The message of an export that does not come about: one line."""
    with pytest.raises(BulkError) as caught:
        exported_from(server.base, directory, **how)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("fault", [BUSY, TOO_MANY, ("502 Bad Gateway", (), b"<html>")])
@pytest.mark.parametrize("at", ["kick-off", "status", "Patient"])
def test_what_passes_is_waited_for(server: BulkServer, tmp_path: Path, at: str, fault: Fault) -> None:
    server.faults[at] = [fault, fault]
    exported_from(server.base, tmp_path)
    assert contents(tmp_path)["Patient-0001.ndjson"] == server.files["Patient"]


def test_retry_after_is_kept_to_for_a_file(server: BulkServer, tmp_path: Path) -> None:
    server.faults["Patient"] = [("429 Too Many Requests", ("retry-after: 1",), b"")]
    begun = time.monotonic()
    exported_from(server.base, tmp_path)
    assert time.monotonic() - begun >= 1


def test_what_does_not_pass_ends_the_run_and_the_same_command_goes_on(
    server: BulkServer, tmp_path: Path
) -> None:
    server.faults["Patient"] = [BUSY] * QUICK.attempts
    assert failing(server, tmp_path).startswith("Patient-0001.ndjson: the server answered 503, 4 times")
    exported_from(server.base, tmp_path)
    assert server.jobs == 1
    assert contents(tmp_path)["Patient-0001.ndjson"] == server.files["Patient"]


def test_an_endless_export_is_given_up_in_time_and_found_again(server: BulkServer, tmp_path: Path) -> None:
    server.polls = 10**9
    begun = time.monotonic()
    assert "not over within 1 s" in failing(server, tmp_path, seconds=1.0)
    assert time.monotonic() - begun < 3
    server.polls = 0
    exported_from(server.base, tmp_path)
    assert server.jobs == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("401 Unauthorized", "does not let these credentials export (401"),
        ("403 Forbidden", "does not let these credentials export (403: no scope for Patient)"),
        ("404 Not Found", "the server has no $export, or does not export it (404"),
        ("400 Bad Request", "does not begin the export (400: no scope for Patient)"),
        ("500 Internal Server Error", "does not begin the export (500: no scope for Patient)"),
    ],
)
def test_a_refused_kick_off_is_told_in_the_servers_words(
    server: BulkServer, tmp_path: Path, status: str, told: str
) -> None:
    server.faults["kick-off"] = [(status, (), outcome("no scope\r\nfor\tPatient"))] * 20
    assert told in failing(server, tmp_path)


def test_an_export_that_failed_is_told_and_asked_for_anew(server: BulkServer, tmp_path: Path) -> None:
    server.faults["status"] = [("500 Internal Server Error", (), outcome("out of disk", code="exception"))]
    assert "the server's export failed (500: out of disk)" in failing(server, tmp_path)
    exported_from(server.base, tmp_path)
    assert server.jobs == 2


def test_a_fault_that_the_server_calls_transient_is_none(server: BulkServer, tmp_path: Path) -> None:
    server.faults["status"] = [("500 Internal Server Error", (), outcome("restarting", code="transient"))] * 2
    exported_from(server.base, tmp_path)
    assert server.jobs == 1


def test_an_accepted_export_without_address_is_told(server: BulkServer, tmp_path: Path) -> None:
    server.faults["kick-off"] = [("202 Accepted", (), b"")]
    assert "Content-Location" in failing(server, tmp_path)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"output": 7}', b""])
def test_a_manifest_that_is_none_is_told(server: BulkServer, tmp_path: Path, body: bytes) -> None:
    server.polls, server.faults["status"] = 0, [("200 OK", (), body)]
    assert "no manifest of FHIR Bulk Data" in failing(server, tmp_path)


def test_pages_of_a_manifest_that_lead_back_are_told(server: BulkServer, tmp_path: Path) -> None:
    server.manifest = {"link": [{"relation": "next", "url": f"{server.base}/status/1"}]}
    assert "lead nowhere" in failing(server, tmp_path)


@pytest.mark.parametrize("fault", [PAGE, ("200 OK", ("content-type: text/plain",), b"Internal error")])
def test_a_page_in_place_of_a_file_is_not_taken_for_data(
    server: BulkServer, tmp_path: Path, fault: Fault
) -> None:
    server.faults["Patient"] = [fault]
    exported_from(server.base, tmp_path)
    assert contents(tmp_path)["Patient-0001.ndjson"] == server.files["Patient"]
    server.faults["Patient"] = [fault] * QUICK.attempts
    assert "Patient-0001.ndjson: the server sent" in failing(server, tmp_path / "other")


def test_a_file_that_breaks_off_is_gone_on_with(server: BulkServer, tmp_path: Path) -> None:
    server.files["Observation"] = ndjson("Observation", 2_000, padding=200)
    server.cut, server.cuts = {"Observation": 200_000}, 3
    exported_from(server.base, tmp_path)
    assert contents(tmp_path)["Observation-0001.ndjson"] == server.files["Observation"]
    # Nothing but the bytes that are compared is sent twice.
    assert server.sent["Observation"] <= len(server.files["Observation"]) + 3 * 4096


@pytest.mark.parametrize("packs", [False, True])
def test_where_parts_cannot_be_had_it_is_fetched_anew(
    server: BulkServer, tmp_path: Path, packs: bool
) -> None:
    server.files["Observation"] = ndjson("Observation", 2_000, padding=200)
    server.ranges, server.packs = False, packs
    server.cut, server.cuts = {"Observation": 10_000}, 2
    exported_from(server.base, tmp_path)
    assert contents(tmp_path)["Observation-0001.ndjson"] == server.files["Observation"]


def test_a_file_that_is_another_by_now_is_fetched_anew(server: BulkServer, tmp_path: Path) -> None:
    server.files["Observation"] = ndjson("Observation", 500, padding=200)
    server.cut, server.cuts = {"Observation": 50_000}, 1
    failing(server, tmp_path, patience=msgspec.structs.replace(QUICK, attempts=1))
    server.files["Observation"] = ndjson("Observation", 500, padding=199)
    server.cut = {}
    exported_from(server.base, tmp_path)
    assert contents(tmp_path)["Observation-0001.ndjson"] == server.files["Observation"]


def test_a_file_with_fewer_resources_than_announced_makes_its_type_incomplete(
    server: BulkServer, tmp_path: Path
) -> None:
    server.count = {"Observation": 10}
    found = exported_from(server.base, tmp_path)
    assert dict(found.incomplete_types) == {
        "Observation": "Observation-0001.ndjson: it has 9 resources in place of 10"
    }
    assert server.asked.count("Observation") == 2


def test_a_last_line_that_is_cut_off_makes_its_type_incomplete(server: BulkServer, tmp_path: Path) -> None:
    server.counts = False
    server.files["Observation"] = ndjson("Observation", 9)[:-20]
    found = exported_from(server.base, tmp_path)
    assert set(found.incomplete_types) == {"Observation"}


def test_a_file_that_is_stored_packed_is_unpacked(server: BulkServer, tmp_path: Path) -> None:
    server.counts = False
    rows = ndjson("Observation", 2_000, padding=200)
    server.files["Observation"] = gzip.compress(rows[: len(rows) // 2]) + gzip.compress(
        rows[len(rows) // 2 :]
    )
    server.cut, server.cuts = {"Observation": 2_000}, 1
    exported_from(server.base, tmp_path)
    assert contents(tmp_path)["Observation-0001.ndjson"] == rows


@pytest.mark.parametrize("gone", ["404 Not Found", "410 Gone"])
def test_an_export_that_the_server_forgot_is_asked_for_anew(
    server: BulkServer, tmp_path: Path, gone: str
) -> None:
    server.faults["status"] = [(gone, (), b"")]
    notes: list[str] = []
    exported_from(
        server.base, tmp_path, heard=lambda news: notes.append(news.text) if news.doing == "note" else None
    )
    assert server.jobs == 2
    assert notes == [f"the server does not have the export any longer ({gone[:3]}); it is asked for anew"]


def test_what_lies_about_from_another_export_is_not_taken_for_this_one(
    server: BulkServer, tmp_path: Path
) -> None:
    exported_from(server.base, tmp_path)
    (tmp_path / "export.json").unlink()
    server.files["Patient"] = ndjson("Patient", 4)
    exported_from(server.base, tmp_path)
    assert contents(tmp_path)["Patient-0001.ndjson"] == server.files["Patient"]


def test_many_files_are_not_written_down_one_by_one(
    server: BulkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A list of 10,000 that is written for each of them is as long as one of a hundred millions.
    entry = {"type": "Patient", "url": f"{server.base}/files/Patient", "count": 3}
    server.manifest = {"output": [entry] * 300}
    saved: list[Kept] = []
    save = Kept.save
    monkeypatch.setattr(Kept, "save", lambda kept: (saved.append(kept), save(kept))[1])
    begun = time.monotonic()
    assert len(exported_from(server.base, tmp_path).files) == 300
    assert len(saved) < 10 + time.monotonic() - begun


def test_files_that_are_gone_make_the_whole_export_anew(server: BulkServer, tmp_path: Path) -> None:
    # What is there of the earlier export is of another instant, and must not be mixed with the later one.
    server.faults["Observation"] = [("404 Not Found", (), b"")]
    exported_from(server.base, tmp_path)
    assert server.jobs == 2
    assert server.asked.count("Patient") == 2
    assert set(contents(tmp_path)) == {"Observation-0001.ndjson", "Patient-0001.ndjson"}


def test_a_server_that_forgets_every_time_is_not_asked_for_ever(server: BulkServer, tmp_path: Path) -> None:
    server.faults["status"] = [("404 Not Found", (), b"")] * 10
    assert "several times" in failing(server, tmp_path)
    assert server.jobs == 3


def test_signed_addresses_that_have_expired_are_asked_for_again(server: BulkServer, tmp_path: Path) -> None:
    def listed(signature: str) -> bytes:
        entry = {"type": "Patient", "url": f"{server.base}/files/Patient?signature={signature}", "count": 3}
        return json.dumps({"transactionTime": "2026-06-15T00:00:00Z", "output": [entry]}).encode()

    server.polls = 0
    server.faults["status"] = [("200 OK", (), listed("old")), ("200 OK", (), listed("new"))]
    server.faults["Patient"] = [("403 Forbidden", (), b"expired")]
    exported_from(server.base, tmp_path)
    assert [head.split(" ")[1][-3:] for head in server.heads["Patient"]] == ["old", "new"]
    assert b"signature" not in (tmp_path / "export.json").read_bytes()


def test_another_host_is_asked_for_files_only_where_it_is_listed(server: BulkServer, tmp_path: Path) -> None:
    server.manifest = {"output": [{"type": "Patient", "url": "https://files.example/Patient?signed=1"}]}
    assert "say --bulk-host files.example" in failing(server, tmp_path)
    with respx.mock(assert_all_called=True) as router:
        router.route(host="127.0.0.1").pass_through()
        file = router.get("https://files.example/Patient").mock(
            httpx.Response(200, content=server.files["Patient"])
        )
        exported_from(server.base, tmp_path, auth=BearerToken("secret"), hosts=["files.example"])
    assert "authorization" not in file.calls.last.request.headers
    assert contents(tmp_path)["Patient-0001.ndjson"] == server.files["Patient"]


def test_a_listed_host_is_not_called_at_private_addresses(server: BulkServer, tmp_path: Path) -> None:
    server.manifest = {"output": [{"type": "Patient", "url": "https://localhost:9/Patient"}]}
    message = failing(server, tmp_path, hosts=["localhost:9"])
    assert "stands for an address that is not called" in message


def test_no_file_is_fetched_elsewhere_without_tls(server: BulkServer, tmp_path: Path) -> None:
    server.manifest = {"output": [{"type": "Patient", "url": "http://files.example/Patient"}]}
    assert "without TLS" in failing(server, tmp_path, hosts=["files.example:80", "files.example"])


def test_a_name_of_a_file_in_the_manifest_cannot_leave_the_directory(
    server: BulkServer, tmp_path: Path
) -> None:
    entry = {"type": "../Patient", "url": f"{server.base}/files/Patient"}
    server.manifest = {"output": [entry], "error": [entry]}
    exported_from(server.base, tmp_path / "in")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_deletion_that_is_refused_does_not_matter(server: BulkServer, tmp_path: Path) -> None:
    server.faults["delete"] = [("405 Method Not Allowed", (), b"")]
    assert len(exported_from(server.base, tmp_path).files) == 2
