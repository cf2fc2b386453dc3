"""One patient of a deck: drawn, written and labelled.

Everything that is drawn of a patient comes from the deck's seed and the patient's own number, so that a
patient is the same in a deck of any size.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Any, Literal

import msgspec
from dateutil.relativedelta import relativedelta

from synth.days import clears_on, span
from synth.demographics import Demographics
from synth.entries import entry_of, merged
from synth.labels import Label, LabelledTrial, labelled
from synth.recipes import Change, Clearing, Intended, Person, Recipe, Recipes, intended, recipes
from synth.resources import Compiled, Compiler, medication_id
from synth.templates import Filled
from synth.terms import Dialect, Terms, terms
from synth.writing import Draw

DialectChoice = Literal["us", "si", "mixed"]
Written = list[tuple[str, str]]
"""Resource types and lines."""


OFTEN = 1
"""Combinations of so many deviations come again and are kept; of more, there are too many."""


class DeckPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a deck is made of.

    Attributes:
        as_of: the day on which it is to be judged.
        background: the share of patients who have no lupus.
    """

    as_of: date
    seed: int = 1
    dialect: DialectChoice = "mixed"
    background: float = 0.5


class Combination(msgspec.Struct, frozen=True):
    """Of what a patient is made, before anything is drawn of the chart."""

    style: str
    group: Recipe
    variant: Recipe
    deviations: tuple[Recipe, ...]


class Patients:
    """Makes the patients of a deck."""

    def __init__(self, plan: DeckPlan) -> None:
        self.plan = plan
        self.terms: Terms = terms()
        self.recipes: Recipes = recipes()
        dialects: tuple[Dialect, ...] = ("us", "si") if plan.dialect == "mixed" else (plan.dialect,)
        self._styles = [name for name, style in self.terms.styles.items() if style.dialect in dialects]
        self._style_shares = _cumulated(self.terms.styles[name].share for name in self._styles)
        self._compilers = {
            name: Compiler(self.terms, self.terms.styles[name], plan.as_of) for name in self._styles
        }
        self._demographics = {
            name: Demographics(self.terms, self.terms.styles[name], compiler.meta())
            for name, compiler in self._compilers.items()
        }
        self._medications = self._written_medications()
        self._groups = {
            population: [group for group in self.recipes.groups if group.population == population]
            for population in ("lupus", "background")
        }
        self._compiled: dict[tuple[str, str, str, tuple[str, ...]], Compiled] = {}
        self._charts: dict[tuple[str, str, str, tuple[str, ...]], list[tuple[str, Compiled]]] = {}
        self._intended: dict[tuple[str, str, tuple[str, ...]], dict[str, dict[str, Intended]]] = {}
        self._touched = {each.id: each.touched() for each in (*self.recipes.groups, *self.recipes.deviations)}
        self._dates = [(plan.as_of - timedelta(days=ago)).isoformat() for ago in range(45_000)]

    def patient_id(self, number: int) -> str:
        """The id of a patient."""
        return f"synthetic-{self.plan.seed}-{number:07d}"

    def made(self, number: int) -> tuple[Written, Label]:
        """The resources of a patient, the Patient first, and the label."""
        rng = random.Random(f"{self.plan.seed}:{number}")  # noqa: S311  # no secret hangs on it
        chosen = self._chosen(rng)
        return self.written(chosen, number, rng)

    def written(self, chosen: Combination, number: int, rng: random.Random) -> tuple[Written, Label]:
        """The resources and the label of a patient of this combination."""
        patient = self.patient_id(number)
        person = _person(chosen, self.recipes.base)
        born = self._born(person, rng)
        lines: Written = [
            ("Patient", self._demographics[chosen.style].line(patient, number, person, born, rng))
        ]
        severity = rng.random()
        drawn: dict[tuple[str, str], int] = {}
        dates, uniform = self._dates, rng.random
        values: Filled = {"p": patient}
        for slot, compiled in self._chart(chosen):
            for draw in compiled.draws:
                if draw.day:
                    ago = draw.low + int(uniform() * (draw.high - draw.low + 1))
                    drawn[slot, draw.name] = ago
                    values[draw.name] = dates[ago]
                else:
                    values[draw.name] = _number(draw, uniform(), severity)
            lines.append((compiled.template.kind, compiled.template.text % values))
        return lines, self._label(chosen, patient, born, drawn)

    def medications(self) -> Mapping[str, str]:
        """The Medications to which houses refer that keep them apart: lines, by reference."""
        return self._medications

    def medications_named(self, lines: str) -> list[str]:
        """Those of them to which these lines refer."""
        return [line for reference, line in self._medications.items() if f'"{reference}"' in lines]

    def _written_medications(self) -> dict[str, str]:
        referring = [name for name in self._styles if self.terms.styles[name].medication == "reference"]
        written: dict[str, str] = {}
        for name in referring[:1]:
            for drug, term in self.terms.drugs.items():
                medication: dict[str, Any] = {
                    "resourceType": "Medication",
                    "id": medication_id(drug),
                    "meta": self._compilers[name].meta(),
                    "code": self.terms.coded(term, self.terms.styles[name]),
                    "status": "active",
                }
                line = msgspec.json.encode(medication).decode()
                written[f"Medication/{medication['id']}"] = line
        return written

    def combined(
        self, group: Recipe, variant: Recipe, deviations: Sequence[Recipe], style: str
    ) -> Combination | None:
        """The combination, if these go together."""
        taken = set(self._touched[group.id])
        for deviation in deviations:
            if group.alone or (deviation.alone and len(deviations) > 1):
                return None
            if deviation.variants and variant.id not in deviation.variants:
                return None
            if not taken.isdisjoint(self._touched[deviation.id]):
                return None
            taken |= self._touched[deviation.id]
        return Combination(style, group, variant, tuple(deviations))

    # -- drawing ---------------------------------------------------------------------------------

    def _chosen(self, rng: random.Random) -> Combination:
        style = rng.choices(self._styles, cum_weights=self._style_shares)[0]
        population = "background" if rng.random() < self.plan.background else "lupus"
        group = _one_of(self._groups[population], rng)
        variants = [each for each in self.recipes.variants if not group.variants or each.id in group.variants]
        variant = _one_of(variants, rng)
        wanted = 0
        if not group.alone:
            shares = self.recipes.deviations_per_patient
            wanted = rng.choices(range(len(shares)), weights=shares)[0]
        combination = Combination(style, group, variant, ())
        # What does not go together is drawn anew; after that many times the patient has fewer.
        for _ in range(8 * wanted):
            if len(combination.deviations) == wanted:
                break
            more = (*combination.deviations, _one_of(self.recipes.deviations, rng))
            combination = self.combined(group, variant, more, style) or combination
        return combination

    def _born(self, person: Person, rng: random.Random) -> date:
        as_of = self.plan.as_of
        if person.born is not None:
            return as_of - span(person.born)
        youngest, oldest = person.age or (19, 64)
        latest = as_of - relativedelta(years=youngest)
        earliest = as_of - relativedelta(years=oldest + 1) + timedelta(days=1)
        return earliest + timedelta(days=rng.randrange((latest - earliest).days + 1))

    def _chart(self, chosen: Combination) -> list[tuple[str, Compiled]]:
        ids = tuple(sorted(deviation.id for deviation in chosen.deviations))
        key = (chosen.style, chosen.group.id, chosen.variant.id, ids)
        chart = self._charts.get(key)
        if chart is None:
            chart = self._compiled_chart(chosen)
            if len(ids) <= OFTEN:
                self._charts[key] = chart
        return chart

    def _compiled_chart(self, chosen: Combination) -> list[tuple[str, Compiled]]:
        layers = _layers(chosen, self.recipes.base)
        slots: dict[str, tuple[Change, tuple[str, ...]]] = {}
        for recipe in layers:
            for slot, change in recipe.chart.items():
                before, made_by = slots.get(slot, (None, ()))
                slots[slot] = (merged(before, change, f"{recipe.id}: {slot}"), (*made_by, recipe.id))
        chart = []
        for slot, (entry, made_by) in slots.items():
            if entry is None:
                continue
            key = (chosen.style, slot, "", made_by)
            if key not in self._compiled:
                place = f"{made_by[-1]}: {slot}"
                self._compiled[key] = self._compilers[chosen.style].compiled(entry_of(entry, place), slot)
            chart.append((slot, self._compiled[key]))
        return chart

    # -- labels ----------------------------------------------------------------------------------

    def _label(
        self, chosen: Combination, patient: str, born: date, drawn: Mapping[tuple[str, str], int]
    ) -> Label:
        gates: dict[str, str | None] = {name: trial.gate for name, trial in self.recipes.trials.items()}
        person = _person(chosen, self.recipes.base)
        for recipe in _layers(chosen, self.recipes.base):
            gates |= recipe.gates
        fixed = self._chart(chosen)

        def cleared(clearing: Clearing | int) -> str:
            if isinstance(clearing, int):
                return (born + relativedelta(years=clearing)).isoformat()
            ago = drawn.get((clearing.slot, clearing.field))
            if ago is None:
                ago = next(each.days[clearing.field] for slot, each in fixed if slot == clearing.slot)
            return clears_on(self.plan.as_of - timedelta(days=ago), clearing.window).isoformat()

        found = self._intended_of(chosen)
        trials: dict[str, LabelledTrial] = {}
        for name, trial in self.recipes.trials.items():
            gate = gates[name]
            if person.deceased:
                trials[name] = LabelledTrial(status="deceased")
            elif gate is None:
                trials[name] = LabelledTrial(status="not-applicable")
            else:
                trials[name] = labelled(trial, gate, found[name], cleared)
        return Label(
            patient=f"Patient/{patient}",
            dialect=self.terms.styles[chosen.style].dialect,
            style=chosen.style,
            group=chosen.group.id,
            variant=chosen.variant.id,
            recipes=tuple(deviation.id for deviation in chosen.deviations),
            trials=trials,
        )

    def _intended_of(self, chosen: Combination) -> dict[str, dict[str, Intended]]:
        ids = tuple(sorted(deviation.id for deviation in chosen.deviations))
        key = (chosen.group.id, chosen.variant.id, ids)
        found = self._intended.get(key)
        if found is None:
            written: dict[str, dict[str, Any]] = {
                name: dict(trial.findings) for name, trial in self.recipes.trials.items()
            }
            for recipe in _layers(chosen, self.recipes.base):
                for trial, findings in recipe.findings.items():
                    written[trial] |= findings
            found = {
                trial: {name: intended(data, f"{trial}/{name}") for name, data in findings.items()}
                for trial, findings in written.items()
            }
            if len(ids) <= OFTEN:
                self._intended[key] = found
        return found


def _layers(chosen: Combination, base: Recipe) -> list[Recipe]:
    """What the chart is made of, in order."""
    if chosen.group.whole:
        return [chosen.group, *chosen.deviations]
    return [base, chosen.variant, chosen.group, *chosen.deviations]


def _person(chosen: Combination, base: Recipe) -> Person:
    given: dict[str, Any] = {}
    for recipe in (base, chosen.variant, chosen.group, *chosen.deviations):
        own = msgspec.structs.asdict(recipe.person)
        given |= {name: value for name, value in own.items() if value != getattr(Person(), name)}
    return Person(**given)


def _one_of(given: Sequence[Recipe], rng: random.Random) -> Recipe:
    return rng.choices(given, weights=[each.share for each in given])[0]


def _cumulated(shares: Iterable[float]) -> list[float]:
    return list(accumulate(shares))


def _number(draw: Draw, part: float, severity: float) -> str:
    if draw.tied == "exact":
        part = severity
    elif draw.tied is not None:
        near = min(1.0, max(0.0, severity + (part - 0.5) * 0.3))
        part = near if draw.tied == "up" else 1.0 - near
    number = draw.low + round(part * (draw.high - draw.low))
    return str(number) if not draw.digits else f"{number / 10**draw.digits:.{draw.digits}f}"
