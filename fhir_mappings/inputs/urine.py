"""Protein in urine: the ratio to creatinine, and the amount of a day."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fhir_mappings.facts import Measurement, Need, Series, Unusable, of_one_time
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.pairing import (
    Draws,
    Pair,
    Pairing,
    Result,
    latest_first,
    pair_up,
    product,
    unread_parts,
)
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import phrase

ROUNDING = 0.05
"""A reported value and one computed from the same specimen that differ by no more are the same, rounded."""

MG_PER_DL_TIMES_ML_TO_G = 1e-5


@computes("upcr")
def protein_to_creatinine(asked: Asked) -> Series:
    """Urine protein/creatinine ratio, g/g: as reported, and from both concentrations in one specimen.

    An albumin/creatinine ratio is never counted.
    """
    protein = _with_value(asked, "urine_protein_concentration")
    creatinine = [m for m in _with_value(asked, "urine_creatinine") if m.value and m.value.high > 0]
    pairing = pair_up(protein, creatinine)
    computed = [
        _computed(asked, pair, pair.first.value.over(pair.second.value))
        for pair in pairing.pairs
        if pair.first.value is not None and pair.second.value is not None
    ]
    needs = []
    if protein and not pairing.pairs:
        detail = phrase("urine.urine-creatinine-none-of-the-specimen")
        needs.append(asked.lack("urine_creatinine", detail))
    parts: list[Result] = [*protein, *asked.unusable("urine_protein_concentration")]
    others: list[Result] = [*creatinine, *asked.unusable("urine_creatinine")]
    return _joined(asked, computed, pairing, (parts, others), needs=needs)


@computes("urine_protein_24h")
def protein_of_a_day(asked: Asked) -> Series:
    """Protein excretion, g per 24 h: as reported, and from concentration and volume of one collection.

    A concentration of a spot sample counts only if the volume names the same specimen.
    """
    volumes = _with_value(asked, "urine_volume_24h")
    named = {m.specimen for m in volumes if m.specimen is not None}
    concentrations = [
        m
        for m in _with_value(asked, "urine_protein_concentration")
        if m.role == "24-hour" or m.specimen in named
    ]
    timed = [_as_timed(m) for m in volumes]
    unread = [msgspec.structs.replace(u, role="24-hour") for u in asked.unusable("urine_volume_24h")]
    named |= {u.specimen for u in unread if u.specimen is not None}
    unread_concentrations = [
        u for u in asked.unusable("urine_protein_concentration") if u.role == "24-hour" or u.specimen in named
    ]
    pairing = pair_up(concentrations, timed)
    computed = [
        _computed(asked, pair, product(pair.first.value, pair.second.value).scaled(MG_PER_DL_TIMES_ML_TO_G))
        for pair in pairing.pairs
        if pair.first.value is not None and pair.second.value is not None
    ]
    parts: list[Result] = [*concentrations, *unread_concentrations]
    others: list[Result] = [*timed, *unread]
    return _joined(asked, computed, pairing, (parts, others), needs=())


def _with_value(asked: Asked, name: str) -> list[Measurement]:
    """The numbers; copies of one result that differ by rounding are one that spans them."""
    recorded = [m for m in asked.recorded(name) if m.value is not None]
    found: list[Measurement] = []
    for joined in of_one_time(recorded):
        value = joined.value
        if value is None or value.high - value.low <= ROUNDING * value.high:
            found.append(joined)
        else:
            found += [m for m in recorded if m == joined or set(m.evidence) <= set(joined.evidence)]
    return found


def _as_timed(volume: Measurement) -> Measurement:
    """A 24-hour volume belongs with concentrations of 24-hour collections."""
    return msgspec.structs.replace(volume, role="24-hour")


def _computed(asked: Asked, pair: Pair, value: Interval) -> Measurement:
    return Measurement(
        input=asked.name,
        when=pair.first.when,
        at=pair.first.at or pair.second.at,
        specimen=pair.first.specimen or pair.second.specimen,
        role=pair.first.role,
        unit=asked.definition.description.unit,
        value=value,
        basis="computed",
        evidence=pair.evidence,
        notes=pair.notes,
    )


def _joined(
    asked: Asked,
    computed: Sequence[Measurement],
    pairing: Pairing,
    parts: tuple[Sequence[Result], Sequence[Result]],
    needs: Sequence[Need],
) -> Series:
    """Reported and computed values; of one specimen the reported, unless rounding does not explain both.

    ``parts``: what it is computed from, whether it can be used or not.
    """
    direct = asked.recorded(asked.name)
    draws = Draws(direct)
    added = [c for c in computed if not any(_agree(c.value, d.value) for d in draws.of(c))]
    ambiguous = [
        Unusable.of(
            m,
            "too-coarse",
            phrase("urine.several-urine-results-of-which-of", m=m.when),
        )
        for m in pairing.ambiguous
        if not draws.of(m)
    ]
    known = latest_first((*direct, *added))
    firsts, seconds = parts
    unread = [
        *asked.unusable(asked.name),
        *unread_parts(_unread(firsts), seconds, known),
        *unread_parts(_unread(seconds), firsts, known),
    ]
    return asked.result(known, [*ambiguous, *unread], needs)


def _unread(results: Sequence[Result]) -> list[Unusable]:
    return [one for one in results if isinstance(one, Unusable)]


def _agree(one: Interval | None, other: Interval | None) -> bool:
    if one is None or other is None:
        return False
    if one.exact and other.exact:
        return abs(one.low - other.low) <= ROUNDING * max(one.low, other.low)
    return one.low <= other.high and other.low <= one.high
