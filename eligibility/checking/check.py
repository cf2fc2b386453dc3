"""The check of one protocol file: everything that is wrong with it, at once, in the order of its lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import yaml

from eligibility.bound import BoundProtocol, bind
from eligibility.checking.citations import unused_names
from eligibility.checking.contradictions import contradictions
from eligibility.checking.coverage import uncovered
from eligibility.checking.idle import idle_words
from eligibility.checking.logic import Reasoner
from eligibility.checking.records import record_faults
from eligibility.checking.thresholds import threshold_faults
from eligibility.checking.windows import window_faults
from eligibility.checking.words import example_faults, word_faults
from eligibility.errors import ProtocolError, ProtocolProblem
from eligibility.loading import located, parse_protocol
from eligibility.protocol import Protocol
from fhir_mappings.facts import Vocabulary


class Checked(msgspec.Struct, frozen=True):
    """What a check found.

    Attributes:
        bound: the protocol, ready to judge; ``None`` if it cannot be used.
        problems: errors and warnings, by line.
        tree: the YAML tree, for problems that are found later (examples that are run).
    """

    bound: BoundProtocol | None
    problems: tuple[ProtocolProblem, ...]
    tree: yaml.Node | None = None

    def with_more(self, more: Iterable[ProtocolProblem]) -> Checked:
        """The same, with further problems; they are given their lines."""
        found = (*self.problems, *(located(self.tree, problem) for problem in more if self.tree is not None))
        return msgspec.structs.replace(self, problems=_in_order(found))


def check_text(text: str, source: Path | str, vocabulary: Vocabulary) -> Checked:
    """Check the text of a protocol file.

    A file that is not YAML, or not of the form of a protocol, cannot be looked into further: then these are
    the only problems told.
    """
    try:
        protocol, tree = parse_protocol(text, source)
    except ProtocolError as error:
        return Checked(None, _in_order(error.problems))
    bound, problems = bind(protocol, vocabulary)
    found = [located(tree, problem) for problem in (*problems, *_faults(protocol, vocabulary))]
    return Checked(bound, _in_order(found), tree)


def _faults(protocol: Protocol, vocabulary: Vocabulary) -> Iterable[ProtocolProblem]:
    yield from contradictions(protocol, Reasoner(vocabulary, protocol.freshness))
    yield from unused_names(protocol)
    yield from window_faults(protocol, vocabulary)
    yield from threshold_faults(protocol)
    yield from idle_words(protocol, vocabulary)
    yield from word_faults(protocol)
    yield from example_faults(protocol)
    yield from record_faults(protocol, vocabulary)
    yield from uncovered(protocol, vocabulary)


def _in_order(problems: Iterable[ProtocolProblem]) -> tuple[ProtocolProblem, ...]:
    """By line; what an alias repeats is told once."""
    once = {(p.line, p.column, p.reason): p for p in reversed(list(problems))}
    return tuple(sorted(once.values(), key=lambda p: (p.line or 0, p.column or 0, p.severity, p.reason)))
