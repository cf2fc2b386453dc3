"""The file of clients: what it says, what its presets add, and how its faults are told."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.clients.profile import ClientProfile
from app.clients.registry import ClientsError, read_clients
from app.settings import Settings
from tests.cds_hooks.signing import EC, public_jwk, rsa_jwk

ISSUER = "https://ehr.example"
KEYS = "https://ehr.example/jwks.json"


def written(folder: Path, text: str) -> Path:
    path = folder / "clients.yaml"
    path.write_text(text, "utf-8")
    return path


def settings_of(folder: Path, text: str, **more: Any) -> Settings:
    return Settings(clients=written(folder, text), base_url="https://cds.example", **more)


def faults_of(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(ClientsError) as told:
        read_clients(Settings(clients=path))
    return [line.replace(str(path), "FILE") for line in str(told.value).splitlines()]


class TestAProfile:
    def test_that_says_nothing_is_a_client_as_the_specification_has_it(self) -> None:
        profile = ClientProfile(id="x")
        assert profile.algorithms == ("ES384", "RS384")
        assert (profile.suggestions, profile.override_reasons, profile.order_hooks) == (True, True, True)
        assert profile.served_triggers == ()

    def test_that_names_no_server_lets_none_be_called(self) -> None:
        assert ClientProfile(id="x").fhir_servers == ()
        assert not ClientProfile(id="x").allow_private_addresses

    def test_of_epic_takes_any_one_action_and_the_trigger_open_chart(self) -> None:
        profile = ClientProfile(id="x", preset="epic")
        assert profile.selection_behavior == "any"
        assert profile.one_action_per_suggestion
        assert profile.served_triggers == ("60",)
        assert profile.trigger_extension == "com.epic.cdshooks.request.bpa-trigger-action"

    def test_of_oracle_health_fires_patient_view_alone(self) -> None:
        assert not ClientProfile(id="x", preset="oracle-health").order_hooks

    def test_of_a_product_that_keeps_to_us_core_has_a_category_for_each_observation(self) -> None:
        """US Core: each of its profiles of Observation demands ``category``; R4 leaves it optional."""
        presets = ("standard", "sandbox", "epic", "oracle-health")
        found = [ClientProfile(id="x", preset=preset).observations_by_category for preset in presets]
        assert found == [False, False, True, True]

    def test_overrides_its_preset(self) -> None:
        profile = ClientProfile(id="x", preset="epic", served_triggers=("60", "26"))
        assert profile.served_triggers == ("60", "26")
        assert profile.one_action_per_suggestion

    @pytest.mark.parametrize(
        ("element", "value", "words"),
        [
            ("id", "General Hospital", "pattern"),
            ("preset", "meditech", "standard"),
            ("algorithms", ["HS256"], "ES384"),
            ("algorithms", ["none"], "ES384"),
            ("algorithms", [], "at least 1"),
            ("jwks_url", "http://ehr.example/jwks.json", "https"),
            ("jwks_url", "file:///etc/passwd", "https"),
            ("jwks_url", "https://u:p@ehr.example/jwks.json", "without user"),
            ("fhir_servers", ["ehr.example/fhir"], "absolute URL"),
            ("jwks", {"keys": []}, "no key that could be used"),
            ("jwks", {"keys": [{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}]}, "key 1: it is a private key"),
            ("jwks", {"keys": [{"kty": "EC", "crv": "P-256", "kid": "a"}]}, "nor one of the curve P-384"),
            ("jwks", {"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}]}, "key 1: 'kid' is required"),
            ("jwks", {"keys": [public_jwk(EC), rsa_jwk(e=1)]}, "key 2: its numbers are not those of a key"),
            ("jwks", {"keys": [public_jwk(EC), public_jwk("rsa-weak")]}, "key 2: it has fewer than 2048"),
            ("jwks", [], "valid"),
            ("fhir_servers", ["https://ehr.example/fhir?x=1"], "no query"),
            ("fhir_servers", ["https://user:word@ehr.example/fhir"], "user name"),
            ("fhir_servers", ["https://ehr.example./fhir"], "no name"),
            ("fhir_servers", ["http://ehr.example/fhir"], "without TLS"),
            ("prefetch_keys", {"problems": "x"}, "no prefetch key of ours: problems"),
            ("prefetch_keys", {"conditions": "patient"}, "the same name"),
            ("narrower_keys", ["labs"], "no prefetch key of ours: labs"),
            ("not_offered", ["Condition"], "cannot be done without"),
            ("suggestion", True, "not permitted"),
        ],
    )
    def test_that_cannot_be_right_is_refused(self, element: str, value: object, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            ClientProfile.model_validate({"id": "x", element: value})

    def test_may_have_its_keys_on_this_very_machine_without_tls(self) -> None:
        assert ClientProfile(id="x", jwks_url="http://127.0.0.1:9000/jwks").jwks_url


class TestAFile:
    def test_names_clients_by_their_issuer(self, tmp_path: Path) -> None:
        text = f"clients:\n  - {{id: a, issuer: '{ISSUER}', jwks_url: '{KEYS}'}}\n"
        clients = read_clients(settings_of(tmp_path, text))
        assert [profile.id for profile in clients.of_issuer(ISSUER)] == ["a"]
        assert clients.of_issuer(ISSUER + "/") == ()
        assert clients.open_mode is None
        assert clients.warning is None

    def test_may_tell_two_clients_of_one_issuer_apart_by_tenant(self, tmp_path: Path) -> None:
        one = f"{{id: a, issuer: '{ISSUER}', jwks_url: '{KEYS}', tenants: [one]}}"
        two = f"{{id: b, issuer: '{ISSUER}', jwks_url: '{KEYS}', tenants: [two]}}"
        clients = read_clients(settings_of(tmp_path, f"clients:\n  - {one}\n  - {two}\n"))
        assert [profile.id for profile in clients.of_issuer(ISSUER)] == ["a", "b"]

    def test_takes_what_servers_do_not_offer_from_the_setting_unless_a_client_says(
        self, tmp_path: Path
    ) -> None:
        text = (
            f"clients:\n  - {{id: a, issuer: '{ISSUER}', jwks_url: '{KEYS}'}}\n"
            f"  - {{id: b, issuer: '{ISSUER}/b', jwks_url: '{KEYS}', not_offered: []}}\n"
        )
        settings = settings_of(tmp_path, text, not_offered=("Device",))
        first, second = read_clients(settings).profiles
        assert first.not_offered == ("Device",)
        assert second.not_offered == ()

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "FILE: a file of clients is a YAML mapping with the key 'clients'"),
            (
                "clients: [",
                "FILE:1: is not readable as YAML: expected the node content, but found '<stream end>'",
            ),
            (
                "clients:\n  - id: a\n    issuer: https://e\n    jwks_url: https://e/k\n    colour: red\n",
                "FILE:5: client 'a', colour: there is no such element; docs/clients.md lists them",
            ),
            (
                "clients:\n  - id: a\n    jwks_url: https://e/k\n",
                "FILE:2: client 'a': 'issuer' is required: the 'iss' of its tokens",
            ),
            (
                "clients:\n  - id: a\n    issuer: https://e\n",
                "FILE:2: client 'a': 'jwks_url' or 'jwks' is required: its public keys",
            ),
            (
                "clients:\n  - id: a\n    issuer: https://e\n    jwks_url: https://e/k\n    id: b\n",
                "FILE:5: client 'b', id: is given twice; keep one",
            ),
            (
                "clients:\n  - {id: a, issuer: e, jwks_url: https://e/k}\n  - {id: b, issuer: e, jwks_url: https://e/k}\n",
                "FILE:3: client 'b', issuer: 'a' has the same issuer; "
                "give both 'tenants', none of them to both",
            ),
            (
                "clients:\n  - {id: a, issuer: e, jwks_url: https://e/k}\n  - {id: a, issuer: f, jwks_url: https://e/k}\n",
                "FILE:3: client 'a', id: 'a' is given twice; choose another",
            ),
            (
                "clients: []\nopen: {issuer: https://e}\n",
                "FILE:2: open: 'open' is for callers without a token; "
                "put a client with issuer and keys under 'clients'",
            ),
        ],
    )
    def test_that_has_a_fault_is_told_with_line_client_and_element(
        self, tmp_path: Path, text: str, told: str
    ) -> None:
        assert told in faults_of(tmp_path, text)

    def test_needs_the_services_own_address_to_hold_audiences_against(self, tmp_path: Path) -> None:
        entry = f"{{id: a, issuer: '{ISSUER}', jwks_url: '{KEYS}'"
        path = written(tmp_path, f"clients:\n  - {entry}}}\n")
        with pytest.raises(ClientsError, match="TRIALCARDS_BASE_URL"):
            read_clients(Settings(clients=path))
        path = written(tmp_path, f"clients:\n  - {entry}, audiences: [sand_man]}}\n")
        assert read_clients(Settings(clients=path)).profiles

    def test_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ClientsError, match="cannot be read: No such file"):
            read_clients(Settings(clients=tmp_path / "none.yaml"))

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(ISSUER),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["clients", "open", *ClientProfile.model_fields]) | st.integers(),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    def test_whatever_is_in_it_is_read_or_told(self, document: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = written(Path(folder), yaml.safe_dump(document, allow_unicode=True))
            with contextlib.suppress(ClientsError):
                read_clients(Settings(clients=path, open=True, base_url="https://cds.example"))

    @pytest.mark.parametrize(
        "text", ["a: b: c", "\x00", "? [a]\n: b", "clients: &a [*a]", "<<: {a: 1}", "[" * 3000]
    )
    def test_that_is_no_ordinary_yaml_is_told(self, tmp_path: Path, text: str) -> None:
        assert faults_of(tmp_path, text)

    def test_may_give_triggers_as_numbers(self, tmp_path: Path) -> None:
        text = f"clients:\n  - {{id: a, issuer: '{ISSUER}', jwks_url: '{KEYS}', served_triggers: [60, 26]}}\n"
        (profile,) = read_clients(settings_of(tmp_path, text)).profiles
        assert profile.served_triggers == ("60", "26")


class TestOpenMode:
    def test_is_off_unless_the_operator_says_so_and_the_start_says_that_nobody_is_answered(self) -> None:
        clients = read_clients(Settings())
        assert clients.open_mode is None
        assert clients.warning is not None
        assert "answer nobody" in clients.warning

    def test_is_told_at_the_start(self) -> None:
        clients = read_clients(Settings(open=True))
        assert clients.open_mode is not None
        assert clients.warning is not None
        assert clients.warning.startswith("OPEN")

    def test_has_a_profile_of_its_own_in_the_file(self, tmp_path: Path) -> None:
        path = written(
            tmp_path,
            "open: {preset: sandbox, allow_private_addresses: true, fhir_servers: ['http://127.0.0.1:8080/fhir/']}\n",
        )
        opened = read_clients(Settings(clients=path, open=True)).open_mode
        assert opened is not None
        assert (opened.id, opened.preset) == ("open", "sandbox")
        assert opened.fhir_servers == ("http://127.0.0.1:8080/fhir",)
        assert read_clients(Settings(clients=path)).open_mode is None


class TestTheCommand:
    def test_lists_whom_a_file_lets_in(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        text = f"clients:\n  - {{id: a, preset: epic, issuer: '{ISSUER}', jwks_url: '{KEYS}'}}\n"
        assert main(["clients", "check", str(written(tmp_path, text))]) == 0
        told = capsys.readouterr().out
        assert "epic" in told
        assert ISSUER in told

    def test_tells_every_fault_in_a_line_and_ends_with_5(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, "clients:\n  - {id: a, jwks_url: https://e/k, x: 1, y: 2}\n")
        assert main(["clients", "check", str(path)]) == 5
        told = capsys.readouterr().err.splitlines()
        assert len(told) == 2
        assert all(str(path) in line for line in told)

    def test_names_a_pinned_key_that_is_unsafe(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        keys = {"keys": [public_jwk(EC), rsa_jwk(n=lambda n: n - 1)]}
        path = written(tmp_path, yaml.safe_dump({"clients": [{"id": "a", "issuer": ISSUER, "jwks": keys}]}))
        assert main(["clients", "check", str(path)]) == 5
        told = capsys.readouterr().err
        assert "key 2: its modulus 'n' is even, or has another small factor" in told
        assert told.count("\n") == 1
