"""What was found, rule by rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
import yaml

Keyword = Literal["MUST", "SHOULD", "MAY"]
Side = Literal["service", "client", "both"]
Status = Literal["passed", "failed", "skipped", "not-applicable"]

BREAKDOWNS = "5xx"
"""In the place of a rule's number."""

_MOST_TOLD = 5
"""Failures told of one rule; a fault that every card has is one fault."""


class Item(msgspec.Struct, frozen=True):
    """A rule. ``untried``: why it is not tried from outside, where that is so."""

    number: str
    keyword: Keyword
    side: Side
    rule: str
    untried: str | None = None


class Failure(msgspec.Struct, frozen=True):
    """``where``: the call, and the element within its answer. ``what`` was wrong."""

    where: str
    what: str


class Result(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was found of one rule.

    Attributes:
        checked: how often it was looked at.
        failures: the first ones, and ``failed`` how many there were.
        reason: why it was skipped or does not apply; of a rule that passed, what limits that.
    """

    number: str
    keyword: Keyword
    side: Side
    rule: str
    status: Status = msgspec.field()
    checked: int = 0
    failed: int = 0
    failures: tuple[Failure, ...] = ()
    reason: str | None = None

    @property
    def binding(self) -> bool:
        """Whether it is a MUST that binds a service."""
        return self.keyword == "MUST" and self.side != "client"


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """All rules, C1 to C96.

    Attributes:
        breakdowns: whether the service broke down (5xx). The specification lets a service answer so (C56) and
            names no rule; but a request that it allows, or one that is to be refused, is no reason to.
        stopped: why not all calls were made, where that is so.
    """

    base_url: str
    services: tuple[str, ...]
    calls: int
    results: tuple[Result, ...]
    breakdowns: Result
    stopped: str | None = None

    @property
    def broken(self) -> tuple[Result, ...]:
        """The rules that bind a service, and that this one breaks."""
        found = (*self.results, self.breakdowns)
        return tuple(result for result in found if result.status == "failed" and result.binding)


def breakdowns_in(told: Iterable[tuple[str, int]]) -> Result:
    """The calls that were answered with a 5xx, of all: each with the status."""
    calls = tuple(told)
    failures = tuple(Failure(where, f"answered {status}") for where, status in calls if status >= 500)
    return Result(
        number=BREAKDOWNS,
        keyword="MUST",
        side="service",
        rule="no call of the suite makes the service break down: what is legal gets cards or 412, else a 4xx",
        status="failed" if failures else "passed",
        checked=len(calls),
        failed=len(failures),
        failures=failures[:_MOST_TOLD],
    )


@cache
def items() -> dict[str, Item]:
    """The rules by number."""
    text = files("conformance").joinpath("items.yaml").read_text("utf-8")
    return {number: Item(number, *told) for number, told in yaml.safe_load(text).items()}


class Ledger:
    """Gathers what is seen while the suite runs."""

    def __init__(self) -> None:
        self._checked: dict[str, int] = defaultdict(int)
        self._failures: dict[str, list[Failure]] = defaultdict(list)
        self._reasons: dict[str, tuple[Status, str]] = {}
        self._remarks: dict[str, str] = {}

    def check(self, number: str, good: bool, where: str, what: str) -> bool:
        """One look at a rule; ``what`` is told if it is not ``good``, which is returned."""
        self._checked[number] += 1
        if not good:
            self._failures[number].append(Failure(where, what))
        return good

    def skip(self, numbers: Iterable[str], why: str) -> None:
        """Rules that were not looked at although they could be."""
        for number in numbers:
            self._reasons.setdefault(number, ("skipped", why))

    def not_applicable(self, numbers: Iterable[str], why: str) -> None:
        """Rules that have no object here."""
        for number in numbers:
            self._reasons.setdefault(number, ("not-applicable", why))

    def remark(self, number: str, what: str) -> None:
        """What limits a rule that passed."""
        self._remarks[number] = what

    def results(self) -> tuple[Result, ...]:
        """Every rule, in order."""
        return tuple(self._result(item) for item in items().values())

    def _result(self, item: Item) -> Result:
        failures = tuple(dict.fromkeys(self._failures[item.number]))
        status: Status
        if self._checked[item.number]:
            status, reason = "failed" if failures else "passed", self._remarks.get(item.number)
        elif item.untried is not None:
            status, reason = "not-applicable", item.untried
        else:
            nothing: tuple[Status, str] = ("not-applicable", "nothing was there to look at")
            status, reason = self._reasons.get(item.number, nothing)
        return Result(
            number=item.number,
            keyword=item.keyword,
            side=item.side,
            rule=item.rule,
            status=status,
            checked=self._checked[item.number],
            failed=len(failures),
            failures=failures[:_MOST_TOLD],
            reason=reason,
        )
