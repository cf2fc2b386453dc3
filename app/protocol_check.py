"""Checking protocol files: the faults of each, its examples run, and ids that two files share."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.example_charts import run_examples
from eligibility.checking.check import Checked, check_text
from eligibility.checking.walking import walk
from eligibility.errors import Location, ProtocolProblem
from eligibility.protocol import Example
from fhir_mappings.facts import Vocabulary

STANDARD_INPUT = "-"
_SUFFIXES = (".yaml", ".yml")

Problems = tuple[ProtocolProblem, ...]


def check_sources(
    sources: Iterable[str], vocabulary: Vocabulary
) -> tuple[list[tuple[str, Problems]], list[str]]:
    """The problems of each file, and one line for each that cannot be read.

    Args:
        sources: files, folders of YAML files, or ``-`` for standard input.
        vocabulary: the names that a protocol may use.
    """
    checked: list[tuple[str, Problems]] = []
    unreadable: list[str] = []
    ids: dict[str, str] = {}
    for source in _files(sources):
        try:
            text = _read(source)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            unreadable.append(f"{source}: cannot be read: {reason}")
            continue
        found = checked_with_examples(text, source, vocabulary)
        if found.bound is not None:
            identifier = found.bound.protocol.id
            if identifier in ids:
                reason = f"'{identifier}' is the id of {ids[identifier]} too"
                found = found.with_more(
                    [ProtocolProblem(("id",), reason, mend="give each file an id of its own")]
                )
            ids.setdefault(identifier, source)
        checked.append((source, found.problems))
    return checked, unreadable


def checked_with_examples(text: str, source: str, vocabulary: Vocabulary) -> Checked:
    """The check of one text; its examples are run if it can be used at all."""
    found = check_text(text, source, vocabulary)
    return found.with_more(_examples(found, vocabulary)) if found.bound is not None else found


def _examples(found: Checked, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    if found.bound is None:
        return
    places: dict[int, Location] = {
        id(model): place for place, model in walk(found.bound.protocol) if isinstance(model, Example)
    }
    for run in run_examples(found.bound, vocabulary):
        place = (*places[id(run.example)], "outcome")
        for difference in run.differences:
            yield ProtocolProblem(place, f"example '{run.example.name}': {difference}")


def _files(sources: Iterable[str]) -> Iterator[str]:
    for source in sources:
        folder = Path(source)
        if source != STANDARD_INPUT and folder.is_dir():
            within = sorted(str(path) for path in folder.iterdir() if path.suffix in _SUFFIXES)
            yield from within or [source]
        else:
            yield source


def _read(source: str) -> str:
    if source == STANDARD_INPUT:
        return sys.stdin.buffer.read().decode("utf-8")
    return Path(source).read_text(encoding="utf-8")
