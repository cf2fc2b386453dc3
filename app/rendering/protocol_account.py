"""A protocol for people to look through: criteria as they are asked, with the codes that answer them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from markupsafe import Markup, escape

from app.language import Language
from app.rendering.code_chapter import names_in
from app.rendering.telling import spoken
from eligibility.describing.phrases import Phrases
from eligibility.describing.statements import Told, describe, describe_asked
from eligibility.describing.timelines import describe_timeline
from eligibility.protocol import Criterion, Part, Protocol
from fhir_mappings.code_listing import ListedCode, codes_of, codes_of_input, units_of_input
from fhir_mappings.facts import InputDescription, Vocabulary
from fhir_mappings.phrases import said

_BOLD_OR_NAME = re.compile(r"\*\*(.+?)\*\*|`(.+?)`")


class AskedPart(msgspec.Struct, frozen=True):
    """A criterion or part: its words, its reading, what is asked. ``asked`` is none where its parts ask."""

    statement: Criterion | Part
    depth: int
    asked: Told | None
    timeline: Told | None


class WindowRow(msgspec.Struct, frozen=True):
    """A named window, and the assumption it rests on."""

    name: str
    reaches: str
    assumption: str | None


class NamedCodes(msgspec.Struct, frozen=True):
    """An input, a code set, or a class of code sets.

    Attributes:
        described: of an input.
        members: of a class, name and label.
        codes: its own; none for what is computed, and for a class.
        units: in which results of an input are read.
    """

    name: str
    label: str
    described: InputDescription | None
    members: tuple[tuple[str, str], ...]
    codes: tuple[ListedCode, ...]
    units: tuple[str, ...]


def asked_parts(criterion: Criterion, phrases: Phrases) -> list[AskedPart]:
    """A criterion and all its parts, from the top."""
    return list(_asked(criterion, phrases, 0))


def _asked(statement: Criterion | Part, phrases: Phrases, depth: int) -> Iterator[AskedPart]:
    timeline = describe_timeline(statement.timeline, phrases) if statement.timeline is not None else None
    yield AskedPart(statement, depth, describe_asked(statement, phrases), timeline)
    for part in statement.parts or ():
        yield from _asked(part, phrases, depth + 1)


def window_rows(protocol: Protocol, phrases: Phrases) -> list[WindowRow]:
    """How long results count, by name."""
    return [
        WindowRow(name, phrases.window(window.model_copy(update={"assumption": None})), window.assumption)
        for name, window in protocol.freshness.items()
    ]


def gate_account(protocol: Protocol, phrases: Phrases) -> list[Told]:
    """Who has the disease: one statement, or a grade each with what shows it, strongest first."""
    if not isinstance(protocol.applies_to, list):
        return [describe(protocol.applies_to, phrases)]
    return [
        Told(f"**{grade.grade}** {' '.join(grade.label.split())}", (describe(grade.when, phrases),))
        for grade in protocol.applies_to
    ]


def names_of(criterion: Criterion, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Name and label of each input and code set that a criterion asks for."""
    inputs, concepts = names_in([criterion], vocabulary)
    described = [(name, vocabulary.input(name)) for name in sorted(inputs)]
    return [
        *((name, found.label) for name, found in described if found is not None),
        *((name, vocabulary.concept_label(name)) for name in sorted(concepts)),
    ]


def named_codes(name: str, vocabulary: Vocabulary) -> NamedCodes | None:
    """What stands behind a name; ``None`` if a protocol cannot use it."""
    described = vocabulary.input(name)
    if described is not None:
        return NamedCodes(name, described.label, described, (), codes_of_input(name), units_of_input(name))
    members = sorted(vocabulary.expand(name) or ())
    if not members:
        return None
    label = vocabulary.concept_label(name)
    if members == [name]:
        return NamedCodes(name, label, None, (), codes_of(name), ())
    told = tuple((member, vocabulary.concept_label(member)) for member in members)
    return NamedCodes(name, label, None, told, (), ())


def prose_words(text: str) -> str:
    """Words of a protocol file in the language that is spoken, as far as the file has them in it."""
    return said(text, spoken())


def prose_language(text: str) -> Language:
    """The language of those words."""
    return spoken() if prose_words(text) != str(text) else "en"


def told_markup(text: str) -> Markup:
    """A sentence about a statement as HTML: bold, and names that lead to their codes."""
    return Markup(_BOLD_OR_NAME.sub(_marked, str(escape(" ".join(text.split())))))  # noqa: S704  # escaped before


def _marked(found: re.Match[str]) -> str:
    if found[1] is not None:
        return f"<strong>{found[1]}</strong>"
    name = found[2]
    return (
        f'<a href="/codes/{name}"><code>{name}</code></a>'
        if re.fullmatch(r"\w+", name)
        else f"<code>{name}</code>"
    )
