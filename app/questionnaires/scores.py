"""A Questionnaire for each score, from its definition."""

from __future__ import annotations

from itertools import groupby

from app import __version__
from app.questionnaires.resources import Json, group, question, questionnaire
from fhir_mappings.scores.blank_forms import TOTAL, BlankForm, FormItem

# R4's extension for the points of an answer; R5 renamed it to itemWeight.
_POINTS = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
_YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"
_GRADES = "https://trialcards.org/fhir/CodeSystem"


def score_questionnaire(form: BlankForm) -> Json:
    """The form of a score: an item for each of its own, by domain, then the counts or the total."""
    items: list[Json] = []
    for domain, members in groupby(form.items, key=lambda item: item.domain):
        asked = [_item(item, form) for item in members]
        items += [group(f"domain.{len(items) + 1}", domain, asked)] if domain else asked
    items += [question(count.id, count.label, "integer") for count in form.counts]
    if form.total is not None:
        asked_total = f"Total ({form.label}, 0 to {form.maximum})"
        items.append(question(TOTAL, asked_total, "integer"))
    return questionnaire(
        form.instrument.replace("_", "-"),
        version=__version__,
        title=form.label,
        description=f"{_scope(form)} Source: {form.source}.",
        items=items,
    )


def _scope(form: BlankForm) -> str:
    if form.days is None:
        return "Items count once they were ever there."
    return f"Findings of the last {form.days} days before the day of the form."


def _item(item: FormItem, form: BlankForm) -> Json:
    options = _grades(form) if form.grades else _yes_no(item.points or 0)
    return question(item.id, item.label, "choice", options=options, helped_by=item.definition)


def _yes_no(points: int) -> list[Json]:
    return [
        {
            "extension": [{"url": _POINTS, "valueDecimal": worth}],
            "valueCoding": {"system": _YES_NO, "code": code, "display": words},
        }
        for code, words, worth in (("Y", "Yes", points), ("N", "No", 0))
    ]


def _grades(form: BlankForm) -> list[Json]:
    system = f"{_GRADES}/{form.instrument.replace('_', '-')}-grade"
    return [
        {"valueCoding": {"system": system, "code": letter, "display": f"{letter} – {meaning}"}}
        for letter, meaning in form.grades.items()
    ]
