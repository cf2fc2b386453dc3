"""The evidence is opened from within an EHR before HAPI FHIR.

What a launch reads decides as a full prefetch does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from sandbox.authorization import LaunchContext
from tests.app.launch.launching import (
    browser_of,
    client_profile,
    keeping,
    launched_application,
    service_beside,
    smart_ehr_before,
    walked,
)
from tests.app.service import AS_OF, TRIAL_B, screening_service
from tests.servers.beside import judgements_of_full_prefetch


@pytest.mark.parametrize(
    ("door", "patient"),
    [
        ("fhir", "lin-mei"),
        ("paged", "lin-mei"),
        ("paged", "daniel-okafor"),
        ("paged", "wang-jianguo-statements"),
    ],
)
def test_the_chart_of_a_launch_is_judged_as_one_that_was_prefetched(
    hapi_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str, patient: str
) -> None:
    kept = keeping(monkeypatch)
    with smart_ehr_before(f"{hapi_address}/{door}") as ehr:
        profile = client_profile(ehr.authorization.issuer)
        application = launched_application(tmp_path, profile, launch_seconds=60, request_seconds=120)
        with browser_of(application) as http:
            assert "/evidence/" in walked(ehr, http, LaunchContext(patient))
    (opened,) = kept
    assert opened.patient_id == patient
    expected = judgements_of_full_prefetch(patient)
    assert expected
    report = screening_service().screen_record(opened.record(), AS_OF, protocol_ids=list(expected))
    found = {
        screening.protocol: (screening.verdict, dict(_outcomes(screening.findings)))
        for screening in report.screenings
    }
    assert found == expected


def _outcomes(findings: Any) -> Any:
    for finding in findings:
        yield finding.criterion, (finding.outcome, finding.reason)
        yield from _outcomes(finding.parts)


def test_from_a_card_in_the_ehr_to_the_evidence(hapi_address: str, tmp_path: Path) -> None:
    with (
        service_beside(f"{hapi_address}/fhir", tmp_path, ("lin-mei", "daniel-okafor")) as (ehr, pages),
        httpx.Client(follow_redirects=True, timeout=120) as browser,
    ):
        opened = browser.get(f"{ehr.authorization.issuer}/?patient=lin-mei")
        links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/launch[^"]+)"', opened.text)]
        (link,) = [link for link in links if TRIAL_B in link]
        assert (
            f"{pages}/evidence/" not in opened.text
        )  # whoever is launched needs no link that opens to anybody
        page = browser.get(urljoin(str(opened.url), link))
        assert page.status_code == 200, page.text
        assert re.fullmatch(rf"{pages}/evidence/[^/]+/{TRIAL_B}", str(page.url))
        assert f"{ehr.authorization.fhir}/Observation/" in page.text
        assert not browser.cookies


def test_a_token_of_one_patient_opens_no_other_chart(hapi_address: str) -> None:
    with smart_ehr_before(f"{hapi_address}/fhir") as ehr:
        token = ehr.authorization.access("lin-mei", ["patient/Condition.rs"])
        shown = {"Authorization": f"Bearer {token}"}
        for path, status in {
            "Condition?patient=lin-mei": 200,
            "Condition?patient=daniel-okafor": 403,
            "Observation?patient=lin-mei": 403,
            "Patient/daniel-okafor": 403,
        }.items():
            assert httpx.get(f"{ehr.authorization.fhir}/{path}", headers=shown).status_code == status
        assert httpx.get(f"{ehr.authorization.fhir}/Condition?patient=lin-mei").status_code == 401
