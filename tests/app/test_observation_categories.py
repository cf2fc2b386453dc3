"""Observations that lack the categories asked for are there all the same: they are found, or told as lacking.

R4 leaves ``Observation.category`` optional and its codes free (binding "preferred"); US Core demands one.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote

import httpx
import pytest

from app.prefetch_table import BY_CATEGORY, TEMPLATES
from tests.app.ehr import BASE, Ehr, hook_beside, request_without, told
from tests.app.service import POTENTIAL, cards_of, client, findings_of, request_of, screening_of, searchset

NAMES = "http://terminology.hl7.org/CodeSystem"
LABORATORY = [{"coding": [{"system": f"{NAMES}/observation-category", "code": "laboratory"}]}]
UNUSUAL = [
    None,
    [{"coding": [{"system": f"{NAMES}/v2-0074", "code": "LAB"}]}],
    [{"text": "Laboratory"}],
    [{"coding": [{"system": "http://ehr.example/categories", "code": "serology"}]}],
]
REFUSAL = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "required", "diagnostics": "category or code is required"}],
}
HBSAG = "5196-1"
[ALL] = parse_qs(BY_CATEGORY["observations"])["category"]
TRIAL, CRITERION = "nct05247203", "E4.hbv"

pytestmark = pytest.mark.usefixtures("network")


def positive(category: Any) -> dict[str, Any]:
    """A final positive HBsAg, newer than any result of the chart."""
    found = {
        "resourceType": "Observation",
        "id": "new-hbsag",
        "status": "final",
        "subject": {"reference": f"Patient/{POTENTIAL}"},
        "effectiveDateTime": "2026-06-14",
        "code": {"coding": [{"system": "http://loinc.org", "code": HBSAG}]},
        "valueString": "Positive",
    }
    return found if category is None else {**found, "category": category}


def is_hbsag(observation: dict[str, Any]) -> bool:
    return any(coding["code"] == HBSAG for coding in observation["code"].get("coding", ()))


def categories(resource: dict[str, Any]) -> set[str]:
    return {
        coding["code"] for concept in resource.get("category", ()) for coding in concept.get("coding", ())
    }


class Searching(Ehr):
    """A server that heeds ``category``, and perhaps demands it; it has one HBsAg more than the chart.

    ``alone``: that is the only one.
    """

    def __init__(self, category: Any, *, demands: int | None = None, alone: bool = False) -> None:
        super().__init__(POTENTIAL, instead=self._searched)
        held = self.resources["Observation"]
        if alone:
            held = [one for one in held if not is_hbsag(one)]
        self._held = [*held, positive(category)]
        self._demands = demands

    def _searched(self, request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/Observation"):
            return None
        wanted = request.url.params.get("category")
        if wanted is None and self._demands is not None:
            return httpx.Response(self._demands, json=REFUSAL)
        found = [
            one for one in self._held if wanted is None or not categories(one).isdisjoint(wanted.split(","))
        ]
        return httpx.Response(200, json=searchset(*found))

    @property
    def searches(self) -> list[bool]:
        """For each search for Observations, whether it was by category."""
        asked = [request.url for request in self.asked if request.url.path.endswith("/Observation")]
        return ["category" in url.params for url in asked]


def hepatitis(request: dict[str, Any], http: Any) -> dict[str, Any]:
    """What is found of hepatitis B."""
    [card] = [card for card in cards_of(request, http) if screening_of(card)["protocol"] == TRIAL]
    return findings_of(card)[CRITERION]


@pytest.mark.parametrize("category", [LABORATORY, *UNUSUAL])
def test_fetched_results_count_whatever_their_category(category: Any) -> None:
    ehr = Searching(category)
    http = hook_beside(ehr, settings={"show_ineligible": True})
    assert hepatitis(request_without("observations", patient=POTENTIAL), http)["outcome"] == "fail"
    assert ehr.searches == [False]


@pytest.mark.parametrize("status", [200, 400, 403, 422])
@pytest.mark.parametrize("category", UNUSUAL)
def test_where_the_server_demands_a_category_what_has_none_counts_as_not_retrieved(
    status: int, category: Any
) -> None:
    ehr = Searching(category, demands=status, alone=True)
    found = hepatitis(request_without("observations", patient=POTENTIAL), hook_beside(ehr))
    assert (found["outcome"], [need["why"] for need in found["needs"]]) == ("missing", ["not-retrieved"])
    assert ehr.searches == [False, True]


def test_what_a_search_by_category_finds_is_told_but_need_not_be_the_last() -> None:
    ehr = Searching(LABORATORY, demands=400, alone=True)
    http = hook_beside(ehr, settings={"show_ineligible": True})
    found = hepatitis(request_without("observations", patient=POTENTIAL), http)
    assert found["outcome"] == "missing"
    assert "Positive of 2026-06-14 is the last result at hand" in found["reason"]


@pytest.mark.parametrize("preset", ["epic", "oracle-health"])
def test_a_server_of_us_core_is_searched_by_category_and_whole(preset: str) -> None:
    """US Core demands a category of each Observation, so that none is left out."""
    ehr = Searching(None, demands=400, alone=True)
    http = hook_beside(ehr, preset=preset, served_triggers=())
    found = hepatitis(request_without("observations", patient=POTENTIAL), http)
    assert [need["why"] for need in found["needs"]] == ["never-measured"]
    assert ehr.searches == [True]


@pytest.mark.parametrize(("preset", "by_category"), [("standard", False), ("sandbox", False), ("epic", True)])
def test_discovery_names_categories_to_those_who_need_them(preset: str, by_category: bool) -> None:
    services = hook_beside(preset=preset).get("/cds-services").json()["services"]
    templates = {service["prefetch"]["observations"] for service in services}
    assert templates == {(BY_CATEGORY if by_category else TEMPLATES)["observations"]}
    assert by_category == all("category=laboratory" in template for template in templates)


class TestPrefetchedByANarrowerTemplate:
    """The self link says how was searched (FHIR R4, search, "server conformance")."""

    def request(self, key: str, narrowing: str, *, alone: bool = False) -> dict[str, Any]:
        request = request_of(POTENTIAL)
        searched = request["prefetch"][key]
        kind = searched["entry"][0]["resource"]["resourceType"] if searched.get("entry") else "ServiceRequest"
        url = f"{BASE}/{kind}?patient={POTENTIAL}&_count=1000{narrowing}"
        searched["link"] = [{"relation": "self", "url": url}]
        if alone:
            searched["entry"] = [entry for entry in searched["entry"] if not is_hbsag(entry["resource"])]
            searched["total"] = len(searched["entry"])
        return request

    @pytest.mark.parametrize("narrowing", ["&category=laboratory", "&date=ge2025-01-01", "&code:in=vs"])
    def test_is_a_part_of_what_there_is(self, narrowing: str) -> None:
        found = hepatitis(self.request("observations", narrowing, alone=True), client())
        assert [need["why"] for need in found["needs"]] == ["not-retrieved"]

    @pytest.mark.parametrize("narrowing", ["", "&_sort=-date", "&_getpages=7&ct=x&sessionID=1"])
    def test_what_is_as_wide_as_the_template_is_whole(self, narrowing: str) -> None:
        found = hepatitis(self.request("observations", narrowing, alone=True), client())
        assert [need["why"] for need in found["needs"]] == ["never-measured"]

    def test_is_asked_for_as_a_whole_where_the_server_may_be_called(self) -> None:
        ehr = Searching(None)
        http = hook_beside(ehr, settings={"show_ineligible": True})
        narrowed = self.request("observations", "&category=laboratory")["prefetch"]
        request = {**request_without(patient=POTENTIAL), "prefetch": narrowed}
        assert hepatitis(request, http)["outcome"] == "fail"
        assert ehr.searches == [False]

    @pytest.mark.parametrize(
        "categories",
        [
            ALL,
            f"{ALL},activity,therapy",
            ",".join(reversed(ALL.split(","))),
            ",".join(f"{NAMES}/observation-category|{category}" for category in ALL.split(",")),
            quote(ALL),
        ],
    )
    def test_by_all_categories_of_its_template_is_whole_for_a_client_that_has_one(
        self, categories: str
    ) -> None:
        http = hook_beside(preset="epic", served_triggers=())
        found = hepatitis(self.request("observations", f"&category={categories}", alone=True), http)
        assert [need["why"] for need in found["needs"]] == ["never-measured"]

    @pytest.mark.parametrize(
        "narrowing",
        [
            "&category=laboratory",
            f"&category={ALL.removesuffix(',clinical-test')}",
            f"&category={ALL}&category=laboratory",
            f"&category:not={ALL}",
            f"&category={ALL}&date=ge2025-01-01",
        ],
    )
    def test_by_fewer_than_its_template_names_is_a_part_for_it_too(self, narrowing: str) -> None:
        """An analyst typed in less than was printed for Epic: what was left out is not known to be absent."""
        http = hook_beside(preset="epic", served_triggers=())
        found = hepatitis(self.request("observations", narrowing, alone=True), http)
        assert [need["why"] for need in found["needs"]] == ["not-retrieved"]

    @pytest.mark.parametrize("value", ["searchset", "nothing"])
    def test_is_a_part_where_only_the_profile_tells_that_the_template_is_narrower(self, value: str) -> None:
        request = self.request("observations", "", alone=True)
        if value == "searchset":
            del request["prefetch"]["observations"]["link"]
        else:
            request["prefetch"]["observations"] = None
        trusted, told_of = (
            hepatitis(request, hook_beside(narrower_keys=keys)) for keys in ((), ("observations",))
        )
        assert [need["why"] for need in trusted["needs"]] == ["never-measured"]
        assert [need["why"] for need in told_of["needs"]] == ["not-retrieved"]

    def test_by_fewer_is_asked_for_by_all_where_the_server_may_be_called(self) -> None:
        ehr = Searching(LABORATORY, demands=400)
        http = hook_beside(ehr, preset="epic", served_triggers=(), settings={"show_ineligible": True})
        narrowed = self.request("observations", "&category=vital-signs", alone=True)["prefetch"]
        request = {**request_without(patient=POTENTIAL), "prefetch": narrowed}
        assert hepatitis(request, http)["outcome"] == "fail"
        [asked] = [sent.url.params["category"] for sent in ehr.asked if "category" in sent.url.params]
        assert asked == ALL

    def test_active_diagnoses_are_not_all_diagnoses(self) -> None:
        whole = cards_of(self.request("conditions", ""))
        part = cards_of(self.request("conditions", "&clinical-status=active"))
        presumed = {name for name, found in findings_of(whole[0]).items() if found["outcome"] == "presumed"}
        left = {name for name, found in findings_of(part[0]).items() if found["outcome"] == "presumed"}
        assert left < presumed

    @pytest.mark.parametrize("status", ["active", "active,on-hold"])
    def test_orders_are_asked_for_by_status_anyhow(self, status: str) -> None:
        by_status = self.request("serviceRequests", f"&status={status}")
        assert told(cards_of(by_status)) == told(cards_of(request_of(POTENTIAL)))
