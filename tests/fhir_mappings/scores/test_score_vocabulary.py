"""The score definitions speak of code sets and criterion inputs that exist, in the units that these have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fhir_mappings.inputs import describe
from fhir_mappings.instruments import instruments
from fhir_mappings.scores.bilag_rules import bilag
from fhir_mappings.scores.definitions import definitions, exclusions
from fhir_mappings.scores.forms import key_of
from fhir_mappings.scores.readings import same_unit
from fhir_mappings.scores.rules import DiagnosisRule, ResultRule, RiseRule, Rule
from fhir_mappings.terminology import load_terminology


def leaves(rule: Rule | None) -> Iterator[ResultRule | DiagnosisRule | RiseRule]:
    if rule is None:
        return
    own = rule.result or rule.diagnosis or rule.new_or_risen
    if own is not None:
        yield own
    if rule.repeated is not None:
        yield from rule.repeated.of
    for child in rule.children:
        yield from leaves(child)


RENAL = bilag().renal
BLOOD = bilag().haematological
BILAG_RULES = (
    RENAL.sediment.cells,
    RENAL.sediment.casts,
    RENAL.nephrotic.proteinuria,
    RENAL.nephrotic.albumin,
    BLOOD.haemolysis,
    Rule(result=BLOOD.antiglobulin),
)
LEAVES = [
    *(leaf for d in definitions().values() for item in d.items for leaf in leaves(item.found_by)),
    *(leaf for rule in BILAG_RULES for leaf in leaves(rule)),
]
RESULTS = {leaf.input: leaf.unit for leaf in LEAVES if isinstance(leaf, ResultRule) and leaf.unit is not None}
RISES = {name: unit for leaf in LEAVES if isinstance(leaf, RiseRule) for name, unit in leaf.inputs.items()}
BILAG = {
    **{rule.input: rule.unit for rule in RENAL.proteinuria},
    **{rule.input: rule.unit for rule in BLOOD.grades},
    RENAL.creatinine.input: RENAL.creatinine.unit,
    RENAL.filtration.input: RENAL.filtration.unit,
    RENAL.hypertension.systolic: RENAL.hypertension.unit,
    RENAL.hypertension.diastolic: RENAL.hypertension.unit,
}
CATEGORIES = {
    (leaf.input, category)
    for leaf in LEAVES
    if isinstance(leaf, ResultRule)
    for category in leaf.shown_by | leaf.refuted_by
    if category not in ("low", "normal", "high")
} | {
    *((RENAL.dipstick.input, level) for level in RENAL.dipstick.levels),
    *(
        (RENAL.histology.input, category)
        for category in RENAL.histology.shown_by | RENAL.histology.refuted_by
    ),
    *(
        (name, category)
        for exclusion in exclusions().values()
        if exclusion.requires
        for alternative in exclusion.requires.alternatives
        for name, wanted in alternative.items()
        for category in wanted
    ),
}
SETTLING = {leaf.settled_by for leaf in LEAVES if isinstance(leaf, ResultRule) and leaf.settled_by}
INPUTS = (
    SETTLING
    | {leaf.input for leaf in LEAVES if isinstance(leaf, ResultRule)}
    | {name for name, _ in CATEGORIES}
)
CONCEPTS = {concept for leaf in LEAVES if isinstance(leaf, DiagnosisRule) for concept in leaf.concepts} | {
    *(concept for e in exclusions().values() for rule in e.explained_by for concept in rule.concepts),
    *(concept for e in exclusions().values() if e.presupposes for concept in e.presupposes.concepts),
    *RENAL.hypertension.retina,
    *RENAL.hypertension.coded,
    *RENAL.nephrotic.oedema,
    *RENAL.nephrotic.coded,
    *RENAL.involved_before.concepts,
}


@pytest.mark.parametrize("name", sorted(INPUTS | set(BILAG)))
def test_every_input_exists(name: str) -> None:
    assert describe(name) is not None


@pytest.mark.parametrize(("name", "unit"), sorted({*RESULTS.items(), *RISES.items(), *BILAG.items()}))
def test_every_threshold_is_in_the_canonical_unit(name: str, unit: str) -> None:
    described = describe(name)
    assert described is not None
    assert same_unit(described.unit, unit)


@pytest.mark.parametrize(("name", "category"), sorted(CATEGORIES))
def test_every_category_is_one_that_the_input_can_take(name: str, category: str) -> None:
    described = describe(name)
    assert described is not None
    assert category in described.categories


@pytest.mark.parametrize("concept", sorted(CONCEPTS))
def test_every_code_set_exists(concept: str) -> None:
    assert load_terminology().expand(concept) is not None


RECORDED = {name: (set(entry.items), set(entry.domains)) for name, _, entry in instruments().patterns}


@pytest.mark.parametrize("name", [n for n, d in definitions().items() if RECORDED.get(n, (set(), set()))[0]])
def test_every_item_that_forms_are_read_into_is_known(name: str) -> None:
    known = {key_of(word) for i in definitions()[name].items for word in (i.id, i.label, *i.aliases)}
    assert {key_of(item) for item in RECORDED[name][0]} <= known


def test_every_domain_that_forms_are_read_into_is_known() -> None:
    items, domains = RECORDED["bilag_2004"]
    assert {key_of(d) for d in domains} == {key_of(domain.id) for domain in bilag().domains}
    assert items == {count.item for count in bilag().counts.values()}


def test_instruments_that_are_told_or_borrowed_from_exist() -> None:
    akin = {name for d in definitions().values() for name in d.akin} | set(bilag().akin)
    borrowed = {b.instrument for d in definitions().values() for b in d.borrows}
    assert akin | borrowed <= set(RECORDED)
