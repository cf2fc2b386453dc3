"""Viruses and syphilis: what a result says about an infection."""

from __future__ import annotations

import math

import msgspec

from fhir_mappings.facts import Diagnosis, Measurement, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.categories import FLAGS, TITRE, is_upper_bound, with_category
from fhir_mappings.inputs.pairing import latest_first
from fhir_mappings.intervals import Interval, day
from fhir_mappings.phrases import phrase

NO_AMOUNT = phrase("infection.detected-the-report-gives-no-amount")

UNCONFIRMED = phrase("infection.no-confirmatory-test-is-on-record")
NOT_CONFIRMED = phrase("infection.a-reactive-screening-test-was-not")
VIRAL = phrase("infection.hiv-rna-was-detected")

QUANTIFIED = "quantified"
BELOW = "detected-below-quantification"
ABOVE = "above-quantification"
DETECTED = frozenset({"positive", "detected", BELOW, QUANTIFIED, ABOVE})


@computes("hbv_dna")
def hepatitis_b_dna(asked: Asked) -> Series:
    """Viral load with what it says: not detected, detected but too little or too much to measure, measured.

    A bare bound (``<20``) may mean either "not detected" or "detected below quantification": it has no
    category. "Detected" without an amount is told as the least that it can be.
    """
    return asked.result([_viral_load(m) for m in asked.recorded("hbv_dna")], asked.unusable("hbv_dna"))


@computes("hcv_rna")
def hepatitis_c_rna(asked: Asked) -> Series:
    """Detected or not detected, by words or by amount; a bare bound says neither."""
    return asked.result([_presence(m) for m in asked.recorded("hcv_rna")], asked.unusable("hcv_rna"))


@computes("hiv_rna")
def hiv_rna(asked: Asked) -> Series:
    """Detected or not detected, by words or by amount; a bare bound says neither."""
    return asked.result([_presence(m) for m in asked.recorded("hiv_rna")], asked.unusable("hiv_rna"))


def _presence(measurement: Measurement) -> Measurement:
    found = _viral_load(measurement)
    if found.category in DETECTED:
        return with_category(measurement, "detected")
    return found


def _viral_load(measurement: Measurement) -> Measurement:
    said = measurement.category
    amount = measurement.value if measurement.value is not None else measurement.reported
    if said in ("negative", "not-detected"):
        return with_category(measurement, "not-detected")
    if said in (BELOW, ABOVE, QUANTIFIED, "equivocal"):
        return measurement
    if amount is None:
        return (
            with_category(measurement, BELOW, NO_AMOUNT)
            if said in DETECTED
            else with_category(measurement, None)
        )
    if math.isinf(amount.high) and amount.low > 0:
        return with_category(measurement, ABOVE)
    if amount.low > 0:
        return with_category(measurement, QUANTIFIED)
    if said in DETECTED:
        return with_category(measurement, BELOW)
    if amount == Interval(0, 0):
        return with_category(measurement, "not-detected", phrase("infection.reported-as-0"))
    return with_category(measurement, None, phrase("infection.undecided", limit=f"{amount.high:g}"))


@computes("hiv")
def hiv(asked: Asked) -> Series:
    """HIV infection: antibodies, confirmed; a reactive combined antigen and antibody screen is not yet that.

    A confirmatory test of the same day or later settles a reactive screen. HIV RNA that is detected and a
    coded HIV infection are positive: the infection is for life.
    """
    serology = asked.recorded("hiv")
    last_confirmed = max(
        (
            m.when.last
            for m in serology
            if m.role == "confirmatory" and m.category in ("positive", "negative")
        ),
        default=None,
    )
    settled = []
    for measurement in serology:
        if measurement.category != "positive" or measurement.role in ("confirmatory", "antibody"):
            settled.append(measurement)
        elif last_confirmed is None or last_confirmed < measurement.when.first:
            settled.append(with_category(measurement, "reactive-unconfirmed", UNCONFIRMED))
    if len(settled) < len(serology):
        settled = [_after_screen(m) for m in settled]
    viral = [
        msgspec.structs.replace(
            m, input="hiv", value=None, unit="1", category="positive", notes=(*m.notes, VIRAL)
        )
        for m in asked.series("hiv_rna").measurements
        if m.category == "detected"
    ]
    coded, doubtful = _coded(asked)
    return asked.result(
        latest_first((*settled, *viral, *coded)), (*doubtful, *asked.unusable("hiv", "hiv_rna"))
    )


def _after_screen(measurement: Measurement) -> Measurement:
    if measurement.role == "confirmatory" and measurement.category == "negative":
        return with_category(measurement, "negative", NOT_CONFIRMED)
    return measurement


def _coded(asked: Asked) -> tuple[list[Measurement], list[Unusable]]:
    coded: list[Measurement] = []
    doubtful: list[Unusable] = []
    for event in asked.events(Diagnosis, ["cond_hiv"]):
        if event.start is not None and event.start.first > asked.on:
            continue
        if not event.confirmed:
            detail = phrase("infection.hiv-infection-is-on-record-as")
            doubtful.append(
                Unusable(why="too-coarse", detail=detail, when=event.start, evidence=(event.evidence,))
            )
            continue
        coded.append(
            Measurement(
                input="hiv",
                when=day(asked.on),
                category="positive",
                basis="recorded",
                evidence=(event.evidence,),
                notes=(phrase("infection.hiv-infection-is-on-record-as-2"),),
            )
        )
    return coded[:1], doubtful


@computes("syphilis_nontreponemal")
def reagin(asked: Asked) -> Series:
    """RPR, VDRL, TRUST: reactive at any titre from 1:1 on."""
    return asked.result(
        [with_category(m, _by_titre(m, reactive=1, negative=1)) for m in asked.recorded(asked.name)],
        asked.unusable(asked.name),
    )


@computes("syphilis_treponemal")
def treponemal(asked: Asked) -> Series:
    """Treponemal antibody. Particle agglutination: reactive from 1:80, inconclusive at 1:40.

    Thresholds of the Serodia TP-PA package insert (Fujirebio).
    """
    return asked.result(
        [with_category(m, _by_titre(m, reactive=80, negative=40)) for m in asked.recorded(asked.name)],
        asked.unusable(asked.name),
    )


def _by_titre(measurement: Measurement, *, reactive: float, negative: float) -> str | None:
    """The category of a titre that nothing else judges, reactive from one and negative below another."""
    titre = measurement.reported
    undecided = measurement.category is None or measurement.category in FLAGS
    if not undecided or measurement.reported_unit != TITRE or titre is None:
        return measurement.category
    if titre.holds("at_least", reactive):
        return "positive"
    if titre.holds("below", negative) or (is_upper_bound(titre) and titre.high <= reactive):
        return "negative"
    return "equivocal"
