"""What the documents show is what the product does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient
from typer.main import get_command

from app.cli import cli, main
from app.clients.profile import ClientProfile
from app.clients.registry import check_clients
from app.server import create_app
from app.server_access import ServerAccess
from app.settings import Settings
from eligibility import findings, reported

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(Settings(open=True)))


def block(document: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", (DOCS / document).read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_report_in_the_documents_is_the_one_that_the_call_above_it_returns(client: TestClient) -> None:
    call = block("http-api.md", "console")
    assert "demo/patients/lin-mei?asOf=2026-06-15" in call
    assert "screenings?asOf=2026-06-15" in call
    chart = client.get("/demo/patients/lin-mei", params={"asOf": "2026-06-15"}).content
    report = client.post("/screenings", params={"asOf": "2026-06-15"}, content=chart).json()

    # The document shows one criterion and leaves out what is a chapter of its own.
    for longer in ("workList", "contradictions"):
        report.pop(longer)
    shown = json.loads(block("http-api.md", "json"))
    [shown_screening] = shown.pop("screenings")
    [shown_finding] = shown_screening.pop("findings")
    screening = next(s for s in report.pop("screenings") if s["protocol"] == shown_screening["protocol"])
    finding = next(f for f in screening.pop("findings") if f["criterion"] == shown_finding["criterion"])
    for longer in ("gate", "changes"):
        screening.pop(longer)
    assert (shown, shown_screening, shown_finding) == (report, screening, finding)


def test_every_route_that_the_documents_name_exists(client: TestClient) -> None:
    table = re.findall(r"`(GET|POST) ([^`?]+)`", (DOCS / "http-api.md").read_text("utf-8"))
    values = {"{id}": "nct07517536", "{patient}": "lin-mei"}
    assert len(table) >= 9
    for method, path in table:
        for name, value in values.items():
            path = path.replace(name, value)
        answer = client.request(method, path)
        # A POST without a body is refused for its body, not for its address.
        assert answer.status_code == (200 if method == "GET" else 400), (method, path, answer.text)


def test_the_table_of_settings_is_complete_and_its_defaults_are_true() -> None:
    rows = re.findall(
        r"^\| `TRIALCARDS_(\w+)` \| (\S+) \|", (DOCS / "settings.md").read_text("utf-8"), re.MULTILINE
    )
    documented = {name.lower(): default.strip("`") for name, default in rows}
    defaults: dict[str, Any] = {
        name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()
    }
    assert documented == {name: as_shown(value) for name, value in defaults.items()}


def test_what_the_command_line_reads_from_the_environment_is_told() -> None:
    rows = re.findall(
        r"^\| `TRIALCARDS_(\w+)` \|", (DOCS / "backend-services.md").read_text("utf-8"), re.MULTILINE
    )
    assert {name.lower() for name in rows} == set(ServerAccess.model_fields)


def as_shown(default: Any) -> str:
    match default:
        case None | ():
            return "–"
        case bool():
            return str(default).lower()
        case float():
            return f"{default:g}"
        case _:
            return str(default)


def all_commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The names by which each command is called, from the root on."""
    yield path
    for name, one in getattr(command, "commands", {}).items():
        yield from all_commands(one, (*path, name))


def test_every_option_that_the_documents_name_exists(capsys: pytest.CaptureFixture[str]) -> None:
    named = set(re.findall(r"`(--[a-z0-9-]+)", (DOCS / "cli.md").read_text("utf-8")))
    for command in all_commands(get_command(cli)):
        main([*command, "--help"])
    helped = set(re.findall(r"--[a-z0-9-]+", capsys.readouterr().out))
    assert named <= helped


def test_the_call_in_the_readme_returns_what_the_readme_says(client: TestClient) -> None:
    readme = (DOCS.parent / "README.md").read_text("utf-8")
    shown = re.search(r"json\.load\(sys\.stdin\).*?\n(.*?)```", readme, re.DOTALL)
    assert shown
    request = client.get("/demo/requests/lin-mei").content
    cards = client.post("/cds-services/lupus-trials", content=request).json()["cards"]
    assert shown[1] == "".join(f"{card['summary']}\n" for card in cards)


def test_no_page_of_the_service_loads_anything_from_another_host(client: TestClient) -> None:
    for path in ("/", "/docs", "/redoc"):
        assert not re.search(r'(?:src|<link[^>]* href)="https?://', client.get(path).text)


def test_every_field_of_a_report_is_told_in_the_documents() -> None:
    told = (DOCS / "http-api.md").read_text("utf-8")
    structs = [
        kind
        for module in (findings, reported)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
    ]
    assert len(structs) > 10
    missing = [
        f"{kind.__name__}.{name}"
        for kind in structs
        for name in kind.__struct_encode_fields__
        if not re.search(rf"\b{name}\b", told)
    ]
    assert missing == []


def test_the_files_of_clients_in_the_documents_can_be_used(tmp_path: Path) -> None:
    found = re.findall(
        r"```yaml\n((?:clients|open):.*?)```", (DOCS / "clients.md").read_text("utf-8"), re.DOTALL
    )
    names = []
    for text in found:
        path = tmp_path / "clients.yaml"
        path.write_text(text, "utf-8")
        names.append([profile.id for profile in check_clients(path)])
    assert names == [["general-hospital", "riverside", "own-ehr", "sandbox"], []]


def test_every_element_of_a_client_is_in_the_table_of_the_documents() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| [^|]* \| [^|]* \|$", (DOCS / "clients.md").read_text("utf-8"), re.MULTILINE
    )
    assert set(ClientProfile.model_fields) <= set(rows)
