"""What a recipe writes into a chart, before any dialect: one entry makes one resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from synth.errors import RecipeError
from synth.terms import shaped

Kind = Literal[
    "result", "form", "problem", "drug", "infusion", "report", "procedure", "vaccine", "allergy",
    "encounter", "study", "consent", "order",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
_KIND_SET = frozenset(KINDS)

Day = int | str
"""A day as ``synth.days`` writes it."""
DayRange = Day | tuple[Day, Day]
"""One day, or any from the first to the second."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry.

    Attributes:
        kind, of: what it is, and the term it is of; words alone where ``words`` are given.
        at: the day of what happens once; since, until: the days of what lasts.
        value: of a result, in the unit of the US dialect; two numbers span a range, any of which will do.
        tied: whether the value goes up or down, about or exactly, with how severe the patient's disease is.
        exactly: the value as each dialect writes it, where the value itself matters.
        answer: a coded answer, in place of a value; said: one in words.
        unit: display and UCUM code in place of the test's; ``none`` leaves it out.
        ranged: whether the reference range comes with the result.
        items: of a form, by name.
        words: in place of the term's, by language.
        per_day, doses: the dose of a day in mg, and in how many parts; whether at most that, as needed.
        precision: of the days of one that happens once.
        reason: the term for which a patient was admitted.
    """

    kind: Kind
    of: str = ""
    at: DayRange | None = None
    since: DayRange | None = None
    until: DayRange | None = None
    status: str | None = None
    words: Mapping[str, str] = {}
    # results and forms
    value: float | tuple[float, float] | None = None
    tied: Literal["up", "down", "exact"] | None = None
    exactly: Mapping[str, float] = {}
    comparator: str | None = None
    answer: str | None = None
    said: Mapping[str, str] = {}
    unit: tuple[str, str] | Literal["none"] | None = None
    ranged: bool = True
    items: Mapping[str, Any] = {}
    # problems
    clinical: str = "active"
    verification: str = "confirmed"
    # drugs
    per_day: float | None = None
    doses: int = 1
    as_needed: bool = False
    route: str | None = "oral"
    precision: Literal["day", "month", "year"] = "day"
    # allergies
    category: str | None = None
    criticality: str | None = None
    severity: str | None = None
    type: str | None = None
    # encounters
    inpatient: bool = False
    reason: str | None = None
    # studies and consents
    interventional: bool = True
    trial: str | None = None
    decision: Literal["permit", "deny"] = "permit"


def entry_of(data: Mapping[str, Any], place: str) -> Entry:
    """The entry that a recipe writes as ``{result: upcr, value: 2.1, at: 5}``.

    Raises:
        RecipeError: it is none.
    """
    found = [kind for kind in KINDS if kind in data]
    if len(found) != 1:
        raise RecipeError(f"{place}: an entry is one of {', '.join(KINDS)}; here are {found or 'none'}")
    rest = {name: value for name, value in data.items() if name != found[0]}
    return shaped(rest | {"kind": found[0], "of": data[found[0]] or ""}, Entry, place)


def merged(
    before: Mapping[str, Any] | None, change: Mapping[str, Any] | None, place: str
) -> dict[str, Any] | None:
    """An entry as a recipe changes it: whole where it names its kind, else by the fields that it names.

    Raises:
        RecipeError: there is nothing to change.
    """
    if change is None:
        return None
    if not _KIND_SET.isdisjoint(change):
        return dict(change)
    if before is None:
        raise RecipeError(f"{place}: there is no such entry to change; a new one names its kind")
    return {**before, **change}
