"""Neutrophils from the differential count."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_mappings.facts import Measurement, Series
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.pairing import Draws, Pair, Result, latest_first, pair_up, product, unread_parts
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import phrase


@computes("anc")
def neutrophils(asked: Asked) -> Series:
    """Absolute neutrophil count, 10⁹/L: as reported, else leukocytes × per cent of the same specimen.

    Per cent of neutrophils, or of segmented and band forms together. Segmented forms alone are a lower
    bound: bands would add to them.
    """
    reported = asked.recorded("anc")
    drawn = Draws(reported)
    leukocytes = [m for m in _with_value(asked, "wbc") if not drawn.of(m)]
    whole = pair_up(leukocytes, _with_value(asked, "neutrophil_percent"))
    pairs = list(whole.pairs)
    segmented = pair_up(_without(leukocytes, pairs), _with_value(asked, "segmented_neutrophil_percent"))
    bands = Draws(_with_value(asked, "band_neutrophil_percent"))
    computed = [_times(asked, pair, None) for pair in pairs]
    computed += [
        _times(asked, pair, next(iter(bands.of(pair.second)), None), parts=True) for pair in segmented.pairs
    ]
    needs = (
        [asked.lack("neutrophil_percent", phrase("blood.no-differential-count-of-the-same"))]
        if leukocytes
        else []
    )
    known = latest_first((*reported, *computed))
    counts, shares = ("wbc",), ("neutrophil_percent", "segmented_neutrophil_percent")
    unread = [
        *asked.unusable("anc"),
        *unread_parts(asked.unusable(*counts), _all(asked, shares), known),
        *unread_parts(asked.unusable(*shares), _all(asked, counts), known),
    ]
    return asked.result(known, unread, needs)


def _times(asked: Asked, pair: Pair, bands: Measurement | None, *, parts: bool = False) -> Measurement:
    count, per_cent = pair.first.value or Interval(), pair.second.value or Interval()
    evidence, notes = pair.evidence, pair.notes
    alone = parts and bands is None
    if bands is not None and bands.value is not None:
        per_cent = per_cent.plus(bands.value)
        evidence = (*evidence, *bands.evidence)
    value = product(count, per_cent).scaled(0.01)
    if alone:
        value = Interval(value.low, count.high, value.low_open, count.high_open)
        notes = (*notes, phrase("blood.band-forms-are-not-on-record"))
    return Measurement(
        input=asked.name,
        when=pair.first.when,
        at=pair.first.at or pair.second.at,
        specimen=pair.first.specimen or pair.second.specimen,
        unit=asked.definition.description.unit,
        value=value,
        basis="bounded" if alone else "computed",
        evidence=evidence,
        needs=(asked.lack("band_neutrophil_percent"),) if alone else (),
        notes=(*notes, phrase("blood.computed-from-leukocytes-and-their-differential")),
    )


def _all(asked: Asked, names: Sequence[str]) -> list[Result]:
    """What is on record of these, whether it can be used or not."""
    return [*asked.unusable(*names), *(m for name in names for m in _with_value(asked, name))]


def _with_value(asked: Asked, name: str) -> list[Measurement]:
    return [m for m in asked.recorded(name) if m.value is not None]


def _without(measurements: Sequence[Measurement], pairs: Sequence[Pair]) -> list[Measurement]:
    paired = {id(pair.first) for pair in pairs}
    return [m for m in measurements if id(m) not in paired]
