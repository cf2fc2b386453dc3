"""The playground: the real hook is fired, what is shown is what an EHR gets, and nothing of a file stays."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.demo.orders import demo_orders
from app.demo.patients import demo_patients
from app.hook import SERVED_HOOKS
from app.playground.command import LONGEST
from app.prefetch_needs import queries_for
from app.server import create_app
from app.settings import Settings
from app.web.words import page_words
from tests.app.ehr import BASE, NETWORK, Ehr, hook_beside
from tests.app.service import (
    AS_OF,
    HOOK,
    bundle_of,
    but_for_ids,
    client,
    outcome_of,
    screening_service,
)
from tests.app.web.playing import HERE, brought, http, summaries

Json = dict[str, Any]


def asked(**chosen: str) -> Json:
    """The request that the playground makes of a choice."""
    answer = http().get("/playground/request", params=chosen)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


class TestPage:
    def test_it_offers_every_patient_hook_and_order_in_both_languages(self) -> None:
        for language in ("en", "zh-CN"):
            page = http().get("/", headers={"Accept-Language": language}).text
            for patient in demo_patients().values():
                assert f'value="{patient.id}"' in page
                assert html.escape(patient.told(language).shows, quote=False).split('"')[0] in html.unescape(
                    page
                )
            for name in (*SERVED_HOOKS, *demo_orders()):
                assert f'<option value="{name}"' in page

    def test_whoever_opens_it_sees_cards_at_once(self) -> None:
        assert len(summaries(http().get("/"))) == 2

    def test_its_policy_forbids_inline_script_and_style_and_other_hosts(self) -> None:
        page = http().get("/")
        assert "unsafe" not in page.headers["content-security-policy"]
        assert re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL) == [""]
        assert not re.search(r"<[^>]*\s(on\w+|style)=", page.text)
        assert set(re.findall(r'(?:src|action)="([^"]*)"', page.text)) == {
            "/#result",
            re.findall(r'src="(/static/[^"]+/playground.js)"', page.text)[0],
        }

    @pytest.mark.parametrize(
        ("chosen", "told"),
        [
            ({"patient": "nobody"}, "'patient' must be one of"),
            ({"hook": "appointment-book"}, "'hook' must be one of"),
            ({"prefetch": "some"}, "'prefetch' must be one of"),
            ({"hook": "order-sign", "order": "gold"}, "'order' must be one of"),
            ({"server": "https://elsewhere.example/fhir"}, "'server' must be one of"),
            ({"date": "2026-02-30"}, "a day between 1900 and 2200"),
            ({"date": "1492-01-01"}, "a day between 1900 and 2200"),
            ({"patient": "uploaded"}, "Choose a file"),
        ],
    )
    def test_a_choice_that_there_is_not_is_told(self, chosen: Mapping[str, str], told: str) -> None:
        for path in ("/", "/playground/request", "/playground/response"):
            page = http().get(path, params=chosen)
            assert page.status_code == 400
            assert told in html.unescape(page.text)

    def test_a_form_without_a_file_leads_to_an_address_that_can_be_passed_on(self) -> None:
        fields = {
            "patient": "sofia-reyes",
            "hook": "order-sign",
            "order": "prednisone",
            "date": "",
            "prefetch": "half",
        }
        answer = http().post("/", data=fields, headers=HERE, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"] == (
            "/?patient=sofia-reyes&hook=order-sign&order=prednisone&date=2026-06-15&prefetch=half"
        )

    @pytest.mark.parametrize("path", ["/", "/playground/request", "/playground/response"])
    def test_a_form_of_another_site_is_refused(self, path: str) -> None:
        for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert http().post(path, data={"patient": "lin-mei"}, headers=headers).status_code == 403

    @pytest.mark.parametrize(
        "kind", ["text/plain", "multipart/form-data", "multipart/form-data; boundary=x", ""]
    )
    def test_what_is_no_form_is_not_taken_for_a_file(self, kind: str) -> None:
        headers = {**HERE, "Content-Type": kind}
        answer = http().post("/", content=b"--y\r\n\r\n{}", headers=headers, follow_redirects=False)
        assert answer.status_code in (303, 400)


class TestTheHookIsTheRealOne:
    @pytest.mark.parametrize("patient", demo_patients())
    def test_the_answer_is_that_of_the_hook_to_the_request_that_is_shown(self, patient: str) -> None:
        request = asked(patient=patient)
        answer = http().post(HOOK, json=request)
        shown = http().get("/playground/response", params={"patient": patient})
        assert but_for_ids(shown.text) == but_for_ids(answer.text)
        drawn = summaries(http().get("/", params={"patient": patient}))
        assert drawn == [card["summary"] for card in answer.json()["cards"]]

    def test_the_page_shows_the_very_bytes_that_the_hook_answered(self) -> None:
        page = http().get("/", params={"patient": "peter-novak"}).text
        shown = html.unescape(re.findall(r'aria-labelledby="the-response">(.*?)</pre>', page, re.DOTALL)[0])
        assert json.loads(shown) == {"cards": []}
        assert "12 bytes" in page

    def test_prefetch_is_what_discovery_lists(self) -> None:
        (listed, *_) = http().get("/cds-services").json()["services"]
        keys = list(listed["prefetch"])
        assert list(asked()["prefetch"]) == keys
        assert list(asked(prefetch="half")["prefetch"]) == keys[: (len(keys) + 1) // 2]
        assert "prefetch" not in asked(prefetch="none")

    def test_what_is_not_prefetched_and_cannot_be_fetched_is_missing_and_never_no(self) -> None:
        whole = summaries(http().get("/", params={"patient": "daniel-okafor"}))
        half = summaries(http().get("/", params={"patient": "daniel-okafor", "prefetch": "half"}))
        assert all("potentially eligible" in line for line in whole)
        assert all("undetermined – data are missing" in line for line in half)

    def test_without_prefetch_and_server_the_refusal_is_shown_as_the_ehr_gets_it(self) -> None:
        page = http().get("/", params={"prefetch": "none"})
        assert page.status_code == 200
        assert "412 Precondition Failed" in page.text
        assert "the patient is needed" in page.text
        issue = outcome_of(http().post(HOOK, json=asked(prefetch="none")), 412)
        saved = http().get("/playground/response", params={"prefetch": "none"}).json()
        assert saved["issue"] == [issue]
        assert issue["diagnostics"] in html.unescape(page.text)

    def test_another_day_is_another_verdict_on_the_same_chart(self) -> None:
        today, later = asked(), asked(date="2027-03-01")
        assert today["prefetch"] == later["prefetch"]
        assert later["extension"]["org.trialcards.rehearsal"]["asOf"] == "2027-03-01"
        assert summaries(http().get("/")) != summaries(http().get("/", params={"date": "2027-03-01"}))

    @pytest.mark.parametrize("hook", SERVED_HOOKS)
    def test_each_hook_is_answered(self, hook: str) -> None:
        drawn = summaries(http().get("/", params={"hook": hook, "patient": "daniel-okafor"}))
        assert len(drawn) == (1 if hook.startswith("order") else 2)
        assert asked(hook=hook)["hook"] == hook

    def test_a_draft_that_closes_no_trial_gets_no_card(self) -> None:
        chosen = {"hook": "order-sign", "patient": "daniel-okafor"}
        closing = {
            order: len(summaries(http().get("/", params={**chosen, "order": order})))
            for order in demo_orders()
        }
        assert closing == {"rituximab": 1, "prednisone": 1, "live-vaccine": 1, "paracetamol": 0}

    def test_a_visit_that_begins_twice_shows_its_cards_twice(self, tmp_path: Path) -> None:
        remembering = client(store=True, data_dir=tmp_path)
        with remembering:
            request = remembering.get("/playground/request", params={"hook": "encounter-start"}).json()
            for _ in range(2):
                assert len(remembering.post(HOOK, json=request).json()["cards"]) == 2

    def test_cards_are_in_the_readers_language(self) -> None:
        page = http().get("/", headers={"Accept-Language": "zh-CN"})
        assert all("尚不能确定" in line for line in summaries(page))
        assert "Accept-Language: zh-CN" in html.unescape(page.text)


class TestFhirServers:
    """Only where the operator lists servers that want no token can one be chosen."""

    LISTED = "https://sandbox.example/fhir"

    def served(self, **profile: Any) -> TestClient:
        opened = ClientProfile(id="open", fhir_servers=(self.LISTED,), **profile)
        application = create_app(
            Settings(open=True, store=False, tune_garbage_collection=False, fetch_deadline_seconds=0.2),
            service=screening_service(),
            clients=Clients((), opened),
            today=lambda: AS_OF,
        )
        return TestClient(application)

    def test_it_is_named_in_the_request(self) -> None:
        served = self.served(open_fhir_servers=True)
        chosen = {"server": self.LISTED, "prefetch": "none"}
        assert f"<option>{self.LISTED}</option>" in served.get("/").text
        assert served.get("/playground/request", params=chosen).json()["fhirServer"] == self.LISTED
        other = served.get("/", params={"server": "https://elsewhere.example/fhir"})
        assert other.status_code == 400

    @pytest.mark.parametrize("prefetch", ["none", "half"])
    def test_what_is_not_prefetched_is_fetched_from_it(self, prefetch: str) -> None:
        with NETWORK:
            beside = hook_beside(Ehr(), settings={"store": False}, id="open", open_fhir_servers=True)
            page = beside.get("/", params={"prefetch": prefetch, "server": BASE})
        assert summaries(page) == summaries(http().get("/"))
        assert "was asked for at the FHIR server" in page.text

    def test_one_that_wants_a_token_is_not_offered(self) -> None:
        served = self.served()
        assert self.LISTED not in served.get("/").text
        assert served.get("/", params={"server": self.LISTED}).status_code == 400


class TestCommand:
    def test_a_short_request_is_in_the_command_itself(self) -> None:
        command = html.unescape(
            re.findall(r'<pre id="curl"[^>]*>(.*?)</pre>', http().get("/?prefetch=none").text, re.DOTALL)[0]
        )
        assert command.startswith("curl -s http://testserver/cds-services/lupus-trials ")
        assert '--data-binary \'{"hook":"patient-view"' in command
        assert len(command) < LONGEST + 300

    def test_the_address_is_the_one_that_the_operator_tells(self) -> None:
        page = client(store=False, base_url="https://cds.example.org").get("/").text
        assert "https://cds.example.org/playground/request?" in html.unescape(page)
        assert "https://cds.example.org/cds-services/lupus-trials" in page


class TestWhereItIsNotServed:
    @pytest.mark.parametrize("settings", [{"open": False}, {"demo": False}])
    def test_there_is_a_page_that_takes_nothing(self, settings: Mapping[str, bool]) -> None:
        secured = client(store=False, **settings)
        page = secured.get("/", headers={"Accept-Language": "zh-CN"})
        assert page.status_code == 200
        assert page_words("zh-CN").template("landing.title") in page.text
        for link in ("/cds-services", "/trials", "/openapi.json"):
            assert f'href="{link}"' in page.text
        assert "<form" not in page.text
        assert "<script" not in page.text
        assert brought(bundle_of(), to=secured).status_code == 405
        for path in ("/playground/request", "/playground/response", "/demo/requests/lin-mei"):
            assert secured.get(path).status_code == 404


def test_each_template_of_the_open_protocols_can_be_searched_for() -> None:
    protocols = [bound.protocol for bound in screening_service().protocols.values()]
    assert set(asked()["prefetch"]) == {query.key for query in queries_for(protocols)}


def test_an_address_says_all_that_was_chosen() -> None:
    chosen = {"patient": "nguyen-lan", "hook": "encounter-start", "date": date(2026, 8, 1).isoformat()}
    page = http().get("/", params=chosen).text
    assert f"?{'&amp;'.join(f'{k}={quote(v)}' for k, v in {**chosen, 'prefetch': 'all'}.items())}" in page
