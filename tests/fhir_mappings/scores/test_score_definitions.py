"""The data of the scores is whole, and a contradiction in it stops the start."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from fhir_mappings.facts import Series
from fhir_mappings.scores import compute_score, describe_score, score_names
from fhir_mappings.scores.bilag_rules import bilag
from fhir_mappings.scores.definitions import FOLDER, SCORES, check, definitions
from fhir_mappings.scores.rules import Item, ResultRule, Rule, ScoreDefinitionError
from tests.fhir_mappings.scores.score_charts import ON, chart


def rules_of(rule: Rule | None) -> list[ResultRule]:
    if rule is None:
        return []
    own = [rule.result] if rule.result else list(rule.repeated.of) if rule.repeated else []
    return own + [r for child in rule.children for r in rules_of(child)]


def test_the_names_are_the_criterion_inputs() -> None:
    assert set(score_names()) == {
        "sledai_2k",
        "selena_sledai",
        "selena_sledai_2k_proteinuria",
        "clinical_selena_sledai",
        "acr_1997",
        "eular_acr_2019",
        "bilag_2004_a_count",
        "bilag_2004_b_count",
    }


@pytest.mark.parametrize("name", score_names())
def test_every_score_is_described_and_computed(name: str) -> None:
    described = describe_score(name)
    assert described is not None
    assert described.unit == "{score}"
    assert described.units["1"] == 1.0
    assert described.plausible is not None
    computed = compute_score(name, chart(), ON, None, lambda n: Series(input=n, label=n))
    assert (computed.input, computed.label) == (name, described.label)
    value = computed.measurements[0].value
    assert value is not None
    assert (value.low, value.high) == (described.plausible.low, described.plausible.high)


def test_only_the_classification_has_categories() -> None:
    described = describe_score("eular_acr_2019")
    assert described is not None
    assert (described.kind, described.categories) == ("both", ("met", "not-met"))


@pytest.mark.parametrize("name", ["das28", "selena_sledai_without_laboratory"])
def test_other_names_are_not_scores(name: str) -> None:
    assert describe_score(name) is None
    with pytest.raises(KeyError):
        compute_score(name, chart(), ON, None, lambda n: Series(input=n, label=n))


def test_every_file_is_a_score_or_data_that_all_of_them_share() -> None:
    assert {path.stem for path in Path(FOLDER).glob("*.yaml")} == {
        *SCORES,
        "bilag_2004",
        "costs",
        "exclusions",
    }


def test_every_file_gives_its_source() -> None:
    assert all(definition.source for definition in definitions().values())
    assert bilag().source


def test_every_item_has_a_definition_and_its_own_names() -> None:
    for definition in definitions().values():
        names = [name for item in definition.items for name in (item.id, *item.aliases)]
        assert len(set(names)) == len(names), definition.name
        assert all(item.definition for item in definition.items)


def test_what_the_laboratory_decides_has_a_rule_with_results() -> None:
    for definition in definitions().values():
        for item in definition.items:
            assert (
                bool(rules_of(item.found_by) or (item.found_by and item.found_by.new_or_risen))
                >= item.laboratory
            )


class TestRefusals:
    definition = definitions()["sledai_2k"]

    def refused(self, **changes: object) -> str:
        with pytest.raises(ScoreDefinitionError) as caught:
            check(msgspec.structs.replace(self.definition, **changes), {})
        return str(caught.value)

    def test_a_sum_that_is_not_the_maximum(self) -> None:
        assert "add up to 105, not to 104" in self.refused(maximum=104)

    def test_an_item_twice(self) -> None:
        assert "twice" in self.refused(items=(*self.definition.items, self.definition.items[0]))

    def test_an_unknown_exclusion(self) -> None:
        item = msgspec.structs.replace(self.definition.items[0], unless=("weather",))
        assert "weather" in self.refused(items=(item, *self.definition.items[1:]))

    def test_an_unknown_parent(self) -> None:
        assert "nowhere" in self.refused(lessened_from="nowhere")

    @pytest.mark.parametrize(
        "text",
        [
            "{result: {input: upcr, above: 0.5}}",
            "{result: {input: upcr}}",
            "{result: {input: upcr, above: 0.5, below: 1, unit: g/g}}",
            "{result: {input: c3, below: lower_limit, unit: mg/dL}}",
            "{result: {input: ana, shown_by: [positive], counts: needs-attribution}}",
            "{any: []}",
            "{any: [{diagnosis: {concepts: [x]}}], diagnosis: {concepts: [x]}}",
            "{}",
            "{resullt: {input: upcr}}",
        ],
    )
    def test_a_rule_that_says_too_little_or_too_much(self, text: str) -> None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(yaml.safe_load(text), Rule)

    def test_an_item_with_a_field_that_does_not_exist(self) -> None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(
                {"id": "x", "label": "x", "weight": 1, "domain": "d", "definition": "d", "w": 1}, Item
            )
