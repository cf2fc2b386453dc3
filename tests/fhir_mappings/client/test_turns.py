"""Who goes first where many wait for one server, and that no place is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fhir_mappings.client.turns import Turns


class Waiting:
    """Requests that wait for their turn, and the order in which they have it."""

    def __init__(self, most: int, kept: int = 0) -> None:
        self.turns = Turns(most, kept)
        self.order: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.over: dict[str, asyncio.Event] = {}

    async def ask(self, name: str, deadline: float = 1.0, *, urgent: bool = False) -> None:
        self.over[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._ask(name, deadline, urgent))
        await settled()

    async def _ask(self, name: str, deadline: float, urgent: bool) -> None:
        async with self.turns.turn(deadline, urgent=urgent):
            self.order.append(name)
            await self.over[name].wait()

    async def answer(self, name: str) -> None:
        self.over[name].set()
        await settled()

    async def give_up(self, *names: str) -> None:
        for name in names:
            self.tasks[name].cancel()
        await settled()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(work: Callable[[Waiting], Coroutine[Any, Any, None]], most: int = 1, kept: int = 0) -> list[str]:
    """The order in which the requests had their turn."""

    async def all_of_it() -> list[str]:
        waiting = Waiting(most, kept)
        await work(waiting)
        for task in waiting.tasks.values():
            task.cancel()
        return waiting.order

    return asyncio.run(all_of_it())


def test_what_is_urgent_goes_first_whoever_came_first() -> None:
    async def work(waiting: Waiting) -> None:
        await waiting.ask("under way")
        await waiting.ask("drugs of the first call", 1.0)
        await waiting.ask("patient of the second call", 2.0, urgent=True)
        await waiting.answer("under way")
        await waiting.answer("patient of the second call")

    assert run(work) == ["under way", "patient of the second call", "drugs of the first call"]


def test_of_what_is_alike_that_of_the_call_goes_first_which_is_over_first() -> None:
    async def work(waiting: Waiting) -> None:
        await waiting.ask("under way")
        await waiting.ask("late", 3.0)
        await waiting.ask("soon", 2.0)
        await waiting.ask("soon, and later asked", 2.0)
        for name in ("under way", "soon", "soon, and later asked"):
            await waiting.answer(name)

    assert run(work) == ["under way", "soon", "soon, and later asked", "late"]


def test_a_place_that_is_kept_is_taken_by_what_is_urgent_alone() -> None:
    async def work(waiting: Waiting) -> None:
        for name in ("a", "b", "c"):
            await waiting.ask(name)
        assert waiting.order == ["a", "b"]
        await waiting.ask("urgent", urgent=True)
        await waiting.ask("urgent too", urgent=True)
        assert waiting.order == ["a", "b", "urgent"]
        await waiting.answer("urgent")
        assert waiting.order[-1] == "urgent too"
        await waiting.answer("urgent too")
        assert "c" not in waiting.order
        await waiting.answer("a")

    assert run(work, most=3, kept=1)[-1] == "c"


def test_urgent_requests_may_take_all_places_and_no_more() -> None:
    async def work(waiting: Waiting) -> None:
        for name in ("a", "b", "c", "d"):
            await waiting.ask(name, urgent=True)

    assert run(work, most=3, kept=1) == ["a", "b", "c"]


def test_who_gives_up_waiting_is_passed_over() -> None:
    async def work(waiting: Waiting) -> None:
        for name in ("under way", "gone", "next"):
            await waiting.ask(name)
        await waiting.give_up("gone")
        await waiting.answer("under way")

    assert run(work) == ["under way", "next"]


def test_who_gives_up_as_the_turn_comes_leaves_the_place_to_the_next() -> None:
    async def work(waiting: Waiting) -> None:
        for name in ("under way", "gone", "next"):
            await waiting.ask(name)
        waiting.over["under way"].set()
        await asyncio.sleep(0)  # so that the place is given, and not yet taken
        await waiting.give_up("gone")

    assert run(work) == ["under way", "next"]


def test_who_gives_up_while_under_way_leaves_the_place_to_the_next() -> None:
    async def work(waiting: Waiting) -> None:
        await waiting.ask("under way")
        await waiting.ask("next")
        await waiting.give_up("under way")

    assert run(work) == ["under way", "next"]
