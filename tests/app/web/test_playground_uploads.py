"""A Bundle of one's own in the playground: answered as elsewhere, shown as text, and nothing of it stays."""

from __future__ import annotations

import html
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from app.store.tables import metadata
from tests.app.chart_words import found_in, words_of
from tests.app.service import HOOK, bundle_of, but_for_ids, client
from tests.app.store.serving import rows
from tests.app.web.playing import HERE, brought, http, summaries


class TestOwnBundle:
    def test_it_gets_the_cards_that_the_same_chart_gets_elsewhere(self) -> None:
        assert summaries(brought(bundle_of())) == summaries(http().get("/"))

    def test_its_bare_request_and_response_can_be_saved(self) -> None:
        request = brought(bundle_of(), "/playground/request", prefetch="half")
        assert request.headers["content-disposition"] == 'attachment; filename="request.json"'
        answer = brought(bundle_of(), "/playground/response", prefetch="half")
        fired = http().post(HOOK, content=request.content)
        assert but_for_ids(answer.text) == but_for_ids(fired.text)

    def test_of_several_patients_one_is_chosen(self) -> None:
        both = {"resourceType": "Bundle", "entry": bundle_of()["entry"] + bundle_of("sofia-reyes")["entry"]}
        page = brought(both)
        assert "The Bundle has 2 patients" in page.text
        assert summaries(page) == []
        for patient in ("lin-mei", "sofia-reyes"):
            chosen = brought(both, whose=patient)
            assert summaries(chosen) == summaries(http().get("/", params={"patient": patient}))
            assert f'value="{patient}" checked' in chosen.text
        assert brought(both, "/playground/request").status_code == 400

    @pytest.mark.parametrize(
        ("content", "status", "told"),
        [
            (b"not json", 400, "The file is not JSON"),
            (b'{"resourceType": "Patient", "id": "1"}', 400, "Bring a Bundle"),
            (b'{"resourceType": "Bundle"}', 400, "holds no Patient"),
            (b"[" * 300 + b"]" * 300, 400, "nested more than 128 levels deep"),
            (b"", 400, "Choose a file"),
        ],
    )
    def test_what_cannot_be_used_is_told_on_the_page_itself(
        self, content: bytes, status: int, told: str
    ) -> None:
        page = brought(content, patient="uploaded")
        assert page.status_code == status
        assert told in html.unescape(page.text)
        assert '<form id="try"' in page.text

    def test_a_file_of_more_than_half_of_what_a_body_may_have_is_too_large(self) -> None:
        small = client(store=False, max_body_bytes=100_000)
        page = brought(b"{" + b" " * 60_000, to=small)
        assert page.status_code == 413
        assert "larger than" in page.text

    def test_markup_markdown_and_signs_that_turn_text_are_shown_as_text(self) -> None:
        tricks = (
            "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1)) \u202eevil\u2066 </pre><script>"
        )
        document = bundle_of()
        for entry in document["entry"]:
            if entry["resource"]["resourceType"] in ("Condition", "MedicationRequest"):
                entry["resource"].setdefault("code", {})["text"] = tricks
            if entry["resource"]["resourceType"] == "Patient":
                entry["resource"]["name"] = [{"text": tricks}]
        for page in (brought(document), brought(document, prefetch="half")):
            assert page.status_code == 200
            assert "<img" not in page.text
            assert page.text.count("<script") == 1
            assert "javascript:alert" not in "".join(re.findall(r'href="([^"]*)"', page.text))
            assert "\u202e" not in page.text
            assert "\u2066" not in page.text

    def test_a_page_on_a_large_chart_stays_small_and_says_that_it_shortens(self) -> None:
        document = bundle_of()
        document["entry"] += [
            {"resource": {**entry["resource"], "id": f"more-{n}-{at}"}}
            for n in range(60)
            for at, entry in enumerate(document["entry"])
            if entry["resource"]["resourceType"] == "Observation"
        ]
        page = brought(document)
        assert len(page.content) < 100_000
        assert "shortened here" in page.text
        assert "@request.json" in html.unescape(page.text)

    def test_nothing_of_it_is_stored_or_logged(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        url = f"sqlite:///{tmp_path / 'store.db'}"
        document = bundle_of("sofia-reyes")
        settings = {
            "store": True,
            "database_url": url,
            "data_dir": tmp_path,
            "pages_url": "http://127.0.0.1:8000",
        }
        with client(**settings, log_level="debug") as keeping:
            page = brought(document, to=keeping)
            assert len(summaries(page)) == 2
            assert "/evidence/" not in page.text
            assert "Nothing of this chart is stored" in page.text
            brought(b'{"resourceType": "Bundle", "entry": 1, "x": "secret-words"', to=keeping)
        assert [name for name in metadata.tables if rows(url, name) and "refus" not in name] == []
        logged = "".join(capfd.readouterr())
        lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
        assert len(lines) >= 3
        measured = {"duration_ms", "timestamp", "request_id"}
        text = "\n".join(str({k: v for k, v in line.items() if k not in measured}) for line in lines)
        assert found_in(text, words_of(document) - {"patient-view"}) == []
        assert "chart.json" not in logged
        assert "secret-words" not in logged

    def test_only_whoever_says_so_has_the_chart_kept_for_links_to_the_evidence(self, tmp_path: Path) -> None:
        with client(store=True, data_dir=tmp_path, pages_url="http://127.0.0.1:8000") as keeping:
            page = brought(bundle_of(), to=keeping, evidence="keep")
            link = re.search(r'href="http://127.0.0.1:8000(/evidence/[^"]+)"', page.text)
            assert link is not None
            assert "kept, encrypted, for 60 minutes" in page.text
            assert keeping.get(link[1]).status_code == 200

    def test_a_demonstration_patients_cards_link_to_their_evidence(self, tmp_path: Path) -> None:
        with client(store=True, data_dir=tmp_path, pages_url="http://127.0.0.1:8000") as keeping:
            assert "http://127.0.0.1:8000/evidence/" in keeping.get("/").text


def test_no_file_touches_a_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a temporary file was opened")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refused)
    document = {**bundle_of(), "filling": "x" * 3_000_000}
    assert len(summaries(brought(document))) == 2


def test_a_form_of_endless_fields_is_refused() -> None:
    fields = {f"field-{n}": "x" for n in range(100)}
    answer = brought(bundle_of(), **fields)
    assert answer.status_code == 400
    assert "too many parts" in answer.text
    assert brought(bundle_of(), whose="x" * 200_000).status_code == 400
    assert (
        http().post("/", content=b"--x", headers={**HERE, "Content-Type": "multipart/form-data"}).status_code
        == 400
    )
