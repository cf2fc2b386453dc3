"""What the form of each score asks: for whoever hands one out, and for reading one that was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from fhir_mappings.scores.bilag_rules import BilagDefinition, bilag
from fhir_mappings.scores.definitions import definitions
from fhir_mappings.scores.forms import key_of
from fhir_mappings.scores.rules import Definition

BILAG = "bilag_2004"
TOTAL = "total"
"""Name of the total among the items of a form."""


class FormItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a form.

    Attributes:
        id: by which a filled form names it.
        points: what it counts if it is there; ``None`` for a grade or a count.
        aliases: other names by which filled forms may call it.
    """

    id: str
    label: str
    domain: str = ""
    definition: str = ""
    points: int | None = None
    aliases: tuple[str, ...] = ()


class BlankForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of one score.

    Attributes:
        instrument: the name under which a filled form is recorded.
        days: how far back it looks; ``None`` where items count once they were ever there.
        source: the publication.
        items: to be answered yes or no, or with one of ``grades`` where there are any.
        grades: letters with their meaning.
        counts: to be answered with a whole number, beside the items.
        total: label of the total, where the score has one.
        maximum: of the total.
    """

    instrument: str
    label: str
    days: int | None
    source: str
    items: tuple[FormItem, ...]
    grades: Mapping[str, str] = {}
    counts: tuple[FormItem, ...] = ()
    total: str | None = None
    maximum: int | None = None


@cache
def blank_forms() -> Mapping[str, BlankForm]:
    """The forms of all scores that a clinician may fill in, by instrument.

    Raises:
        ScoreDefinitionError: a definition cannot be used.
    """
    counted = [_of_points(d) for d in definitions().values() if d.instruments and not d.internal]
    return {form.instrument: form for form in (*counted, _of_grades(bilag()))}


def _of_points(definition: Definition) -> BlankForm:
    return BlankForm(
        instrument=definition.instruments[0],
        label=definition.label,
        days=definition.window_days if definition.scope == "window" else None,
        source=definition.source,
        items=tuple(
            FormItem(
                id=item.id,
                label=item.label,
                domain=item.domain,
                definition=item.definition,
                points=item.weight,
                aliases=item.aliases,
            )
            for item in definition.items
        ),
        total="total",
        maximum=definition.maximum,
    )


def _of_grades(definition: BilagDefinition) -> BlankForm:
    return BlankForm(
        instrument=BILAG,
        label=definition.label,
        days=definition.window_days,
        source=definition.source,
        items=tuple(FormItem(id=d.id, label=d.label, aliases=d.aliases) for d in definition.domains),
        grades=definition.grades,
        counts=tuple(FormItem(id=c.item, label=c.label) for c in definition.counts.values()),
    )


def form_item(instrument: str, name: str) -> str | None:
    """What a filled form calls ``name``: the id of an item, or ``TOTAL``; ``None`` if there is none."""
    return _names(instrument).get(key_of(name))


@cache
def _names(instrument: str) -> Mapping[str, str]:
    form = blank_forms().get(instrument)
    if form is None:
        return {}
    names = {
        key_of(name): item.id
        for item in (*form.items, *form.counts)
        for name in (item.id, item.label, *item.aliases)
    }
    return {**names, TOTAL: TOTAL} if form.total is not None else names
