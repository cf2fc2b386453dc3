"""How much is in one dose, in mg, and what that makes on a day: the arithmetic of ``Dosage.doseAndRate``."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fhir_mappings.datatypes import Dosage, DoseAndRate, Quantity, Range, Ratio
from fhir_mappings.dosing_terms import UnitSize, dosing_terms
from fhir_mappings.intervals import INFINITY, Interval, point
from fhir_mappings.medication_strength import Strength, mg_per_unit
from fhir_mappings.phrases import phrase
from fhir_mappings.timing import LARGEST, Schedule, TimingError, hours_per_dose


class DoseError(ValueError):
    """An amount that cannot be read; the message says why, for a report."""


class Basis(msgspec.Struct, frozen=True):
    """What amounts are reckoned with: strengths of the product, weight in kg, body surface in m²."""

    strengths: tuple[Strength, ...] = ()
    weight_kg: Interval | None = None
    bsa: Interval | None = None


class Amount(msgspec.Struct, frozen=True, gc=False):
    """mg in a dose, or, where ``days`` is set, in so many days (1/24 for a rate per hour)."""

    mg: Interval
    days: float | None = None


class Daily(msgspec.Struct, frozen=True, gc=False):
    """mg on a day that has a dose, and averaged over the schedule."""

    per_day: Interval
    mean: Interval


def daily_amount(dosage: Dosage, schedule: Schedule | None, basis: Basis) -> Daily:
    """mg per day of one dosage; ``schedule`` is ``None`` where the timing is silent.

    A dose as needed may be none at all: its amounts start at 0. Limits per administration and per period
    cap the amounts, and bound them where the dose itself cannot be read. A limit that the schedule exceeds
    over several days, or one for a lifetime, leaves open on which days there is a dose: amounts start at 0.

    Raises:
        DoseError: there is no amount, or it cannot be read.
    """
    cap = _cap_per_day(dosage, basis)
    try:
        daily = _uncapped(dosage, schedule, basis)
    except DoseError:
        if cap is None:
            raise
        return Daily(Interval(0, cap.per_day.high), Interval(0, cap.mean.high))
    if cap is not None:
        scarce = cap.mean.high < daily.mean.high and cap.mean.high < cap.per_day.high
        daily = Daily(capped(daily.per_day, cap.per_day.high), capped(daily.mean, cap.mean.high))
        if scarce:
            daily = Daily(_from_zero(daily.per_day), daily.mean)
    if dosage.max_dose_per_lifetime is not None:
        return Daily(_from_zero(daily.per_day), _from_zero(daily.mean))
    if dosage.as_needed_boolean or dosage.as_needed_codeable_concept is not None:
        return Daily(_from_zero(daily.per_day), _from_zero(daily.mean))
    return daily


def _uncapped(dosage: Dosage, schedule: Schedule | None, basis: Basis) -> Daily:
    amount = _dose_of(dosage, basis)
    try:
        hours = hours_per_dose(dosage.timing)
    except TimingError as problem:
        raise DoseError(str(problem)) from None
    if amount.days is None or (hours is not None and amount.days < 1):
        if schedule is None:
            raise DoseError("the dosage does not say how often")
        dose = amount.mg if amount.days is None else amount.mg.scaled((hours or 0) / 24 / amount.days)
        dose = _capped_per_administration(dose, dosage, basis)
        return Daily(product(dose, schedule.times), product(dose, schedule.mean))
    # An amount per day is that of all doses of the day. A rate without a duration runs at most all day.
    a_day = amount.mg.scaled(1 / amount.days)
    if amount.days < 1:
        a_day = _from_zero(a_day)
    if schedule is None:
        return Daily(a_day, a_day)
    if schedule.every > 1 or amount.days > 1:
        raise DoseError("an amount per day does not fit a schedule of several days")
    return Daily(a_day, a_day.scaled(len(schedule.weekdays) / 7 if schedule.weekdays else 1))


def administered(dosage: Dosage, basis: Basis, hours: float | None = None) -> Interval:
    """mg of an administration as a whole: its amount, else its rate over the ``hours`` that it lasted.

    Raises:
        DoseError: the amount is missing, or a rate without a duration.
    """
    if dosage.dose is not None:
        amount = amount_of(dosage.dose, basis)
    elif dosage.rate_quantity is not None:
        amount = _rate(dosage.rate_quantity, basis)
    elif dosage.rate_ratio is not None:
        amount = _ratio(dosage.rate_ratio, basis)
    else:
        raise DoseError("the administration gives no amount")
    if amount.days is None:
        return amount.mg
    if hours is None:
        raise DoseError("the administration has a rate and no amount")
    return amount.mg.scaled(hours / 24 / amount.days)


def amount_of(quantity: Quantity, basis: Basis) -> Amount:
    """The amount that a quantity states.

    Raises:
        DoseError: no value, no unit, a unit that does not lead to a mass, or a code that contradicts it.
    """
    value = _value_of(quantity)
    spellings = [s for s in (quantity.code, quantity.unit) if s and s != "1"]
    if not spellings:
        return Amount(_of_pieces(value, stated="1" in (quantity.code, quantity.unit), basis=basis))
    read = [_parsed(spelling) for spelling in spellings]
    known = [(spelling, parts) for spelling, parts in zip(spellings, read, strict=True) if parts is not None]
    if not known or any(spelling in dosing_terms().refused for spelling in spellings):
        raise DoseError(f"the unit of the dose, {spellings[-1]!r}, is not a mass")
    amounts = {_in_mg(value, head, per, quantity.unit or spelling, basis) for spelling, (head, per) in known}
    # "UNT/ML" printed beside the code "ML": one of them is wrong, and nothing tells which.
    half_read = len(known) < len(spellings) and "/" in spellings[-1] and not known[0][1][1]
    if len(amounts) > 1 or half_read:
        raise DoseError(f"the unit of the dose, {spellings[-1]!r}, contradicts its code {spellings[0]!r}")
    return amounts.pop()


def _of_pieces(value: Interval, *, stated: bool, basis: Basis) -> Interval:
    """mg of a bare number of a product that is counted in pieces.

    The dimensionless unit counts pieces. No unit at all may be a slip for mg: the amount spans both readings.
    """
    each = mg_per_unit([s for s in basis.strengths if s.per == "solid"], _PIECE)
    if each is None:
        raise DoseError(f"the dose {value} has no unit")
    pieces = product(value, each)
    return pieces if stated else pieces.hull(value)


_PIECE = UnitSize("solid")


def _parsed(spelling: str) -> tuple[UnitSize, list[str]] | None:
    """The unit above the line and those below it; ``None`` where the first is not known or is a time."""
    parts = spelling.replace("(", "").replace(")", "").replace(".", "/").split("/")
    head = dosing_terms().unit(spelling if len(parts) == 1 else parts[0])
    return None if head is None or head.kind == "time" else (head, parts[1:])


def _in_mg(value: Interval, head: UnitSize, per: list[str], unit: str, basis: Basis) -> Amount:
    if head.kind == "mass":
        mg = value.scaled(head.size)
    else:
        each = mg_per_unit(basis.strengths, head)
        if each is None:
            raise DoseError(f"the strength per {unit} is not known")
        mg = product(value, each)
    days: float | None = None
    terms = dosing_terms()
    for divisor in per:
        size = terms.unit(divisor)
        if terms.body_sizes.get(divisor) == "kg":
            mg = product(mg, _needed(basis.weight_kg, phrase("dose-amount.a-dose-per-kg-needs-the")))
        elif terms.body_sizes.get(divisor) == "m2":
            mg = product(mg, _needed(basis.bsa, phrase("dose-amount.a-dose-per-m-needs-the")))
        elif size is not None and size.kind == "time" and days is None:
            days = size.size
        elif size is None or size.kind not in ("any", "solid"):
            raise DoseError(f"the unit of the dose, {unit!r}, is not a mass")
    return Amount(mg, days)


def _needed(value: Interval | None, why: str) -> Interval:
    if value is None:
        raise DoseError(why)
    return value


def _value_of(quantity: Quantity) -> Interval:
    if quantity.value is None:
        raise DoseError("the dose has no value")
    value = float(quantity.value)
    if value < 0:
        raise DoseError(f"the dose {value:g} is negative")
    if value > LARGEST:
        raise DoseError(f"the dose {value:g} makes no sense")
    bounds = {
        None: point(value),
        "<": Interval(0, value, high_open=True),
        "<=": Interval(0, value),
        ">": Interval(value, INFINITY, low_open=True, high_open=True),
        ">=": Interval(value, INFINITY, high_open=True),
    }
    if quantity.comparator not in bounds:
        raise DoseError(f"the comparator {quantity.comparator!r} of the dose is not known")
    return bounds[quantity.comparator]


def _dose_of(dosage: Dosage, basis: Basis) -> Amount:
    """The dose. Entries beside each other (as ordered, as calculated) state one dose: they are spanned."""
    amounts: list[Amount] = []
    problems: list[DoseError] = []
    for entry in dosage.dose_and_rate:
        try:
            amounts.append(_entry(entry, basis))
        except DoseError as problem:
            problems.append(problem)
    if not amounts:
        raise problems[0] if problems else DoseError("the dosage gives no amount")
    first = amounts[0]
    for other in amounts[1:]:
        if other.days == first.days:
            first = Amount(first.mg.hull(other.mg), first.days)
    return first


def _entry(entry: DoseAndRate, basis: Basis) -> Amount:
    if entry.dose_quantity is not None:
        return amount_of(entry.dose_quantity, basis)
    if entry.dose_range is not None:
        return _range(entry.dose_range, lambda q: amount_of(q, basis))
    if entry.rate_quantity is not None:
        return _rate(entry.rate_quantity, basis)
    if entry.rate_range is not None:
        return _range(entry.rate_range, lambda q: _rate(q, basis))
    if entry.rate_ratio is not None:
        return _ratio(entry.rate_ratio, basis)
    raise DoseError("the dosage gives no amount")


def _range(bounds: Range, read: Callable[[Quantity], Amount]) -> Amount:
    low = read(bounds.low) if bounds.low else None
    high = read(bounds.high) if bounds.high else None
    known = low or high
    if known is None or (low and high and low.days != high.days):
        raise DoseError("the dose range cannot be read")
    least = low.mg if low else Interval(0, 0)
    most = high.mg if high else Interval(INFINITY, INFINITY)
    return Amount(Interval(least.low, most.high, least.low_open, most.high_open), known.days)


def _rate(quantity: Quantity, basis: Basis) -> Amount:
    amount = amount_of(quantity, basis)
    if amount.days is None:
        raise DoseError("the rate is not an amount per time")
    return amount


def _ratio(ratio: Ratio, basis: Basis) -> Amount:
    if ratio.numerator is None or ratio.denominator is None:
        raise DoseError("the rate cannot be read")
    amount = amount_of(ratio.numerator, basis)
    days = _days_of(ratio.denominator)
    if days is None or amount.days is not None:
        raise DoseError("the rate is not an amount per time")
    return Amount(amount.mg, days)


def _days_of(quantity: Quantity) -> float | None:
    terms = dosing_terms()
    count = 1.0 if quantity.value is None else float(quantity.value)
    for spelling in (quantity.code, quantity.unit):
        if not spelling:
            continue
        unit = terms.unit(spelling)
        if unit is not None and unit.kind == "time" and count > 0:
            return count * unit.size
        if spelling in terms.calendar and count > 0:
            return count * terms.period_days[terms.calendar[spelling]]
    return None


def _cap_per_day(dosage: Dosage, basis: Basis) -> Daily | None:
    """The most on one day and on average that ``maxDosePerPeriod`` allows, where it can be read."""
    limit = dosage.max_dose_per_period
    if limit is None or limit.numerator is None or limit.denominator is None:
        return None
    days = _days_of(limit.denominator)
    try:
        most = amount_of(limit.numerator, basis).mg
    except DoseError:
        return None
    if days is None:
        return None
    return Daily(most.scaled(max(1 / days, 1.0)), most.scaled(1 / days))


def _capped_per_administration(dose: Interval, dosage: Dosage, basis: Basis) -> Interval:
    if dosage.max_dose_per_administration is None:
        return dose
    try:
        return capped(dose, amount_of(dosage.max_dose_per_administration, basis).mg.high)
    except DoseError:
        return dose


def capped(amount: Interval, most: float) -> Interval:
    """The interval, cut off at ``most``."""
    if amount.high <= most:
        return amount
    return Interval(min(amount.low, most), most, amount.low_open and amount.low < most)


def product(a: Interval, b: Interval) -> Interval:
    """Product of two non-negative quantities."""
    high = 0.0 if 0 in (a.high, b.high) else a.high * b.high
    return Interval(a.low * b.low, high, a.low_open or b.low_open, a.high_open or b.high_open)


def _from_zero(amount: Interval) -> Interval:
    return Interval(0, amount.high, high_open=amount.high_open)
