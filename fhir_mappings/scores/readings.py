"""Whether one result shows what a rule asks for."""

from __future__ import annotations

import re

from fhir_mappings.facts import AT_ODDS, Measurement
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import phrase
from fhir_mappings.scores.rules import ResultRule

_ANNOTATION = re.compile(r"\{[^}]*\}")


def value_in(measurement: Measurement, unit: str | None) -> Interval | None:
    """The value, if it is in that unit; annotations in braces (``g/g{creat}``) do not matter."""
    if measurement.value is None or unit is None:
        return None
    return measurement.value if same_unit(measurement.unit, unit) else None


def same_unit(one: str, other: str) -> bool:
    """Whether two UCUM spellings differ in annotations only: ``g/g{creat}`` and ``g/g``."""
    if one == other:
        return True
    return (_ANNOTATION.sub("", one) or "1") == (_ANNOTATION.sub("", other) or "1")


def shows(rule: ResultRule, measurement: Measurement) -> bool | None:
    """Whether one result shows the item; ``None`` where it lies on both sides, or contradicts itself."""
    answers = {_by_category(rule, measurement), _by_threshold(rule, measurement)} - {None}
    return answers.pop() if len(answers) == 1 else None


def why_undecided(measurement: Measurement) -> str:
    """Why a result that is there shows neither."""
    if AT_ODDS in measurement.notes:
        return phrase("readings.the-results-of-contradict-each-other", measurement=measurement.when.in_words)
    return phrase("readings.the-result-of-does-not-decide", measurement=measurement.when.in_words)


def _by_category(rule: ResultRule, measurement: Measurement) -> bool | None:
    if measurement.category in rule.shown_by:
        return True
    return False if measurement.category in rule.refuted_by else None


def _by_threshold(rule: ResultRule, measurement: Measurement) -> bool | None:
    if rule.comparison is None:
        return None
    comparison, threshold = rule.comparison
    if isinstance(threshold, str):
        return _by_limit(comparison == "below", measurement)
    value = value_in(measurement, rule.unit)
    return None if value is None else value.holds(comparison, threshold)


def _by_limit(low: bool, measurement: Measurement) -> bool | None:
    """Against the result's own reference range; where it has none, by the flag of the laboratory."""
    limit = measurement.lower_limit if low else measurement.upper_limit
    if limit is not None and measurement.value is not None:
        return measurement.value.holds("below" if low else "above", limit)
    if measurement.category in ("low", "normal", "high"):
        return measurement.category == ("low" if low else "high")
    return None
