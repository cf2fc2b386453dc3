"""A large chart is read beside the event loop: others are answered meanwhile, and the answer is the same."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from app import aside as module
from app.aside import BYTES_A_RESOURCE, MANY, aside, weight
from tests.app.ehr import NETWORK, Ehr, hook_beside, request_without, told
from tests.app.service import cards_of, fire, outcome_of, request_of


def test_the_loop_goes_on_while_many_resources_are_worked_on() -> None:
    async def run() -> int:
        ticks = 0
        work = asyncio.ensure_future(aside(MANY, lambda: time.sleep(0.3)))
        while not work.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert asyncio.run(run()) > 5


@pytest.mark.parametrize(("resources", "apart"), [(MANY - 1, False), (MANY, True)])
def test_a_thread_is_for_many_resources_only(resources: int, apart: bool) -> None:
    worker = asyncio.run(aside(resources, threading.current_thread))
    assert (worker is not threading.main_thread()) is apart


@pytest.mark.parametrize(
    ("sizes", "weighs"),
    [([], 0), ([10] * 7, 7), ([BYTES_A_RESOURCE * MANY], MANY), ([BYTES_A_RESOURCE * MANY // 2] * 2, MANY)],
)
def test_few_long_documents_weigh_as_much_as_many_resources(sizes: list[int], weighs: int) -> None:
    assert weight(sizes) == weighs


@pytest.mark.parametrize("resources", [0, MANY])
def test_what_goes_wrong_is_told_as_ever(resources: int) -> None:
    def work() -> None:
        raise KeyError("k")

    with pytest.raises(KeyError, match="k"):
        asyncio.run(aside(resources, work))


class TestTheHook:
    def test_answers_the_same_from_a_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with NETWORK:
            at_once = told(cards_of(request_without("observations"), hook_beside(Ehr())))
            monkeypatch.setattr(module, "MANY", 0)
            assert told(cards_of(request_without("observations"), hook_beside(Ehr()))) == at_once

    def test_refuses_the_same_from_a_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MANY", 0)
        request = request_of()
        request["prefetch"]["patient"] = None
        assert outcome_of(fire(request), 412)["expression"] == ["prefetch.patient"]
