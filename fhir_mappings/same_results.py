"""Results of one input and one time: copies of each other, or in contradiction.

Two feeds may send one result under two ids, in two units, with more digits or fewer: creatinine of 1.2 mg/dL
and of 106 µmol/L is one result, since what each may have been before it was rounded overlaps and they are
close.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from fhir_mappings.facts import Conflict, Evidence, Measurement, Unusable
from fhir_mappings.intervals import UNDATED, Interval
from fhir_mappings.phrases import listed, phrase

_NUMBER = re.compile(r"\d+(?:[.,](?P<decimals>\d+))?(?:[eE](?P<exponent>[+-]?\d+))?")
_SHOWN = 6
"""Most pieces of evidence that stand with copies."""

_AS_COPIES = 0.03
"""Part by which copies may differ at most: a system may drop the ".0" of a "1" without any rounding."""

# Two values that differ by just one step of the last digit are two values.
_STRICT = 1 - 1e-6


class Copies(msgspec.Struct, frozen=True):
    """Results without their copies, and the copies, each behind the result that stands for it."""

    kept: tuple[Measurement, ...]
    groups: tuple[tuple[Measurement, ...], ...]


def without_copies(results: Sequence[Measurement]) -> Copies:
    """The results without repetition, and those of one time and specimen that say the same.

    Of equal values one is kept, the one with the most digits. Copies that differ by rounding are all kept,
    since a threshold may lie between them; they share the reference range that only one of them brings.
    """
    by_time: dict[object, list[Measurement]] = defaultdict(list)
    for result in results:
        by_time[_time(result)].append(result)
    kept: dict[int, Measurement] = {}
    groups: list[tuple[Measurement, ...]] = []
    for alike in by_time.values():
        gathered: list[list[Measurement]] = []
        for result in sorted(alike, key=_preference):
            home = next(
                (g for g in gathered if _may_be_one(g[0], result) and _same_value(g[0], result)), None
            )
            if home is None:
                gathered.append([result])
            else:
                home.append(result)
        kept.update(entry for group in gathered for entry in _kept(group))
        groups += [tuple(group) for group in gathered if len({_reference(m) for m in group}) > 1]
    return Copies(tuple(kept[id(r)] for r in results if id(r) in kept), tuple(groups))


def _kept(group: Sequence[Measurement]) -> Iterable[tuple[int, Measurement]]:
    """One result for each value, by the identity of the result, with what all of them tell."""
    first_of: dict[object, Measurement] = {}
    for result in group:
        first_of.setdefault(_edges(result), result)
    upper, lower = (_only(getattr(m, name) for m in group) for name in ("upper_limit", "lower_limit"))
    specimen = next((m.specimen for m in group if m.specimen is not None), None)
    for result in first_of.values():
        yield (
            id(result),
            msgspec.structs.replace(
                result,
                upper_limit=result.upper_limit if result.upper_limit is not None else upper,
                lower_limit=result.lower_limit if result.lower_limit is not None else lower,
                specimen=result.specimen or specimen,
            ),
        )


def _only(limits: Iterable[float | None]) -> float | None:
    """The one limit that is given; ``None`` where several differ."""
    given = {f"{limit:.9g}": limit for limit in limits if limit is not None}
    return next(iter(given.values())) if len(given) == 1 else None


def told_twice(name: str, groups: Sequence[tuple[Measurement, ...]]) -> Iterable[Conflict]:
    """One word on all copies of an input."""
    if not groups:
        return
    newest = max((group[0] for group in groups), key=lambda m: m.when.last)
    evidence = tuple(e for group in groups for m in group for e in m.evidence[:1])
    what = (
        phrase("same-results.the-result-of-is", newest=newest.when.in_words)
        if len(groups) == 1
        else phrase("same-results.results-are", groups=len(groups))
    )
    values = listed("both", dict.fromkeys(_said(m) for m in groups[0]))
    made = phrase("same-results.each-counts-once")
    if any(len({_edges(m) for m in group}) > 1 for group in groups):
        made = phrase("same-results.they-are-alike-within-rounding-and")
    detail = phrase(
        "same-results.on-record-more-than-once", newest=_label(newest), what=what, values=values, made=made
    )
    yield Conflict(input=name, kind="duplicate", detail=detail, when=newest.when, evidence=evidence[:_SHOWN])


def at_odds(name: str, results: Sequence[Measurement]) -> Iterable[Conflict]:
    """Different values of one time and specimen; each time once.

    A result without a time may be of any time of its day: it is at odds if it differs from all that have one.
    """
    by_time: dict[object, list[Measurement]] = defaultdict(list)
    timed: dict[object, list[Measurement]] = defaultdict(list)
    for result in results:
        if result.when.open_start:
            continue  # nothing tells that two results without a date are of one time
        by_time[_time(result)].append(result)
        if result.at is not None:
            timed[(result.role, result.when)].append(result)
    for alike in by_time.values():
        differing = [one for one in alike if any(_at_odds(one, other) for other in alike)]
        of_day = timed.get((alike[0].role, alike[0].when), []) if alike[0].at is None else []
        apart = [one for one in alike if of_day and all(_at_odds(one, other) for other in of_day)]
        differing = [*differing, *(one for one in apart if one not in differing), *(of_day if apart else ())]
        if differing:
            differing.sort(key=_preference)
            first = differing[0]
            values = listed("both", dict.fromkeys(_said(m) for m in differing))
            made = phrase("same-results.what-both-decide-alike-counts-what")
            yield Conflict(
                input=name,
                kind="same-time",
                detail=phrase(
                    "same-results.of", first=_label(first), first_b=first.when, values=values, made=made
                ),
                when=first.when,
                evidence=tuple(e for m in differing for e in m.evidence[:1]),
            )


def _at_odds(one: Measurement, other: Measurement) -> bool:
    return _may_be_one(one, other) and _contradict(one, other)


def against_interpretation(name: str, refused: Sequence[Unusable]) -> Iterable[Conflict]:
    """Results whose value and interpretation contradict each other."""
    for item in refused:
        if item.why == "conflicting":
            label = item.evidence[0].label or name
            detail = phrase(
                "same-results.of-it-does-not-count",
                label=label,
                day=(item.when or UNDATED).in_words,
                detail=item.detail,
            )
            yield Conflict(
                input=name,
                kind="value-and-interpretation",
                detail=detail,
                when=item.when,
                evidence=item.evidence,
            )


def corrected(name: str, older: Measurement | Unusable, newer: Measurement | Unusable) -> Iterable[Conflict]:
    """A result that a correction replaced, unless both say the same."""
    if isinstance(older, Measurement) and isinstance(newer, Measurement):
        if _same_value(older, newer):
            return
        made = phrase("same-results.the-corrected-result-counts")
    elif isinstance(newer, Measurement):
        made = phrase("same-results.the-corrected-result-counts")
    else:
        made = phrase("same-results.neither-counts-since-the-correction-cannot", detail=newer.detail)
    label = newer.evidence[0].label or name
    when = (newer.when or older.when or UNDATED).in_words
    detail = phrase(
        "same-results.of-was-corrected-to",
        label=label,
        when=when,
        older=_said(older),
        newer=_said(newer),
        made=made,
    )
    yield Conflict(
        input=name,
        kind="corrected",
        detail=detail,
        when=newer.when,
        evidence=(*newer.evidence[:1], *older.evidence[:1]),
    )


def _time(result: Measurement) -> object:
    return (result.role, result.at if result.at is not None else result.when)


def _may_be_one(one: Measurement, other: Measurement) -> bool:
    return one.specimen == other.specimen or one.specimen is None or other.specimen is None


def _same_value(one: Measurement, other: Measurement) -> bool:
    if one.value is None or other.value is None:
        own = (one.reported, one.reported_unit) == (other.reported, other.reported_unit)
        return one.value is other.value and one.category == other.category and own
    if not (one.value.exact and other.value.exact):
        return _edges(one) == _edges(other)
    return _overlap(one, other)


def _edges(result: Measurement) -> tuple[object, ...]:
    value = result.value
    if value is None:
        return ()
    # Units are converted by floating point: below 8.4 g/dL and below 84 g/L are the same.
    return (f"{value.low:.9g}", f"{value.high:.9g}", value.low_open, value.high_open)


def _contradict(one: Measurement, other: Measurement) -> bool:
    if one.value is None or other.value is None:
        return (
            one.value is other.value
            and None not in (one.category, other.category)
            and (one.category != other.category)
        )
    return not _overlap(one, other)


def _overlap(one: Measurement, other: Measurement) -> bool:
    """Whether what two values may have been before they were rounded overlaps."""
    if one.value is None or other.value is None:
        return False
    if not (one.value.exact and other.value.exact):
        return _meet(one.value, other.value)
    if f"{one.value.low:.9g}" == f"{other.value.low:.9g}":
        return True
    apart = abs(one.value.low - other.value.low)
    rounding = (_half_step(one) + _half_step(other)) * _STRICT
    return apart < min(rounding, _AS_COPIES * max(abs(one.value.low), abs(other.value.low)))


def _meet(one: Interval, other: Interval) -> bool:
    low, high = max(one.low, other.low), min(one.high, other.high)
    if low < high:
        return True
    opened = any((v.low == low and v.low_open) or (v.high == high and v.high_open) for v in (one, other))
    return low == high and not opened


def _half_step(result: Measurement) -> float:
    """Half a step of the last digit that was reported, in the canonical unit; 0 where it is not known."""
    value, reported = result.value, result.reported
    if value is None or reported is None or not (value.exact and reported.exact) or not reported.low:
        return 0.0
    written = _NUMBER.search(result.evidence[0].recorded or "") if result.evidence else None
    if written is None:
        return 0.0
    exponent = int(written["exponent"] or 0) - len(written["decimals"] or "")
    if abs(exponent) > 30:
        return 0.0
    return float(0.5 * 10.0**exponent * abs(value.low / reported.low))


def _preference(result: Measurement) -> tuple[float, float, str, bool, bool, str]:
    low = result.value.low if result.value is not None else 0.0
    unlimited = result.upper_limit is None and result.lower_limit is None
    unit = result.reported_unit or ""
    return _half_step(result), low, unit, unlimited, result.specimen is None, _reference(result)


def _reference(result: Measurement) -> str:
    return result.evidence[0].reference if result.evidence else ""


def _label(result: Measurement) -> str:
    return (result.evidence[0].label if result.evidence else None) or result.input


def _said(result: Measurement | Unusable) -> str:
    evidence: Evidence | None = result.evidence[0] if result.evidence else None
    if evidence is not None and evidence.recorded:
        return evidence.recorded
    return (
        (result.category or str(result.value))
        if isinstance(result, Measurement)
        else phrase("same-results.no-value")
    )
