"""The page for a clinician to challenge: how each criterion of each protocol is read, from its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from app.rendering.code_chapter import code_sets_chapter, inputs_chapter, names_in
from app.rendering.example_words import chart_words, outcome_words
from eligibility.describing.phrases import Phrases
from eligibility.describing.statements import Told, describe, describe_asked
from eligibility.describing.timelines import describe_timeline
from eligibility.gate import Grade
from eligibility.protocol import Criterion, Example, Part, Protocol
from fhir_mappings.facts import Vocabulary

_WORDED = frozenset(
    (
        "id", "text", "reading", "assumptions", "gap", "notes", "examples", "parts", "combine",
        "requires", "excludes", "cases", "table", "timeline",
    )
)  # fmt: skip
"""Keys of a criterion that have words of their own on the page; any other is shown as it is written."""

INTRODUCTION = """\
# How the criteria are read

This page is for the clinician who has to trust the readings, and to challenge them. It is made from the
protocol files by `make pages`; the words under *What is asked* come from the very statements that are
evaluated.

## How to read it

Each criterion shows

- the trial's own sentence, verbatim;
- **Read as**: what it is taken to mean, and the assumptions (P1 …) where the text is silent;
- **What is asked** of the record. A step of a ladder is tried only if those above it did not decide;
- examples: what a chart holds, and what must come out. They run as tests, and are judged on 2026-06-15 unless
  they say otherwise.

For every statement alike: a window is closed at both ends, so that a result of exactly 28 days ago counts,
and it ends at its anchor or on the day of evaluation, whichever is later, unless it says otherwise. A result
that is there but outside its window, unreadable, contradictory, or was not retrieved leaves the question open
(*missing*); it is never taken for no. A value that is not known exactly (<5, a score of which items are
missing) answers only if every number that it could be gives the same answer. An open part leaves the whole
open unless another part decides.

Outcomes are read from the patient's side, for inclusion and exclusion alike: *pass* does not stand in the
way, *fail* does; *presumed* rests on a whole record that shows nothing; *review* and *attest* need a person.

Names in `this type` are those of inputs and code sets; their codes and units are at the end, under
[Inputs](#inputs) and [Code sets](#code-sets).

## How to object

Say which criterion and which line (e.g. "NCT07517536, E9c, 30 mL/min"), what it should be, and on what that
rests: the protocol, an amendment, an answer of the sponsor, a publication. Best of all is an example: what a
chart holds, and what should come out. Open an issue, or change the protocol file as
[writing a protocol](writing-a-protocol.md) describes: a reading is changed there, and nowhere else. An
assumption is a choice that a site may make otherwise.
"""


def clinical_readings(protocols: Sequence[Protocol], vocabulary: Vocabulary) -> str:
    """The page, ending with a newline."""
    lines = [*INTRODUCTION.splitlines(), "", "## The trials", ""]
    lines += [f"- [{p.short_title}](#{_anchor(p.short_title)})" for p in protocols]
    for protocol in protocols:
        lines += _protocol(protocol, vocabulary)
    inputs, concepts = names_in(protocols, vocabulary)
    lines += ["", "# Inputs", "", *inputs_chapter(inputs, vocabulary)]
    lines += ["# Code sets", "", *code_sets_chapter(concepts, vocabulary)]
    return "\n".join(lines).rstrip() + "\n"


def _protocol(protocol: Protocol, vocabulary: Vocabulary) -> Iterator[str]:
    phrases = Phrases(vocabulary, protocol.freshness)
    yield from ("", f"# {protocol.short_title}", "")
    yield f"{protocol.title}. `{protocol.id}`, version {protocol.version} of this reading, {protocol.status}."
    yield f"[Registry]({protocol.registry_url}). Words of the criteria: {protocol.source}."
    yield from ("", "## Assumptions", "")
    for assumption in protocol.assumptions:
        yield f"- **{assumption.id}** {_plain(assumption.text)}"
    yield from ("", "## How long results count", "", "| window | reaches | assumption |", "|---|---|---|")
    for name, window in protocol.freshness.items():
        reaches = phrases.window(window.model_copy(update={"assumption": None}))
        yield f"| {name.replace('_', ' ')} | {reaches} | {window.assumption or ''} |"
    yield from ("", "## Who has the disease", "")
    yield from _gate(protocol, phrases)
    yield from _examples(protocol.applies_to_examples, vocabulary)
    yield from ("", "## Judgements", "")
    held = protocol.judgement.fresh
    reach = f"counts {phrases.window(held)}, and only" if held is not None else "counts"
    yield f"A clinician's judgement of what the record leaves to review {reach} until newer evidence comes."
    for criterion in protocol.criteria:
        yield from _criterion(criterion, phrases)


def _gate(protocol: Protocol, phrases: Phrases) -> Iterator[str]:
    if not isinstance(protocol.applies_to, list):
        yield from _told(describe(protocol.applies_to, phrases))
        return
    yield "Grades of evidence, strongest first; the first that holds is told."
    yield ""
    for grade in protocol.applies_to:
        yield from _grade(grade, phrases)


def _grade(grade: Grade, phrases: Phrases) -> Iterator[str]:
    opens = "" if grade.opens == "yes" else ", told only: no card"
    rests = f" ({', '.join(grade.assumptions)})" if grade.assumptions else ""
    below = [describe(grade.when, phrases)]
    if grade.against is not None:
        against = describe(grade.against, phrases)
        below.append(Told(f"told as speaking against it: {against.text}", against.below))
    yield from _told(Told(f"**{grade.grade}**: {grade.label}{rests}{opens}", tuple(below)))


def _criterion(criterion: Criterion, phrases: Phrases) -> Iterator[str]:
    yield from ("", f"## {criterion.id}", "", f"> {_plain(criterion.text)}", "")
    yield from _account(criterion, phrases)
    for part in criterion.parts or ():
        yield from _part(part, phrases)
    if criterion.timeline is not None:
        yield from ("", *_told(describe_timeline(criterion.timeline, phrases)))
    if criterion.gap:
        yield from ("", f"What would close a gap: {_plain(criterion.gap)}")
    yield from _examples(criterion.examples, phrases.vocabulary)


def _part(part: Part, phrases: Phrases) -> Iterator[str]:
    yield from ("", f"### {part.id}", "", f"> {_plain(part.text)}", "")
    yield from _account(part, phrases)
    for inner in part.parts or ():
        yield from _part(inner, phrases)


def _account(statement: Criterion | Part, phrases: Phrases) -> Iterator[str]:
    if statement.reading:
        yield from (f"**Read as:** {_plain(statement.reading)}", "")
    if statement.assumptions:
        yield from (f"**Assumptions:** {', '.join(statement.assumptions)}", "")
    for note in statement.notes:
        yield from (f"*{_plain(note)}*", "")
    asked = describe_asked(statement, phrases)
    if asked is None:
        which = (
            "every part must be clear" if statement.combine == "all" else "one part that is clear suffices"
        )
        yield f"**What is asked:** {which}."
    else:
        yield from ("**What is asked:**", "")
        yield from _told(asked)
    for name, value in _further(statement):
        yield from ("", f"{name.replace('_', ' ').capitalize()}:", "", "```yaml", *_yaml(value), "```")


def _further(statement: Criterion | Part) -> Iterator[tuple[str, Any]]:
    dumped = statement.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return ((name, value) for name, value in dumped.items() if name not in _WORDED)


def _told(told: Told, depth: int = 0) -> Iterator[str]:
    yield f"{'  ' * depth}- {_plain(told.text)}"
    for inner in told.below:
        yield from _told(inner, depth + 1)


def _examples(examples: Sequence[Example], vocabulary: Vocabulary) -> Iterator[str]:
    if not examples:
        return
    yield from ("", "| example | chart | outcome |", "|---|---|---|")
    for example in examples:
        of = f"{example.part}: " if example.part else ""
        cells = (f"{of}{example.name}", chart_words(example, vocabulary), outcome_words(example))
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _yaml(value: Any) -> list[str]:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    return text.rstrip().splitlines()


def _plain(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _anchor(heading: str) -> str:
    """The anchor that Markdown viewers give to a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")
