"""Words that say what an entry is about, where no code set does (``words.yaml``)."""

from __future__ import annotations

import functools
import re
import unicodedata
from pathlib import Path

from fhir_mappings.catalogue import read_yaml


def speaks_of_kidney(text: str) -> bool:
    """Whether a pathology report is about the kidney."""
    return _pattern("kidney").search(unicodedata.normalize("NFKC", text)) is not None


def speaks_of_fluid(text: str) -> bool:
    """Whether a diagnosis is oedema that weighs: not of the eye, the brain or a single place."""
    normal = unicodedata.normalize("NFKC", text)
    return _pattern("fluid").search(normal) is not None and not _pattern("fluid_elsewhere").search(normal)


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(read_yaml(Path(__file__).with_name("words.yaml"))[name], re.IGNORECASE)
