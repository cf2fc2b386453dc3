"""Scores behind an answer: which were asked for, against what, and how a report shows them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from eligibility.deciding import Aim, deciding_sets
from eligibility.reported import (
    ReportedDecision,
    ReportedItem,
    ReportedReading,
    ReportedScore,
    reported_evidence,
)
from fhir_mappings.facts import Need, ScoreItem, ScoreSheet, Series
from fhir_mappings.phrases import listed


class AskedScore(msgspec.Struct, frozen=True):
    """A score that a statement asked for, and what the statement wants to be reached."""

    sheet: ScoreSheet
    aim: Aim


def asked_scores(series: Series, aim: Aim | None = None) -> tuple[AskedScore, ...]:
    """The score in a series, if it is one. Without an aim, that of the classification is taken."""
    for measurement in series.measurements:
        sheet = measurement.sheet
        if sheet is None:
            continue
        if aim is None:
            aim = Aim(sheet.rule.points) if sheet.rule else Aim(sheet.value.high)
        return (AskedScore(sheet, aim),)
    return ()


def reported_scores(asked: Iterable[AskedScore], *, items: bool = True) -> tuple[ReportedScore, ...]:
    """Scores as a report shows them, each once, however often and against whatever it was asked for.

    Without ``items``, neither the items are told nor which of them would decide.
    """
    aims: dict[int, list[AskedScore]] = {}
    for score in asked:
        aims.setdefault(id(score.sheet), []).append(score)
    return tuple(_score(scores, items) for scores in aims.values())


def _score(asked: list[AskedScore], items: bool) -> ReportedScore:
    sheet = asked[0].sheet
    decisions = (decision for score in asked for decision in _deciding(score)) if items else ()
    return ReportedScore(
        input=sheet.score,
        label=sheet.label,
        basis=sheet.basis,
        lower=float(sheet.value.low),
        attributed=float(sheet.attributed),
        upper=float(sheet.value.high),
        since=sheet.since.isoformat() if sheet.since else None,
        until=sheet.on.isoformat(),
        best_of_domain=sheet.best_of_domain,
        recorded=sheet.recorded,
        conflict=sheet.conflict,
        items=tuple(_item(item) for item in sheet.items) if items else (),
        deciding=tuple(dict.fromkeys(decisions)),
        others=tuple(
            ReportedReading(
                label=other.label,
                lower=float(other.value.low),
                attributed=float(other.attributed),
                upper=float(other.value.high),
                recorded=other.recorded,
            )
            for other in sheet.others
        ),
    )


def _item(item: ScoreItem) -> ReportedItem:
    return ReportedItem(
        item=item.id,
        label=item.label,
        domain=item.domain,
        weight=item.weight,
        state=item.state,
        counted=item.counted,
        grade=item.grade,
        because=listed("clauses", item.doubts) or None,
        remark=item.remark,
        evidence=tuple(reported_evidence(e) for e in item.evidence),
        needs=item.needs,
        parts=tuple(_item(part) for part in item.parts),
    )


def _deciding(asked: AskedScore) -> tuple[ReportedDecision, ...]:
    return tuple(
        ReportedDecision(
            items=tuple(item.id for item in chosen),
            labels=tuple(item.label for item in chosen),
            points=sum(item.weight for item in chosen),
            effort=max(chosen, key=lambda item: item.cost).effort or "bedside",
            needs=_needs(chosen, asked.sheet.form),
        )
        for chosen in deciding_sets(asked.sheet, asked.aim)
    )


def cheapest_needs(asked: AskedScore) -> tuple[Need, ...]:
    """What to obtain for the cheapest set of items that would reach the aim; none where no set would."""
    sets = deciding_sets(asked.sheet, asked.aim)
    return _needs(sets[0], asked.sheet.form) if sets else ()


def _needs(chosen: Iterable[ScoreItem], form: Need | None) -> tuple[Need, ...]:
    """What to obtain for a set of items, each thing once; an item without a test asks for the form."""
    kept: dict[str, Need] = {}
    for item in chosen:
        asks_for_form = form is not None and item.effort == "bedside" and not item.needs
        for need in (form,) if asks_for_form and form is not None else item.needs[:1]:
            kept.setdefault(need.input, need)
    return tuple(kept.values())
