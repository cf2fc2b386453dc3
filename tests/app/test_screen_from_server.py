"""``trialcards screen --fhir-base``: a chart from a server is judged as the same chart from a file is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.prefetch_table import RESOURCE_TYPES
from tests.app.command_line import Run, one_line, runner
from tests.app.ehr import BASE, NETWORK, Ehr
from tests.app.screened import chart_file, judged, outcomes
from tests.app.service import AS_OF, LUPUS, request_of
from tests.cds_hooks.signing import EC, RSA, pem, private_jwk, private_key
from tests.fhir_mappings.client.smart_server import CLIENT_ID, SmartServer, smart_server

TOKEN = "secret-token-of-the-environment"
FROM_SERVER = ("screen", "--fhir-base", BASE, "--patient", LUPUS, "--as-of", str(AS_OF), "--format", "json")


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("BEARER_TOKEN", "CLIENT_ID", "PRIVATE_KEY_FILE", "KEY_ID", "SCOPE", "TOKEN_URL"):
        monkeypatch.delenv(f"TRIALCARDS_{name}", raising=False)
    with NETWORK:
        NETWORK.route(host="127.0.0.1").pass_through()
        yield


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


def serving(ehr: Ehr) -> Ehr:
    NETWORK.route(host="ehr.example").mock(side_effect=ehr.answer)
    return ehr


def from_file(run: Run, folder: Path, *more: str, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """The report on the same chart as a file."""
    file = chart_file(request_of(LUPUS)["prefetch"], folder, leave_out)
    ran = run("screen", str(file), "--as-of", str(AS_OF), "--format", "json", *more)
    assert (ran.code, ran.err) == (0, "")
    return judged(ran)


class TestCharts:
    @pytest.mark.parametrize("page", [3, 1000])
    def test_a_whole_chart_is_judged_as_the_same_chart_in_a_file(
        self, run: Run, tmp_path: Path, page: int
    ) -> None:
        serving(Ehr(page=page))
        ran = run(*FROM_SERVER)
        assert (ran.code, ran.err) == (0, "")
        assert judged(ran) == from_file(run, tmp_path)

    def test_a_patient_may_be_named_with_the_type(self, run: Run) -> None:
        ehr = serving(Ehr())
        ran = run("screen", "--fhir-base", f"{BASE}/", "--patient", f"Patient/{LUPUS}", "--as-of", str(AS_OF))
        assert (ran.code, ran.err) == (0, "")
        assert "undetermined" in ran.out or "eligible" in ran.out
        assert sorted(set(ehr.asked_types)) == ehr.asked_types

    def test_a_type_that_is_refused_is_not_retrieved_and_told(self, run: Run, tmp_path: Path) -> None:
        def refuse(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(403) if "Procedure" in request.url.path else None

        serving(Ehr(instead=refuse))
        ran = run(*FROM_SERVER)
        assert ran.code == 0
        assert one_line(ran.err)
        assert "not wholly retrieved: Procedure (forbidden)" in ran.err
        others = ",".join(kind for kind in RESOURCE_TYPES.values() if kind != "Procedure")
        expected = from_file(run, tmp_path, "--retrieved", others, leave_out=("Procedure",))
        assert outcomes(judged(ran)) == outcomes(expected)
        assert "not-retrieved" in ran.out

    def test_only_the_types_that_are_named_are_asked_for(self, run: Run) -> None:
        ehr = serving(Ehr())
        ran = run(*FROM_SERVER, "--retrieved", "Condition,Observation")
        assert (ran.code, ran.err) == (0, "")
        assert ehr.asked_types == ["Condition", "Observation", "Patient"]
        assert "not-retrieved" in ran.out

    def test_of_several_patients_those_who_are_there_are_screened(self, run: Run) -> None:
        serving(Ehr())
        ran = run(*FROM_SERVER, "--patient", "nobody", "--patient", f"Patient/{LUPUS}")
        assert ran.code == 4
        assert one_line(ran.err)
        assert f"{BASE}/Patient/nobody: not retrieved" in ran.err
        assert [json.loads(line)["patient"] for line in ran.out.splitlines()] == [f"Patient/{LUPUS}"]

    def test_a_terminal_shows_how_far_it_is_and_a_pipe_does_not(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        serving(Ehr(page=5))
        assert run(*FROM_SERVER).err == ""
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        ran = run(*FROM_SERVER)
        assert ran.code == 0
        assert "Fetching" in ran.err
        assert "resources" in ran.err
        assert json.loads(ran.out)["patient"] == f"Patient/{LUPUS}"

    def test_strict_reading_holds_for_a_server_as_well(self, run: Run) -> None:
        def broken(request: httpx.Request) -> httpx.Response | None:
            if "Patient" not in request.url.path:
                return None
            return httpx.Response(200, json={"resourceType": "Patient", "id": LUPUS, "gender": 7})

        serving(Ehr(instead=broken))
        ran = run(*FROM_SERVER, "--strict", "--retrieved", "Patient")
        assert ran.code == 3
        assert f"Patient/{LUPUS}: gender" in ran.err


class TestWhatCannotBeRetrieved:
    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            (httpx.Response(401), "TRIALCARDS_BEARER_TOKEN"),
            (httpx.Response(403), "(403)"),
            (httpx.Response(404), "check the id and --fhir-base"),
            (httpx.Response(410), "deleted"),
            (httpx.Response(500), "(5xx)"),
            (httpx.Response(200, html="<html>Log in</html>"), "no FHIR JSON"),
            (httpx.Response(200, json={"resourceType": "Patient", "id": "another"}), "another patient"),
            (httpx.Response(302, headers={"location": "https://evil.example/"}), "another address"),
        ],
    )
    def test_without_the_patient_the_exit_code_is_4_and_one_line_says_how_to_mend_it(
        self, run: Run, answer: httpx.Response, told: str
    ) -> None:
        ehr = serving(Ehr(instead=lambda request: answer if "Patient" in request.url.path else None))
        ran = run(*FROM_SERVER)
        assert (ran.code, ran.out) == (4, "")
        assert one_line(ran.err)
        assert told in ran.err
        assert set(ehr.asked_types) == {"Patient"}

    def test_a_server_that_never_answers_is_left_at_the_deadline(self, run: Run) -> None:
        NETWORK.route(host="ehr.example").mock(side_effect=httpx.ConnectTimeout)
        ran = run(*FROM_SERVER, "--deadline", "1")
        assert ran.code == 4
        assert "cannot be reached" in ran.err


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ([], "name a FILE"),
            (["--patient", "1"], "name a FILE"),
            (["chart.json", "--patient", "1"], "name a FILE"),
            (["--fhir-base", BASE], "takes --patient"),
            (["chart.json", "--fhir-base", BASE, "--patient", "1"], "no FILE"),
            (["--fhir-base", BASE, "--patient", "1/../2"], "a FHIR id is expected"),
            (["--fhir-base", BASE, "--patient", ".."], "a FHIR id is expected"),
            (["--fhir-base", "ehr.example", "--patient", "1"], "absolute URL"),
            (["--fhir-base", "https://me:secret@ehr.example/fhir", "--patient", "1"], "user name"),
            (["--fhir-base", "http://ehr.example/fhir", "--patient", "1"], "--allow-http"),
            (["--fhir-base", "http://10.0.0.1/fhir", "--patient", "1"], "--allow-http"),
            (["--fhir-base", BASE, "--patient", "1", "--retrieved", "Patients"], "is Patient meant?"),
        ],
    )
    def test_what_does_not_go_together_is_a_matter_of_usage(
        self, run: Run, arguments: list[str], told: str
    ) -> None:
        ran = run("screen", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert one_line(ran.err)
        assert told in ran.err
        assert "secret" not in ran.err

    def test_with_allow_http_public_addresses_are_not_called_without_tls_either(self, run: Run) -> None:
        NETWORK.route(host="93.184.216.34").pass_through()
        ran = run("screen", "--fhir-base", "http://93.184.216.34/fhir", "--patient", "1", "--allow-http")
        assert ran.code == 4
        assert "without TLS only private ones" in ran.err


class TestTokens:
    def test_a_token_of_the_environment_is_shown_to_the_server_and_to_nobody_else(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRIALCARDS_BEARER_TOKEN", TOKEN)
        ehr = serving(Ehr(instead=lambda r: httpx.Response(401) if "Device" in r.url.path else None))
        ran = run(*FROM_SERVER)
        assert ran.code == 0
        asked = [request for request in ehr.asked if "metadata" not in request.url.path]
        assert {request.headers["authorization"] for request in asked} == {f"Bearer {TOKEN}"}
        assert TOKEN not in ran.err + ran.out

    def test_a_token_that_the_server_does_not_take_is_told(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRIALCARDS_BEARER_TOKEN", TOKEN)
        serving(Ehr(instead=lambda _: httpx.Response(401)))
        ran = run(*FROM_SERVER)
        assert ran.code == 4
        assert "does not take the access token" in ran.err
        assert TOKEN not in ran.err

    @pytest.mark.parametrize(
        ("environment", "told"),
        [
            ({"BEARER_TOKEN": "a", "CLIENT_ID": "b"}, "exclude each other"),
            ({"BEARER_TOKEN": "a\nb"}, "characters that a header cannot hold"),
            ({"CLIENT_ID": "b"}, "set both"),
            ({"PRIVATE_KEY_FILE": "key.jwk"}, "set both"),
            ({"CLIENT_ID": "b", "PRIVATE_KEY_FILE": "/nowhere/key.jwk"}, "cannot be read"),
        ],
    )
    def test_an_environment_that_does_not_go_together_is_a_matter_of_usage(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], told: str
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(f"TRIALCARDS_{name}", value)
        ran = run(*FROM_SERVER)
        assert (ran.code, ran.out) == (2, "")
        assert one_line(ran.err)
        assert told in ran.err

    def test_a_pem_file_needs_the_id_of_its_key(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "key.pem").write_bytes(pem(private_key(RSA)))
        monkeypatch.setenv("TRIALCARDS_CLIENT_ID", CLIENT_ID)
        monkeypatch.setenv("TRIALCARDS_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
        ran = run(*FROM_SERVER)
        assert ran.code == 2
        assert "TRIALCARDS_KEY_ID" in ran.err


class TestBackendServices:
    @pytest.fixture
    def ehr(self) -> Ehr:
        return Ehr(page=20)

    @pytest.fixture
    def smart(self, ehr: Ehr) -> Iterator[SmartServer]:
        async def behind(path: str) -> tuple[int, bytes]:
            answer = ehr.answer(httpx.Request("GET", f"{BASE}/{path}"))
            return answer.status_code, answer.content.replace(BASE.encode(), running.base.encode())

        with smart_server({name: private_key(name).public_key() for name in (EC, RSA)}, behind) as running:
            yield running

    @pytest.fixture
    def client(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
        def client(key: str = EC, **more: str) -> None:
            file = tmp_path / f"{key}.jwk"
            file.write_text(json.dumps(private_jwk(key)), "utf-8")
            for name, value in {"CLIENT_ID": CLIENT_ID, "PRIVATE_KEY_FILE": str(file), **more}.items():
                monkeypatch.setenv(f"TRIALCARDS_{name}", value)

        return client

    @pytest.mark.parametrize("key", [EC, RSA])
    def test_a_registered_client_screens_the_whole_chart(
        self, run: Run, smart: SmartServer, client: Callable[..., None], tmp_path: Path, key: str
    ) -> None:
        client(key)
        ran = run(*FROM_SERVER, "--fhir-base", smart.base)
        assert (ran.code, ran.err) == (0, "")
        assert (len(smart.scopes), smart.refused, smart.turned_away) == (1, [], 0)
        assert judged(ran) == from_file(run, tmp_path)

    def test_it_asks_for_leave_to_read_what_a_screening_needs_and_no_more(
        self, run: Run, smart: SmartServer, client: Callable[..., None]
    ) -> None:
        client()
        run(*FROM_SERVER, "--fhir-base", smart.base)
        asked = set(smart.scopes[0].split())
        assert asked == {f"system/{kind}.rs" for kind in {*RESOURCE_TYPES.values(), "Medication"}}

    def test_scopes_are_spelt_as_the_server_spells_them(
        self, run: Run, smart: SmartServer, client: Callable[..., None]
    ) -> None:
        smart.configuration = {"capabilities": ["permission-v1"]}
        client()
        run(*FROM_SERVER, "--fhir-base", smart.base)
        assert "system/Observation.read" in smart.scopes[0].split()

    def test_scope_and_token_endpoint_may_be_told(
        self, run: Run, smart: SmartServer, client: Callable[..., None]
    ) -> None:
        smart.configuration = {"token_endpoint": ""}
        client(SCOPE="system/*.read", TOKEN_URL=smart.token_url)
        ran = run(*FROM_SERVER, "--fhir-base", smart.base)
        assert (ran.code, smart.scopes) == (0, ["system/*.read"])

    @pytest.mark.parametrize(
        ("configuration", "told"),
        [
            ({"token_endpoint": ""}, "names no token endpoint"),
            ({"token_endpoint": 7}, "is not what SMART says"),
            ({"token_endpoint": "ftp://login.example/"}, "cannot be called"),
            ({"token_endpoint_auth_signing_alg_values_supported": ["RS384"]}, "signed with ES384"),
        ],
    )
    def test_a_server_without_a_way_to_tokens_is_told_with_exit_code_4(
        self,
        run: Run,
        smart: SmartServer,
        client: Callable[..., None],
        configuration: dict[str, Any],
        told: str,
    ) -> None:
        smart.configuration = configuration
        client()
        ran = run(*FROM_SERVER, "--fhir-base", smart.base)
        assert (ran.code, ran.out) == (4, "")
        assert one_line(ran.err)
        assert told in ran.err

    def test_a_client_that_the_server_does_not_know_is_told_with_exit_code_4(
        self, run: Run, smart: SmartServer, client: Callable[..., None]
    ) -> None:
        client("ec-unknown")
        ran = run(*FROM_SERVER, "--fhir-base", smart.base)
        assert (ran.code, ran.out) == (4, "")
        assert one_line(ran.err)
        assert "400 invalid_client" in ran.err

    def test_if_tokens_end_on_the_way_the_patients_so_far_are_screened(
        self,
        run: Run,
        ehr: Ehr,
        smart: SmartServer,
        client: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def unregister(request: httpx.Request) -> None:
            if "Patient/second" in request.url.path:
                smart.keys = {}

        monkeypatch.setattr(ehr, "_instead", unregister)
        smart.lifetime = 0  # so that each request needs a token of its own
        client()
        ran = run(*FROM_SERVER, "--fhir-base", smart.base, "--patient", "second", "--patient", "third")
        assert ran.code == 4
        assert [json.loads(line)["patient"] for line in ran.out.splitlines()] == [f"Patient/{LUPUS}"]
        second, third = ran.err.splitlines()
        assert "Patient/second: not retrieved: the server has no such patient" in second
        assert "Patient/third: not retrieved: no access token: " in third

    def test_a_token_endpoint_without_tls_gets_nothing_where_the_server_has_it(
        self, run: Run, client: Callable[..., None]
    ) -> None:
        told = {"token_endpoint": "http://login.example/token"}
        NETWORK.get(f"{BASE}/.well-known/smart-configuration").respond(json=told)
        login = NETWORK.route(host="login.example")
        client()
        ran = run(*FROM_SERVER)
        assert ran.code == 4
        assert "without TLS" in ran.err
        assert not login.called
