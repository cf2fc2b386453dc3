"""``trialcards screen --fhir-base`` beside real FHIR servers: charts are judged as they are from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.charts import charts
from tests.app.command_line import Ran, Run, runner
from tests.app.screened import chart_file, judged
from tests.app.service import AS_OF
from tests.cds_hooks.signing import EC, RSA, private_jwk, private_key
from tests.fhir_mappings.client.smart_server import CLIENT_ID, SmartServer, smart_server
from tests.servers.beside import everything_prefetched

pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    ran = runner(capsys)
    return lambda *arguments: ran("screen", *arguments, "--as-of", str(AS_OF), "--format", "json")


@pytest.fixture
def smart(hapi_address: str) -> Iterator[SmartServer]:
    """HAPI in pages of 20 behind a gate that wants tokens of SMART Backend Services."""
    upstream = f"{hapi_address}/paged"

    async def behind(path: str) -> tuple[int, bytes]:
        url = f"{upstream}{'' if path.startswith('?') else '/'}{path}"
        async with httpx.AsyncClient(timeout=60) as http:
            answer = await http.get(url, headers={"accept": "application/fhir+json"})
        return answer.status_code, answer.content.replace(upstream.encode(), running.base.encode())

    with smart_server({name: private_key(name).public_key() for name in (EC, RSA)}, behind) as running:
        yield running


@pytest.mark.parametrize("patient", ["lin-mei", "daniel-okafor", "amara-diallo-statements"])
@pytest.mark.parametrize("door", ["fhir", "paged", "another"])
def test_a_chart_on_a_server_is_judged_as_the_same_chart_in_a_file(
    door: str, patient: str, hapi_address: str, another_address: str, run: Run, tmp_path: Path
) -> None:
    base_url = another_address if door == "another" else f"{hapi_address}/{door}"
    assert_judged_as_from_file(run("--fhir-base", base_url, "--patient", patient), patient, run, tmp_path)


@pytest.mark.parametrize("door", ["fhir", "another"])
def test_drugs_that_orders_only_name_by_reference_are_asked_for_by_id(
    door: str, hapi_address: str, another_address: str, run: Run, tmp_path: Path
) -> None:
    base_url = another_address if door == "another" else f"{hapi_address}/{door}"
    ran = run("--fhir-base", base_url, "--patient", "lin-mei-named")
    assert_judged_as_from_file(ran, "lin-mei", run, tmp_path)


@pytest.mark.parametrize("key", [EC, RSA])
def test_behind_smart_backend_services_a_registered_client_screens_page_by_page(
    key: str, smart: SmartServer, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key.jwk").write_text(json.dumps(private_jwk(key)), "utf-8")
    monkeypatch.setenv("TRIALCARDS_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("TRIALCARDS_PRIVATE_KEY_FILE", str(tmp_path / "key.jwk"))
    ran = run("--fhir-base", smart.base, "--patient", "Patient/lin-mei")
    assert_judged_as_from_file(ran, "lin-mei", run, tmp_path)
    assert (len(smart.scopes), smart.refused, smart.turned_away) == (1, [], 0)


def test_without_a_token_the_gate_stays_shut(smart: SmartServer, run: Run) -> None:
    ran = run("--fhir-base", smart.base, "--patient", "lin-mei")
    assert (ran.code, ran.out) == (4, "")
    assert "(401)" in ran.err


@pytest.mark.parametrize("door", ["fhir", "another"])
def test_who_is_not_on_the_server_is_told_beside_the_reports_of_the_others(
    door: str, hapi_address: str, another_address: str, run: Run
) -> None:
    base_url = another_address if door == "another" else f"{hapi_address}/{door}"
    ran = run("--fhir-base", base_url, "--patient", "nobody", "--patient", "sofia-reyes")
    assert ran.code == 4
    assert ran.err.startswith(f"trialcards: {base_url}/Patient/nobody: not retrieved: ")
    assert [json.loads(line)["patient"] for line in ran.out.splitlines()] == ["Patient/sofia-reyes"]


def assert_judged_as_from_file(ran: Ran, patient: str, run: Run, folder: Path) -> None:
    assert patient in charts()
    file = chart_file(everything_prefetched(patient)["prefetch"], folder)
    expected = run(str(file))
    assert (ran.code, ran.err) == (0, "")
    assert judged(ran) == judged(expected)
