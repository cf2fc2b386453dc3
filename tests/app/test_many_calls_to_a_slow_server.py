"""Many charts are opened at once, nothing is prefetched, and one FHIR server is too slow for all of it.

Each call is answered: from whole charts where time allows, else with what could not be had as not retrieved.
412 is for calls whose Patient, or whose diagnoses, could truly not be had.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import httpx

from app.prefetch_table import RESOURCE_TYPES
from tests.app.ehr import Ehr, calling, hook_beside, request_without
from tests.app.service import HOOK, POTENTIAL, cards_of, findings_of, request_of, screening_of
from tests.fhir_mappings.client.misbehaving import Behaviour, answer, serving

FIRST = {"Patient", "Condition", "metadata"}
DECIDED = {"pass", "presumed", "fail"}


def slow(seconds: float, *spared: str) -> Behaviour:
    """A FHIR server that takes its time, except for the types that are spared."""
    ehr = Ehr(POTENTIAL)

    async def behave(line: str, writer: asyncio.StreamWriter) -> None:
        path = line.split(" ")[1]
        kind = path.removeprefix("/fhir/").partition("?")[0].partition("/")[0]
        if kind not in spared:
            await asyncio.sleep(seconds)
        told = ehr.answer(httpx.Request("GET", f"http://ehr.example{path}"))
        ehr.asked.clear()
        writer.write(answer(told.content, status=f"{told.status_code} Said"))

    return behave


def answers(behaviour: Behaviour, calls: int, **settings: Any) -> list[httpx.Response]:
    """The answers to calls that come all at once."""

    async def all_at_once(base: str) -> list[httpx.Response]:
        hook = hook_beside(fhir_servers=(base,), allow_private_addresses=True, settings=settings)
        request = request_without(*RESOURCE_TYPES, patient=POTENTIAL, fhirServer=base)
        async with calling(hook) as http:
            return list(
                await asyncio.gather(*(http.post(HOOK, json=request, timeout=120) for _ in range(calls)))
            )

    with serving(behaviour) as server:
        return asyncio.run(all_at_once(server.base))


@cache
def whole() -> dict[str, dict[str, Any]]:
    """The findings of the whole record, by protocol."""
    return {screening_of(card)["protocol"]: findings_of(card) for card in cards_of(request_of(POTENTIAL))}


def must_be_right(answered: httpx.Response) -> None:
    """Cards of which each finding is that of the whole record, or open."""
    assert answered.status_code == 200, answered.text
    cards = answered.json()["cards"]
    assert {screening_of(card)["protocol"] for card in cards} == whole().keys()
    for card in cards:
        for criterion, finding in findings_of(card).items():
            known = whole()[screening_of(card)["protocol"]][criterion]["outcome"]
            assert finding["outcome"] == known or finding["outcome"] not in DECIDED, criterion


def not_retrieved(answered: httpx.Response) -> bool:
    return any(
        need["why"] == "not-retrieved"
        for card in answered.json()["cards"]
        for finding in findings_of(card).values()
        for need in finding.get("needs", ())
    )


def test_where_a_server_answers_nothing_but_patient_and_diagnoses_each_call_has_them() -> None:
    # What does not answer would take all turns of the server, 60 by default, with the first eight calls.
    answered = answers(slow(60, *FIRST), calls=40)
    assert len(answered) == 40
    for each in answered:
        must_be_right(each)
        assert not_retrieved(each)


def test_where_a_server_is_too_slow_for_all_whole_charts_each_call_is_answered() -> None:
    # 80 requests in the time, of which 32 are urgent; whole charts would take 272.
    answered = answers(slow(0.2), calls=16, fetch_server_concurrency=4)
    assert len(answered) == 16
    for each in answered:
        must_be_right(each)
