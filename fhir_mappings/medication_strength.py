"""How much of the drug is in one tablet, one millilitre, one vial: strengths of medicinal products.

A strength comes from ``Medication.ingredient.strength`` or from the name of a coded product, which is
controlled vocabulary (RxNorm prints "prednisone 5 MG Oral Tablet"). Instructions to the patient are free
text and are never read for amounts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from fhir_mappings.datatypes import Quantity
from fhir_mappings.dosing_terms import UnitSize, dosing_terms, route_of_name
from fhir_mappings.intervals import Interval, point

_NUMBER = r"(?<![\w.,])(\d[\d,]*(?:\.\d+)?)"
_MASS = r"(mcg|ug|µg|mg|g|毫克|微克|克)(?![a-z])"
_PER = r"(?:\s*(?:/|per|in)\s*(\d+(?:\.\d+)?)?\s*(ml|actuat|puff|spray|hr|h)\b)?"
_STRENGTH = re.compile(_NUMBER + r"\s*" + _MASS + _PER, re.IGNORECASE)
_CONTAINER = re.compile(r"(?<![\w./])(\d+(?:\.\d+)?)\s*ml\b(?!\s*/)", re.IGNORECASE)
_BRAND = re.compile(r"\[[^\]]*\]")


class Strength(msgspec.Struct, frozen=True, gc=False):
    """mg of the drug in one unit of a kind (``solid``, ``volume`` = mL, ``container``, ``puff``, ``any`` …).

    ``container_ml``: volume of one vial or syringe, where the product's name tells it.
    """

    mg: Interval
    per: str
    container_ml: float | None = None

    def of(self, unit: UnitSize) -> Interval | None:
        """mg in one such unit, or ``None`` where the strength does not tell."""
        if self.per == unit.kind:
            return self.mg.scaled(unit.size)
        if unit.kind == "container" and self.per == "volume" and self.container_ml is not None:
            return self.mg.scaled(self.container_ml)
        countable = unit.kind in ("solid", "container", "puff", "piece")
        return self.mg if countable and self.per == "any" else None


StrengthLike = Strength | tuple[Quantity, Quantity]


def strength_of_name(name: str | None) -> Strength | None:
    """The one mass strength that a product's name states.

    ``None`` for a name with none or with several (a combination, a titration pack), and for
    one in percent or units. A strength per hour is that of a patch or an extended-release form: ``None``.
    """
    text = _BRAND.sub(" ", unicodedata.normalize("NFKC", name or ""))
    found = list(_STRENGTH.finditer(text))
    if len(found) != 1:
        return None
    amount, mass = _number(found[0][1]), found[0][2].lower()
    per_amount, per = _number(found[0][3] or "1"), (found[0][4] or "").lower()
    size = dosing_terms().unit(mass)
    if size is None or per_amount <= 0 or per in ("hr", "h"):
        return None
    mg = point(amount * size.size / per_amount)
    if per == "ml":
        volumes = {float(m[1]) for m in _CONTAINER.finditer(_STRENGTH.sub(" ", text))}
        return Strength(mg, "volume", volumes.pop() if len(volumes) == 1 else None)
    if per:
        return Strength(mg, "puff")
    return Strength(mg, "solid" if route_of_name(text) == "oral" else "any")


def strength_of_ratio(numerator: Quantity, denominator: Quantity) -> Strength | None:
    """The strength that an ingredient states, ``None`` if it is not a mass per countable unit or volume."""
    mass = unit_of(numerator)
    per = UnitSize("any") if _without_unit(denominator) else unit_of(denominator)
    count = 1.0 if denominator.value is None else float(denominator.value)
    if mass is None or mass.kind != "mass" or per is None or numerator.value is None or count <= 0:
        return None
    if per.kind in ("mass", "time") or numerator.value < 0:
        return None
    return Strength(point(float(numerator.value) * mass.size / (count * per.size)), per.kind)


def strengths_of(stated: Sequence[StrengthLike]) -> tuple[Strength, ...]:
    """All strengths that can be read."""
    read = (s if isinstance(s, Strength) else strength_of_ratio(*s) for s in stated)
    return tuple(s for s in read if s is not None)


def mg_per_unit(strengths: Sequence[Strength], unit: UnitSize) -> Interval | None:
    """mg in one such unit; spans the strengths where a product has several, ``None`` where none applies."""
    amounts = [mg for strength in strengths if (mg := strength.of(unit)) is not None]
    if not amounts:
        return None
    spanned = amounts[0]
    for amount in amounts[1:]:
        spanned = spanned.hull(amount)
    return spanned


def unit_of(quantity: Quantity) -> UnitSize | None:
    """The unit of a quantity: its code, else its printed unit."""
    terms = dosing_terms()
    for spelling in (quantity.code, quantity.unit):
        if spelling and spelling != "1":
            if spelling in terms.refused:
                return None
            if (unit := terms.unit(spelling)) is not None:
                return unit
    # UCUM annotations name things that are counted, in any language: {depottabletter}.
    code = quantity.code or ""
    return UnitSize("any") if code.startswith("{") and code.endswith("}") else None


def _without_unit(quantity: Quantity) -> bool:
    return (quantity.code or "1") == "1" and (quantity.unit or "1") == "1"


def _number(text: str) -> float:
    """RxNorm groups thousands with commas; elsewhere a comma may be the decimal mark."""
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))
