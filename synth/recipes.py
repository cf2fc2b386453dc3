"""The recipes: patients as data, each with what a screening is meant to find of it.

A chart begins with the ``base``, which may join both trials as far as data can say. A *variant* adds what
goes with sex, a *group* makes it another disease, and up to three *deviations* change single findings. Each
names what it changes in the chart, and to what every finding that it touches changes; what touches the same
is never put together.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from synth.entries import entry_of, merged
from synth.errors import RecipeError
from synth.terms import read_all, shaped

Outcome = Literal["pass", "presumed", "fail", "review-pass", "review-fail", "missing", "attest"]
Population = Literal["lupus", "background"]
Change = Mapping[str, Any] | None
Trials = Mapping[str, Mapping[str, Any]]


class Clearing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a failure is over by time alone: ``window`` after the day ``field`` of the entry ``slot``."""

    slot: str
    field: Literal["at", "since", "until"] = "at"
    window: str


class Intended(msgspec.Struct, frozen=True, kw_only=True):
    """What is meant to come out of one criterion.

    Attributes:
        birthday: the failure is over on that birthday.
        missing: what is missing, by input of the protocol: for which reason.
    """

    outcome: Outcome
    clearing: Clearing | None = None
    birthday: int | None = None
    missing: Mapping[str, str] = {}


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the patient is: ``age`` in completed years, or ``born`` as ``synth.days`` writes it."""

    age: tuple[int, int] | None = None
    born: str | None = None
    born_precision: Literal["day", "year", "none"] = "day"
    sex: Literal["female", "male"] | None = None
    deceased: bool = False


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of the base; see the module.

    Attributes:
        text: what it is, in one sentence.
        share: how often it is drawn, relative to the others.
        population: of groups.
        variants: with which variants it can go; all by default.
        alone: whether it is never put together with deviations.
        whole: whether its chart replaces the base rather than changing it.
        gates: where another grade of evidence, or none, of a trial's disease is meant to be found.
        chart: what changes, by slot.
        findings: what comes out differently, by trial and criterion or part.
    """

    id: str
    text: str
    share: float = 1.0
    population: Population = "lupus"
    variants: tuple[str, ...] = ()
    alone: bool = False
    whole: bool = False
    person: Person = Person()
    gates: Mapping[str, str | None] = {}
    chart: Mapping[str, Change] = {}
    findings: Trials = {}

    def touched(self) -> frozenset[str]:
        """What it changes: slots, findings and the person."""
        found = {f"{trial}/{name}" for trial, names in self.findings.items() for name in names}
        person = {"person"} if self.person != Person() else set()
        return frozenset(found | set(self.chart) | person)


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trial: its criteria in order, each with the ids of its parts, and what the base is meant to have."""

    criteria: Mapping[str, tuple[str, ...]]
    gate: str
    findings: Mapping[str, Any]


class Recipes(msgspec.Struct, frozen=True, kw_only=True):
    """All of them. ``deviations_per_patient``: the shares of patients with none, one, two and three."""

    trials: Mapping[str, Trial]
    base: Recipe
    variants: tuple[Recipe, ...]
    groups: tuple[Recipe, ...]
    deviations: tuple[Recipe, ...]
    deviations_per_patient: tuple[float, ...]


def intended(data: Any, place: str) -> Intended:
    """What a recipe writes as ``pass``, ``missing: {upcr: stale}`` or ``fail: {slot: mmr, window: 28d}``.

    Raises:
        RecipeError: it is none of these.
    """
    if isinstance(data, str):
        return shaped({"outcome": data}, Intended, place)
    if not isinstance(data, Mapping) or len(data) != 1:
        raise RecipeError(f"{place}: name one outcome")
    ((outcome, more),) = data.items()
    if outcome == "missing":
        if not more:
            raise RecipeError(f"{place}: name what is missing, and why")
        return shaped({"outcome": outcome, "missing": more}, Intended, place)
    if "birthday" in more:
        return shaped({"outcome": outcome, "birthday": more["birthday"]}, Intended, place)
    return shaped({"outcome": outcome, "clearing": more}, Intended, place)


@functools.cache
def recipes() -> Recipes:
    """The recipes of the package.

    Raises:
        RecipeError: one of them cannot be used.
    """
    together: dict[str, Any] = {"deviations": []}
    for name, content in read_all("recipes"):
        together["deviations"] += content.pop("deviations", [])
        if repeated := together.keys() & content.keys():
            raise RecipeError(f"{name}: {', '.join(sorted(repeated))} was written before")
        together |= content
    found = shaped(together, Recipes, "synth/recipes")
    _check(found)
    return found


def _check(found: Recipes) -> None:
    everything = [found.base, *found.variants, *found.groups, *found.deviations]
    ids = [recipe.id for recipe in everything]
    if repeated := {each for each in ids if ids.count(each) > 1}:
        raise RecipeError(f"{', '.join(sorted(repeated))}: there are several recipes of this name")
    names = {
        trial: {*entry.criteria, *(part for parts in entry.criteria.values() for part in parts)}
        for trial, entry in found.trials.items()
    }
    for recipe in everything:
        for trial, findings in recipe.findings.items():
            if unknown := findings.keys() - names.get(trial, set()):
                raise RecipeError(f"{recipe.id}: {trial} has no {', '.join(sorted(unknown))}")
            for criterion, data in findings.items():
                intended(data, f"{recipe.id}: {trial}/{criterion}")
        for slot, change in recipe.chart.items():
            before = None if recipe.whole else found.base.chart.get(slot)
            entry = merged(before, change, f"{recipe.id}: {slot}")
            if entry is not None:
                entry_of(entry, f"{recipe.id}: {slot}")
