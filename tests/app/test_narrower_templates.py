"""A prefetched searchset that any search parameter of R4 narrowed tells nothing of what it left out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.prefetch_table import RESOURCE_TYPES
from tests.app.ehr import BASE, KEYS, Ehr, hook_beside, request_without
from tests.app.service import LUPUS, cards_of, findings_of, searchset

SNOMED, CVX = "http://snomed.info/sct", "http://hl7.org/fhir/sid/cvx"
RXNORM, ICD_10 = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/icd-10"
WHOSE = {"reference": f"Patient/{LUPUS}"}

pytestmark = pytest.mark.usefixtures("network")


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def resource(kind: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": "left-out", **elements}


LEFT_OUT = [
    (
        "study=ResearchStudy/ours",
        resource(
            "ResearchSubject",
            status="on-study",
            period={"start": "2026-05-20"},
            study={"display": "A trial of drug X"},
            individual=WHOSE,
        ),
    ),
    (
        "abatement-date=lt2020",
        resource(
            "Condition",
            code=coded(ICD_10, "C50.9"),
            clinicalStatus=coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
            onsetDateTime="2025-01-01",
            subject=WHOSE,
        ),
    ),
    (
        "reason-code=lupus",
        resource(
            "Procedure",
            status="completed",
            code=coded(SNOMED, "20720000"),
            performedDateTime="2026-06-10",
            subject=WHOSE,
        ),
    ),
    (
        "series=primary",
        resource(
            "Immunization",
            status="completed",
            vaccineCode=coded(CVX, "05"),
            occurrenceDateTime="2026-06-01",
            patient=WHOSE,
        ),
    ),
    (
        "reason-given=pain",
        resource(
            "MedicationAdministration",
            status="completed",
            medicationCodeableConcept=coded(RXNORM, "121191"),
            effectiveDateTime="2026-05-20",
            dosage={"dose": {"value": 1000, "unit": "mg"}},
            subject=WHOSE,
        ),
    ),
]


class Holding(Ehr):
    """A server with one resource more than the chart, and that heeds no parameter but the patient."""

    def __init__(self, one: dict[str, Any]) -> None:
        super().__init__(LUPUS)
        self.resources.setdefault(one["resourceType"], []).append(one)


def narrowed(request: dict[str, Any], kind: str, query: str) -> dict[str, Any]:
    """The request, whose searchset for that type says that it was searched so."""
    key = KEYS[kind]
    found = request["prefetch"].get(key) or searchset()
    found["link"] = [{"relation": "self", "url": f"{BASE}/{kind}?patient={LUPUS}&{query}"}]
    request["prefetch"][key] = found
    return request


def outcomes(request: dict[str, Any], http: Any) -> dict[tuple[str, str], str]:
    """What each criterion of each trial comes to."""
    cards = cards_of(request, http)
    return {
        (card["extension"]["org.trialcards.screening"]["protocol"], name): found["outcome"]
        for card in cards
        for name, found in findings_of(card).items()
    }


SHOWN = {"settings": {"show_ineligible": True}}


@pytest.mark.parametrize(("query", "one"), LEFT_OUT)
def test_what_a_narrower_search_left_out_is_fetched_and_counts(query: str, one: dict[str, Any]) -> None:
    kind = one["resourceType"]
    server = hook_beside(Holding(one), **SHOWN)
    without = outcomes(request_without(), hook_beside(**SHOWN))
    whole = outcomes(request_without(KEYS[kind]), server)
    part = outcomes(narrowed(request_without(), kind, query), server)
    failed = {name for name, outcome in whole.items() if outcome == "fail" != without[name]}
    assert failed
    assert {part[name] for name in failed} == {"fail"}


@pytest.mark.parametrize(("query", "one"), LEFT_OUT)
def test_without_a_server_it_is_missing_and_not_counted_as_none(query: str, one: dict[str, Any]) -> None:
    kind = one["resourceType"]
    whole = outcomes(request_without(KEYS[kind]), hook_beside(Holding(one), **SHOWN))
    request = narrowed(request_without(), kind, query)
    del request["fhirServer"], request["fhirAuthorization"]
    part = outcomes(request, hook_beside(**SHOWN))
    failed = {name for name, outcome in whole.items() if outcome == "fail"}
    assert not {name for name in failed if part[name] in ("pass", "presumed")}
    assert "missing" in {part[name] for name in failed}


@pytest.mark.parametrize("own", ["_getpages=7&_bundletype=searchset", "sessionID=7-2B9F", "ct=W3sidG9"])
def test_pages_that_a_server_finds_by_its_own_token_are_no_parts(own: str) -> None:
    def instead(request: httpx.Request) -> httpx.Response | None:
        kind = request.url.path.rpartition("/")[2]
        if not request.url.params.get("patient"):
            return None
        link = [{"relation": "self", "url": f"{BASE}/{kind}?patient={LUPUS}&{own}"}]
        return httpx.Response(200, json=searchset(*ehr.resources.get(kind, ()), link=link))

    ehr = Ehr(LUPUS, instead=instead)
    keys = [key for key in RESOURCE_TYPES if key != "patient"]
    assert outcomes(request_without(*keys), hook_beside(ehr)) == outcomes(request_without(), hook_beside())
