"""What an entry is about, by its words (``words.yaml``), and on which day it was made."""

from __future__ import annotations

import functools
import re
import unicodedata
from datetime import timedelta
from pathlib import Path

from fhir_mappings.catalogue import read_yaml
from fhir_mappings.intervals import DateSpan, day

A_YEAR = timedelta(days=366)


def names_nephritis(text: str) -> bool:
    """Whether a pathology report names a disease of the kidney, of whichever tissue it is."""
    return _pattern("kidney").search(unicodedata.normalize("NFKC", text)) is not None


def speaks_of_fluid(text: str) -> bool:
    """Whether a diagnosis is oedema that weighs: not of the eye, the brain or a single place."""
    normal = unicodedata.normalize("NFKC", text)
    return _pattern("fluid").search(normal) is not None and not _pattern("fluid_elsewhere").search(normal)


def known_by(start: DateSpan) -> DateSpan:
    """The day on which an entry was made, where its beginning lies anywhere in the years before.

    A diagnosis without an onset begins between birth and the day on which it was recorded; what it says of
    a class is of that last day. A year or a month is left as it is.
    """
    return day(start.last) if start.last - start.first > A_YEAR else start


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(read_yaml(Path(__file__).with_name("words.yaml"))[name], re.IGNORECASE)
