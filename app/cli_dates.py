"""Options of commands that take a day."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from app.parameters import iso_date


def date_option(name: str, words: str) -> object:
    """An option for an ISO 8601 date; another text is a usage error that says why."""
    return typer.Option(name, parser=_iso_date, metavar="DATE", help=words)


def _iso_date(text: str) -> date:
    try:
        return iso_date(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}': {error}") from None


ScreeningDate = Annotated[date | None, date_option("--screening-date", "Screening visit. As of by default.")]
BaselineDate = Annotated[date | None, date_option("--baseline-date", "Baseline. As of by default.")]
EnrolmentDate = Annotated[date | None, date_option("--enrolment-date", "Enrolment. As of by default.")]
Day0 = Annotated[date | None, date_option("--day0", "First dose. As of by default.")]
