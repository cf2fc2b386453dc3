"""The hook beside real FHIR servers: what it fetches decides as what is prefetched does.

Each case is held against the request of an EHR that prefetches everything.
"""

from __future__ import annotations

import httpx
import pytest

from app.prefetch_table import TEMPLATES
from sandbox.charts import bundled_id, charts
from tests.app.service import cards_of
from tests.servers.beside import (
    Beside,
    application,
    everything_prefetched,
    half_prefetched,
    judgements,
    judgements_of_full_prefetch,
    without,
)

BUNDLED = [name for name in charts() if name == bundled_id(name)]


@pytest.mark.parametrize("patient", charts())
def test_with_nothing_prefetched_and_pages_of_20_the_cards_are_those_of_a_full_prefetch(
    patient: str, beside: Beside
) -> None:
    # No template asks for Medications: in full it is the same chart with its drugs told in place.
    whole = patient.removesuffix("-named")
    assert judgements(beside.cards("paged", patient, None)) == judgements_of_full_prefetch(whole)


@pytest.mark.parametrize("patient", [*BUNDLED, "lin-mei-statements", "amara-diallo-requests"])
def test_the_second_server_leads_to_the_same_cards(patient: str, beside: Beside) -> None:
    assert judgements(beside.cards("another", patient, None)) == judgements_of_full_prefetch(patient)


@pytest.mark.parametrize("patient", ["lin-mei-named", "wang-jianguo-named"])
def test_drugs_that_are_only_named_are_fetched_from_the_second_server_too(
    patient: str, beside: Beside
) -> None:
    whole = judgements_of_full_prefetch(bundled_id(patient))
    assert judgements(beside.cards("another", patient, None)) == whole


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("patient", ["sofia-reyes", "amara-diallo-statements"])
@pytest.mark.parametrize("server", ["fhir", "another"])
def test_of_a_half_prefetched_chart_the_other_half_is_fetched(
    server: str, patient: str, half: int, beside: Beside
) -> None:
    kept = half_prefetched(patient, half)
    assert judgements(beside.cards(server, patient, kept)) == judgements_of_full_prefetch(patient)


def test_without_a_server_what_was_not_prefetched_is_not_retrieved() -> None:
    request = without(everything_prefetched("sofia-reyes"), {"MedicationRequest", "Observation"})
    with application() as http:
        cards = cards_of(request, http)
    assert judgements(cards) != judgements_of_full_prefetch("sofia-reyes")


@pytest.mark.parametrize("patient", ["lin-mei", "daniel-okafor"])
@pytest.mark.parametrize("server", ["paged", "another"])
def test_where_a_server_prefetched_first_pages_only_the_others_are_fetched(
    server: str, patient: str, beside: Beside
) -> None:
    prefetched = {
        key: httpx.get(
            f"{beside.servers[server]}/{template}".replace("{{context.patientId}}", patient)
        ).json()
        for key, template in TEMPLATES.items()
    }
    assert any(link["relation"] == "next" for link in prefetched["observations"]["link"])
    assert judgements(beside.cards(server, patient, prefetched)) == judgements_of_full_prefetch(patient)


@pytest.mark.parametrize(
    ("server", "patient", "absent"),
    [
        ("requests", "lin-mei", "MedicationStatement"),
        ("requests", "amara-diallo-requests", "MedicationStatement"),
        ("statements", "lin-mei-statements", "MedicationRequest"),
        ("statements", "wang-jianguo-statements", "MedicationRequest"),
    ],
)
def test_a_server_that_knows_one_dialect_of_medication_is_not_asked_for_the_other(
    server: str, patient: str, absent: str, beside: Beside
) -> None:
    with application(not_offered=(absent,)) as http:
        expected = judgements(cards_of(without(everything_prefetched(patient), {absent}), http))
    assert judgements(beside.cards(server, patient, None)) == expected


@pytest.mark.parametrize("patient", BUNDLED)
def test_a_chart_told_in_statements_is_judged_as_one_told_in_requests(patient: str) -> None:
    assert judgements_of_full_prefetch(f"{patient}-statements") == judgements_of_full_prefetch(patient)
