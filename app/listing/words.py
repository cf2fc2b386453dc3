"""What an entry says, in words of the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from app.language import Language
from app.listing.entries import Change, Entry, Lacking, changes
from app.rendering.telling import tell
from app.web.words import PageWords
from eligibility.bound import BoundProtocol
from fhir_mappings.phrases import said
from fhir_mappings.vocabulary import vocabulary


class ListWords:
    """The words for one language. ``trials``: the protocols, by id."""

    def __init__(self, words: PageWords, language: Language, trials: Mapping[str, BoundProtocol]) -> None:
        self._words = words
        self._language = language
        self._trials = trials

    def trial(self, identifier: str) -> str:
        """What a card calls the trial; its id where it is no longer screened for."""
        bound = self._trials.get(identifier)
        return identifier if bound is None else said(bound.protocol.short_title, self._language)

    def who(self, entry: Entry) -> str:
        """The name, or that there is none."""
        return entry.patient.name or self._words.say("list.no-name")

    def verdict(self, verdict: str) -> str:
        """The verdict, as every page has it; or why there is none any more."""
        if verdict in ("deceased", "not-shown"):
            return self._words.say(f"list.verdict.{verdict}")
        return tell(f"verdict.{verdict}")

    def lacking(self, lacking: Lacking) -> str:
        """What is missing and why, with the criteria that ask for it."""
        return self._words.say(
            "list.lacking",
            what=self._input(lacking.input),
            why=tell(f"why.{lacking.why}")
            if self._is_known(lacking.input)
            else self._words.say("list.several"),
            criteria=self._listed(lacking.criteria),
        )

    def changes(self, entry: Entry) -> list[str]:
        """What is otherwise than before, a sentence each."""
        return [self._change(change) for change in changes(entry)]

    def _change(self, change: Change) -> str:
        if change.kind in ("verdict", "version", "earliest"):
            before, now = change.names
            if change.kind == "verdict":
                before, now = self.verdict(before), self.verdict(now)
            key = "list.change.earliest-new" if not before else f"list.change.{change.kind}"
            return self._words.say(key, before=before, now=now)
        names = change.names
        if change.kind in ("now-missing", "no-longer-missing"):
            names = tuple(self._input(name) for name in names)
        return self._words.say(f"list.change.{change.kind}", names=self._listed(names))

    def _is_known(self, name: str) -> bool:
        """Whether it is one thing that is missing; a criterion stands for many, as the items of a score."""
        return vocabulary().input(name) is not None or bool(vocabulary().expand(name))

    def _input(self, name: str) -> str:
        described = vocabulary().input(name)
        if described is not None:
            return said(described.label, self._language)
        return said(vocabulary().concept_label(name), self._language) if vocabulary().expand(name) else name

    def _listed(self, names: tuple[str, ...]) -> str:
        return self._words.say("list.separator").join(names)
