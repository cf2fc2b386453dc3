"""The same chart as another country's systems would write it: units, LOINC properties, words, tablets.

A *dialect* chooses, for each result, one of its forms and a spelling of its unit. Nothing of the meaning
changes, so no finding may. The factors are in ``dialects.yaml``, apart from the product's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Resource = dict[str, Any]
Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several ways to write a thing."""

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"


@cache
def tables() -> Mapping[str, Any]:
    """The forms of results, spellings of units and words for qualitative results."""
    text = (Path(__file__).parent / "dialects.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.safe_load(text)
    return found


@cache
def _forms() -> Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]]:
    """LOINC code and unit to the result's name and form."""
    return {
        (form["loinc"], form["unit"]): (name, form)
        for name, forms in tables()["results"].items()
        for form in forms
    }


@cache
def _unit_of_spelling() -> Mapping[tuple[str | None, str | None], str]:
    return {
        (spelling.get("code"), spelling.get("unit")): unit
        for unit, spellings in tables()["spellings"].items()
        for spelling in spellings
    }


def rewritten(resource: Resource, pick: Pick) -> Resource:
    """The resource in another dialect; one that no table knows stays as it is."""
    copy = deepcopy(resource)
    if copy["resourceType"] == "Observation":
        _rewrite_result(copy, pick)
    elif copy["resourceType"] in ("MedicationRequest", "MedicationStatement"):
        _rewrite_doses(copy, pick)
    return copy


def is_rewritable(resource: Resource) -> bool:
    """Whether a result is one whose forms are known."""
    return resource["resourceType"] == "Observation" and _form_of(resource) is not None


def number_of(resource: Resource) -> tuple[str, float] | None:
    """Name of the result, and its number in the first of its forms."""
    found = _form_of(resource)
    if found is None:
        return None
    name, form = found
    return name, (resource["valueQuantity"]["value"] - form.get("offset", 0)) / form["factor"]


def written(resource: Resource, number: float, pick: Pick) -> Resource:
    """The result with another number, given in the first of its forms, in any dialect."""
    found = _form_of(resource)
    assert found is not None
    copy = deepcopy(resource)
    form = found[1]
    copy["valueQuantity"]["value"] = number * form["factor"] + form.get("offset", 0)
    copy.pop("interpretation", None)
    return rewritten(copy, pick)


def _form_of(resource: Resource) -> tuple[str, Mapping[str, Any]] | None:
    quantity = resource.get("valueQuantity")
    codes = [c.get("code") for c in resource.get("code", {}).get("coding", ()) if c.get("system") == LOINC]
    if not quantity or len(codes) != 1:
        return None
    unit = quantity.get("code")
    if (codes[0], unit) not in _forms():
        unit = _unit_of_spelling().get((quantity.get("code"), quantity.get("unit")))
    return _forms().get((codes[0], str(unit)))


def _rewrite_result(result: Resource, pick: Pick) -> None:
    _rewrite_words(result, pick)
    found = _form_of(result)
    if found is None:
        return
    name, old = found
    new = pick(tables()["results"][name])
    spelling = pick(tables()["spellings"][new["unit"]])
    result["code"] = {"coding": [{"system": LOINC, "code": new["loinc"], "display": new["display"]}]}
    quantities = [result["valueQuantity"]]
    for reference_range in result.get("referenceRange", ()):
        quantities += [reference_range[end] for end in ("low", "high") if end in reference_range]
        reference_range.pop("text", None)
    for quantity in quantities:
        number = (quantity["value"] - old.get("offset", 0)) / old["factor"] * new["factor"]
        value = float(f"{number + new.get('offset', 0):.12g}")
        more = {"comparator": quantity["comparator"]} if "comparator" in quantity else {}
        system = {"system": UCUM} if "code" in spelling else {}
        quantity.clear()
        quantity.update({"value": value, **more, **system, **spelling})


def _rewrite_words(result: Resource, pick: Pick) -> None:
    word = tables()["printed"].get(result.get("valueString"))
    for coding in result.get("valueCodeableConcept", {}).get("coding", ()):
        if coding.get("system") == SNOMED:
            word = tables()["snomed"].get(coding["code"], word)
    if word is None:
        return
    codes = [code for code, meaning in tables()["snomed"].items() if meaning == word]
    result.pop("valueString", None)
    result.pop("valueCodeableConcept", None)
    coded = {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": codes[0]}]}}
    printed = [{"valueString": text} for text in tables()["words"][word]]
    texts = [{"valueCodeableConcept": {"text": text}} for text in tables()["words"][word]]
    result.update(pick([coded, *printed, *texts]))


def _rewrite_doses(order: Resource, pick: Pick) -> None:
    """An amount of drug as mg, as g, or as tablets of a strength that the order's own Medication states."""
    for dosage in order.get("dosageInstruction", order.get("dosage", ())):
        for dose_and_rate in dosage.get("doseAndRate", ()):
            dose = dose_and_rate.get("doseQuantity")
            if not dose or dose.get("code") != "mg" or "medicationCodeableConcept" not in order:
                continue
            way = pick(["mg", "g", "tablets"])
            dosage.pop("text", None)
            if way == "g":
                dose.update({"value": dose["value"] / 1000, "unit": "g", "code": "g"})
            elif way == "tablets":
                _as_tablets(order, dose, pick([0.5, 1, 2, 3]))


def _as_tablets(order: Resource, dose: Resource, count: float) -> None:
    strength = {"value": dose["value"] / count, "unit": "mg", "system": UCUM, "code": "mg"}
    concept = order.pop("medicationCodeableConcept")
    ingredient = {"itemCodeableConcept": deepcopy(concept)}
    ingredient["strength"] = {"numerator": strength, "denominator": {"value": 1, "unit": "tablet"}}
    # The name of the product tells another strength where the tablets are others.
    code = {"coding": concept.get("coding", [])}
    product = {"resourceType": "Medication", "id": "product", "code": code, "ingredient": [ingredient]}
    order["contained"] = [product]
    order["medicationReference"] = {"reference": "#product"}
    dose.clear()
    dose.update({"value": count, "unit": "tablet"})
