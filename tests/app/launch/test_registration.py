"""How a client says that it launches the pages (docs/smart-launch.md), and what its cards then hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from app.clients.profile import ClientProfile
from app.clients.registry import Clients, ClientsError, check_clients, read_clients
from app.server import create_app
from app.settings import Settings
from tests.app.launch.launching import PAGES, settings_of
from tests.app.service import AS_OF, cards_of, request_of, screening_of, screening_service


class TestProfile:
    """What the operator writes."""

    BASE = "https://ehr.example/fhir"

    def profile(self, **smart: Any) -> ClientProfile:
        return ClientProfile(id="a", fhir_servers=(self.BASE,), smart={"client_id": "x", **smart})

    def test_without_a_fhir_server_no_launch_could_be_taken(self) -> None:
        with pytest.raises(ValidationError, match="needs 'fhir_servers'"):
            ClientProfile(id="a", smart={"client_id": "x"})

    def test_a_card_leads_to_one_app(self) -> None:
        with pytest.raises(ValidationError, match="exclude each other"):
            ClientProfile(
                id="a",
                fhir_servers=(self.BASE,),
                smart={"client_id": "x"},
                smart_app_url="https://app.example",
            )

    @pytest.mark.parametrize(
        ("origin", "why"),
        [
            ("http://login.example", "must be https"),
            ("https://login.example/oauth2", "no origin"),
            ("login.example", "no absolute URL"),
            ("https://me@login.example", "user name"),
        ],
    )
    def test_authorization_servers_are_origins(self, origin: str, why: str) -> None:
        with pytest.raises(ValidationError, match=why):
            self.profile(authorization_servers=[origin])

    @pytest.mark.parametrize("content", [b"", b"two\nlines", "geheim\u00e4".encode(), b"x" * 1001])
    def test_a_file_that_holds_no_secret_is_refused_without_repeating_it(
        self, tmp_path: Path, content: bytes
    ) -> None:
        (tmp_path / "secret").write_bytes(content)
        with pytest.raises(ValidationError, match="it holds no secret") as refused:
            self.profile(client_secret_file=tmp_path / "secret")
        assert not content or content.decode() not in str(refused.value)

    def test_a_key_that_cannot_be_used_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("{}", "utf-8")
        with pytest.raises(ValidationError, match=r"'private_key_file'.*it holds no private key"):
            self.profile(private_key_file=tmp_path / "key")

    def test_secret_and_key_exclude_each_other(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("s", "utf-8")
        with pytest.raises(ValidationError, match="exclude each other"):
            self.profile(client_secret_file=tmp_path / "secret", private_key_file=tmp_path / "secret")

    def test_two_clients_cannot_launch_from_one_server(self, tmp_path: Path) -> None:
        entry = f"jwks_url: https://x.example/jwks, fhir_servers: ['{self.BASE}'], smart: {{client_id: x}}"
        file = tmp_path / "clients.yaml"
        file.write_text(
            f"clients:\n  - {{id: a, issuer: https://a.example, {entry}}}\n"
            f"  - {{id: b, issuer: https://b.example, {entry}}}\n",
            "utf-8",
        )
        with pytest.raises(ClientsError, match=r"3: client 'b', smart: 'a' has 'smart' for the same"):
            check_clients(file)

    @pytest.mark.parametrize("lacking", [{"pages_url": None}, {"store": False}])
    def test_it_needs_the_address_of_the_pages_and_the_store(
        self, tmp_path: Path, lacking: dict[str, Any]
    ) -> None:
        file = tmp_path / "clients.yaml"
        file.write_text(f"open: {{fhir_servers: ['{self.BASE}'], smart: {{client_id: x}}}}\n", "utf-8")
        known = {"open": True, "clients": file, "pages_url": "https://cds.example", "store": True}
        told = read_clients(Settings(**known)).open_mode
        assert told is not None
        assert told.smart_app_url == "https://cds.example/launch"
        with pytest.raises(ClientsError, match="TRIALCARDS_PAGES_URL"):
            read_clients(Settings(**{**known, **lacking}))


def links_of(folder: Path, smart: bool) -> dict[str, list[dict[str, Any]]]:
    """The links of each trial's card, for a client that launches the pages or one that does not."""
    file = folder / "clients.yaml"
    file.write_text(
        "open:\n  fhir_servers: [https://ehr.example/fhir]\n" + "  smart: {client_id: x}\n" * smart, "utf-8"
    )
    settings = settings_of(folder, clients=file, open=True)
    application = create_app(
        settings, service=screening_service(), clients=read_clients(settings), today=lambda: AS_OF
    )
    with TestClient(application) as http:
        return {screening_of(card)["protocol"]: card["links"] for card in cards_of(request_of(), http)}


def test_a_card_leads_to_the_launch_and_names_its_trial_and_nothing_of_the_patient(tmp_path: Path) -> None:
    for trial, links in links_of(tmp_path, smart=True).items():
        (link,) = [link for link in links if link["type"] == "smart"]
        assert link["url"] == f"{PAGES}/launch"
        assert json.loads(link["appContext"]).keys() == {"protocol", "version"}
        assert json.loads(link["appContext"])["protocol"] == trial


def test_a_card_that_leads_to_the_launch_has_no_link_that_opens_the_chart_to_whoever_has_it(
    tmp_path: Path,
) -> None:
    def signed(smart: bool) -> list[str]:
        links = [link for several in links_of(tmp_path, smart).values() for link in several]
        return [link["url"] for link in links if "/evidence/" in link["url"]]

    assert signed(smart=False)
    assert not signed(smart=True)


def test_where_nobody_launches_there_is_no_such_address(tmp_path: Path) -> None:
    profile = ClientProfile(id="a", fhir_servers=("https://ehr.example/fhir",))
    application = create_app(
        settings_of(tmp_path), service=screening_service(), clients=Clients((profile,)), today=lambda: AS_OF
    )
    with TestClient(application) as http:
        for path in ("/launch", "/launch/callback", "/launch/failed/state"):
            assert http.get(path).status_code == 404
