"""The recipes: what they cover, how they are drawn, and what is refused."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth.days import clears_on, days_ago
from synth.entries import entry_of, merged
from synth.errors import RecipeError
from synth.labels import Label
from synth.patients import DeckPlan, Patients
from synth.recipes import intended, recipes

from .judged import AS_OF

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "synthetic-deck.md").read_text("utf-8")


@cache
def labels() -> list[Label]:
    """Of a deck of 6,000 patients with as many backgrounds as by default."""
    patients = Patients(DeckPlan(as_of=AS_OF, seed=2))
    return [patients.made(number)[1] for number in range(6000)]


def test_each_deviation_occurs() -> None:
    drawn = Counter(name for label in labels() for name in label.recipes)
    assert {deviation.id for deviation in recipes().deviations} == set(drawn)


def test_each_group_and_variant_occurs() -> None:
    assert {label.group for label in labels()} == {group.id for group in recipes().groups}
    assert {label.variant for label in labels()} == {variant.id for variant in recipes().variants}


def test_a_patient_has_up_to_three_deviations_in_the_shares_that_are_told() -> None:
    counted = Counter(len(label.recipes) for label in labels() if label.group in ("lupus-nephritis", "lupus"))
    whole = sum(counted.values())
    for wanted, share in enumerate(recipes().deviations_per_patient):
        assert counted[wanted] / whole == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("trial", ["nct07517536", "nct05247203"])
def test_the_prevalence_of_each_verdict_is_as_the_page_tells(trial: str) -> None:
    """The table of the page: shares of the patients with lupus, in per cent."""
    lupus = {group.id for group in recipes().groups if group.population == "lupus"}
    own = [label.trials[trial] for label in labels() if label.group in lupus]
    counted = Counter(each.verdict or each.status for each in own)
    table = re.search(r"<!-- prevalence -->\n(?P<rows>(?:\|.*\n)+)", PAGE)
    assert table is not None
    header, _, *rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table["rows"].splitlines()]
    column = next(place for place, name in enumerate(header) if trial.upper() in name)
    told = {row[0].strip("*`"): float(row[column].rstrip(" %")) for row in rows}
    assert {verdict for verdict, share in told.items() if share} == set(counted)
    for verdict, share in told.items():
        assert 100 * counted[verdict] / len(own) == pytest.approx(share, abs=3.0), verdict


_UNREACHABLE = {
    # FHIR R4 demands a class of every Encounter, so that it always tells what it was.
    ("nct07517536", "E2", "missing"),
}


def _covered() -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    everything = [*recipes().variants, *recipes().groups, *recipes().deviations]
    for trial, entry in recipes().trials.items():
        written = [entry.findings, *(recipe.findings.get(trial, {}) for recipe in everything)]
        for findings in written:
            for criterion, data in findings.items():
                found.add((trial, criterion, intended(data, criterion).outcome))
    return found


@pytest.mark.parametrize("trial", ["nct07517536", "nct05247203"])
def test_each_outcome_of_each_criterion_that_a_record_can_give_is_covered(trial: str) -> None:
    """Measured against the examples of the protocols, but for answers and what was not retrieved."""
    path = ROOT / "eligibility" / "protocols" / f"{trial}.yaml"
    protocol = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)  # the safe one, in C
    wanted: set[tuple[str, str, str]] = set()
    for criterion in protocol["criteria"]:
        for example in criterion.get("examples", ()):
            if {"answers", "not_retrieved"} & (example.get("chart") or {}).keys():
                continue
            name = example.get("part") or criterion["id"]
            if "parts" in criterion and name == criterion["id"]:
                continue
            leaning = f"-{example['leaning']}" if "leaning" in example else ""
            wanted.add((trial, name, example["outcome"] + leaning))
    assert wanted - _covered() - _UNREACHABLE == set()


def test_the_criteria_are_those_of_the_protocols() -> None:
    for trial, entry in recipes().trials.items():
        path = ROOT / "eligibility" / "protocols" / f"{trial}.yaml"
        protocol = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)  # the safe one, in C
        own = {
            each["id"]: tuple(part["id"] for part in each.get("parts", ())) for each in protocol["criteria"]
        }
        assert dict(entry.criteria) == own


@pytest.mark.parametrize(
    ("written", "days"),
    [(28, 28), ("28d", 28), ("6mo", 182), ("1a", 365), ("1a1d", 366), ("66a-1d", 24105), ("5a1d", 1827)],
)
def test_a_day_is_counted_back_by_the_calendar(written: str | int, days: int) -> None:
    assert days_ago(written, AS_OF) == days


@pytest.mark.parametrize("written", ["", "six months", "28w", "1d1a"])
def test_what_is_no_span_is_refused(written: str) -> None:
    with pytest.raises(RecipeError, match="no span"):
        days_ago(written, AS_OF)


def test_a_window_of_months_clears_on_the_day_after_its_last() -> None:
    # NCT05247203 E10: rituximab exactly twelve months before day 0 excludes until the day after.
    assert clears_on(AS_OF.replace(year=2025), "12mo").isoformat() == "2026-06-16"
    # NCT07517536 E2: a discharge of 31 January is within a month of 28 February, and not of 1 March.
    assert clears_on(AS_OF.replace(year=2026, month=1, day=31), "1mo").isoformat() == "2026-03-01"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"missing": {}}, "name what is missing"),
        ({"fail": {"slot": "mmr"}}, "window"),
        ("perhaps", "perhaps"),
        (["pass"], "one outcome"),
    ],
)
def test_an_intention_that_cannot_be_read_is_refused(data: Any, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        intended(data, "a recipe")


def test_an_entry_of_no_kind_is_refused() -> None:
    with pytest.raises(RecipeError, match="an entry is one of"):
        entry_of({"value": 1}, "a recipe")
    with pytest.raises(RecipeError, match="no such entry to change"):
        merged(None, {"value": 1}, "a recipe")


def test_deviations_that_touch_the_same_are_never_put_together() -> None:
    patients = Patients(DeckPlan(as_of=AS_OF))
    by_id = {deviation.id: deviation for deviation in recipes().deviations}
    group, woman = recipes().groups[0], recipes().variants[0]
    assert patients.combined(group, woman, (by_id["upcr-grey"], by_id["upcr-stale"]), "us-inline") is None
    assert patients.combined(group, woman, (by_id["aged-66"],), "us-inline") is None
    assert patients.combined(group, woman, (by_id["upcr-grey"], by_id["mmr"]), "us-inline") is not None
