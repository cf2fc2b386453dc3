"""The words of the analytes as text rules."""

from __future__ import annotations

import functools
import re

from fhir_mappings.catalogue import FOLDER, Analyte, Catalogue, read_yaml
from fhir_mappings.text_rules import Rule, folded


def analyte_rules(catalogue: Catalogue) -> dict[str, list[Rule]]:
    """Rules by ``analyte/role``.

    Urine forbids a name unless the analyte is one of urine, as its label or its names say.
    """
    urine = _urine()
    rules: dict[str, list[Rule]] = {}
    for analyte in catalogue.analytes.values():
        elsewhere = () if urine.search(" ".join(_words(analyte))) else (urine.pattern,)
        for rule in analyte.text:
            forbidden = tuple(_as_pattern(word) for word in rule.unless)
            rules.setdefault(f"{analyte.name}/{rule.role}", []).append(
                Rule(names=rule.names, unless=(*forbidden, *elsewhere), only=rule.only)
            )
    return rules


def _words(analyte: Analyte) -> list[str]:
    return [folded(word) for word in (analyte.label, *(name for rule in analyte.text for name in rule.names))]


@functools.cache
def _urine() -> re.Pattern[str]:
    patterns = read_yaml(FOLDER / "codesets" / "routes.yaml")["urine"]
    return re.compile("|".join(patterns), re.ASCII)


def _as_pattern(word: str) -> str:
    key = re.escape(folded(word) or word)
    return rf"(?<![a-z0-9]){key}" if word[0].isascii() and word[0].isalnum() else key
