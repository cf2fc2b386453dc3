"""Dates as they stand in running text: a day, a month or a year, each as the span of days it may mean."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date

from fhir_mappings.intervals import DateSpan
from fhir_mappings.word_patterns import WordPattern

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<{{0}}>(?:{'|'.join(_MONTHS)})[a-z]*)\.?"
_YEAR = r"(?P<{0}>(?:19|20)\d\d)"
_END = r"(?![\d/])(?!\.\d)"

_DATE = WordPattern(
    r"(?<![\d/.-])(?:"
    + "|".join(
        (
            rf"{_YEAR.format('y1')}\s*[-/.年]\s*(?P<m1>\d{{1,2}})(?:\s*[-/.月]\s*(?P<d1>\d{{1,2}})\s*日?|\s*月)?{_END}",
            rf"(?P<a>\d{{1,2}})[/.-](?P<b>\d{{1,2}})[/.-]{_YEAR.format('y2')}{_END}",
            rf"(?P<m3>\d{{1,2}})[/.-]{_YEAR.format('y3')}{_END}",
            rf"(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH.format('n4')}[\s,-]+{_YEAR.format('y4')}{_END}",
            rf"{_MONTH.format('n5')}\s+(?P<d5>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR.format('y5')}{_END}",
            rf"{_MONTH.format('n6')}[\s,-]+{_YEAR.format('y6')}{_END}",
            rf"{_YEAR.format('y7')}年?(?![-/.]?\d)",
        )
    )
    + ")",
    re.IGNORECASE,
)


def stated_dates(text: str) -> Iterator[tuple[int, int, DateSpan]]:
    """Each date of a text: where it stands (start, end), and the days that it may mean.

    ``05/01/2021`` may be of January or of May, so it spans both. What is no date (month 13) is left out.
    """
    for match in _DATE.finditer(text):
        found = _days(match)
        if found:
            yield (
                match.start(),
                match.end(),
                DateSpan(min(s.first for s in found), max(s.last for s in found)),
            )


def _days(match: re.Match[str]) -> list[DateSpan]:
    given = match.groupdict()
    if given["a"] is not None:
        year, one, other = int(given["y2"]), int(given["a"]), int(given["b"])
        return [s for s in (_span(year, one, other), _span(year, other, one)) if s is not None]
    year = int(next(value for name, value in given.items() if name.startswith("y") and value))
    month = next((int(given[name]) for name in ("m1", "m3") if given[name]), None)
    named = next((given[name] for name in ("n4", "n5", "n6") if given[name]), None)
    if named is not None:
        month = _MONTHS.index(named[:3].lower()) + 1
    day = next((int(given[name]) for name in ("d1", "d4", "d5") if given[name]), None)
    span = _span(year, month, day)
    return [] if span is None else [span]


def _span(year: int, month: int | None, day: int | None) -> DateSpan | None:
    if month is None:
        return DateSpan(date(year, 1, 1), date(year, 12, 31))
    if not 1 <= month <= 12:
        return None
    length = calendar.monthrange(year, month)[1]
    if day is None:
        return DateSpan(date(year, month, 1), date(year, month, length))
    return DateSpan(date(year, month, day), date(year, month, day)) if 1 <= day <= length else None
