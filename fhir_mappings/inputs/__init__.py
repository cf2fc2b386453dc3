"""Criterion inputs: named, dated quantities and categories, computed from the facts of one patient.

An input is an analyte as recorded, an analyte with computed values beside the recorded ones (``upcr``), a
quantity that is only computed (``crcl``), or a score. Each is a ``Series``, latest first: freshness, and
what a trial makes of a value, are the asker's business. What it is – label, unit, categories, order – is
data: ``analytes/``, ``inputs/definitions.yaml``, ``scores/``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date

from fhir_mappings.facts import InputDescription, Series
from fhir_mappings.inputs import (  # noqa: F401  # each enters its inputs into the table
    antibodies,
    blood,
    body,
    cardiac,
    childbearing,
    clearance,
    demographics,
    filtration,
    flow,
    imaging,
    infection,
    nephritis,
    urine,
)
from fhir_mappings.inputs.asking import Asked, answer, computed_names
from fhir_mappings.inputs.definitions import definitions
from fhir_mappings.looked_at import LookedAt
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.scores import Situations, compute_score, describe_score, score_names

__all__ = ["compute_series", "describe", "input_names", "is_computed", "is_score"]


def compute_series(
    name: str,
    facts: PatientFacts,
    on: date,
    since: date | None,
    known: Callable[[str], Series] | None = None,
    situations: Situations | None = None,
    looked_at: LookedAt | None = None,
) -> Series:
    """All that is known of a criterion input on day ``on``, latest first.

    Args:
        name: one of ``input_names()``.
        facts: of one patient.
        on: the day of the question. What depends on a day (age, an open pregnancy, the weight that goes
            with a creatinine) is taken as of it; results of later days are in the series all the same.
        since: first day of the asker's window; only scores need it.
        known: finds series of the same day that may have been computed already.
        situations: what scores of this patient have worked out already.
        looked_at: to note what the answer rests on.

    Raises:
        KeyError: no such input.
    """
    if name in _scores():
        others = known or (lambda other: compute_series(other, facts, on, None))
        return compute_score(name, facts, on, since, others, situations, looked_at)
    if looked_at is None:
        return answer(Asked(name, facts, on, known))
    noting = None if known is None else looked_at.noting(known)
    return answer(Asked(name, looked_at.through(facts), on, noting, looked_at))


def is_score(name: str) -> bool:
    """Whether an input is a score, which takes its items from the asker's window."""
    return name in _scores()


def is_computed(name: str) -> bool:
    """Whether an input is a score or otherwise worked out, and not just as recorded."""
    return name in _scores() or name in computed_names()


def describe(name: str) -> InputDescription | None:
    """What a protocol author may know of a criterion input; ``None`` if there is no such input."""
    if name in _scores():
        return describe_score(name)
    found = definitions().get(name)
    return None if found is None else found.description


def input_names() -> tuple[str, ...]:
    """All criterion inputs."""
    return (*definitions(), *score_names())


@functools.cache
def _scores() -> frozenset[str]:
    return frozenset(score_names())
