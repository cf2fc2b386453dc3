"""Words about facts as phrases: English text that can be said in other languages too.

A phrase is a ``str``, the English one, so that whatever compares, sorts or encodes words need not know of it.
It keeps the key of the catalogue (``fhir_mappings/words/en.yaml``) and the arguments that it was made of;
``in_language`` puts whole documents into another language at the edge. A phrase that is sliced, added to or
formatted into another text becomes plain text, and stays English: sentences are made of keys, not of pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, TypeVar

import msgspec
import yaml

ENGLISH = "en"

T = TypeVar("T")

Separator = Literal["clauses", "names", "both", "alternatives", "none"]


class Phrase(str):
    """English words that know how to be said in other languages."""

    __slots__ = ()

    def in_language(self, language: str) -> str:
        """The same in another language, as plain text; in English where that language lacks it."""
        raise NotImplementedError  # abstract: ABC does not hold for kinds of str

    def __add__(self, more: str) -> str:
        """A phrase and what is said after it."""
        return listed("none", (self, more))


class _Keyed(Phrase):
    __slots__ = ("_args", "_key")
    _key: str
    _args: Mapping[str, str]

    def in_language(self, language: str) -> str:
        if language == ENGLISH:
            return str(self)
        args = {name: said(value, language) for name, value in self._args.items()}
        return _templates(language)[self._key].format(**args)


class _Term(Phrase):
    __slots__ = ()

    def in_language(self, language: str) -> str:
        text = str(self)
        return text if language == ENGLISH else _terms(language).get(text, text)


class _Listed(Phrase):
    __slots__ = ("_items", "_separator")
    _items: tuple[str, ...]
    _separator: Separator

    def in_language(self, language: str) -> str:
        if language == ENGLISH:
            return str(self)
        between = _templates(language)[f"separator.{self._separator}"]
        return between.join(said(item, language) for item in self._items)


def phrase(key: str, /, **args: object) -> Phrase:
    """The phrase of that name in the catalogue; arguments may be phrases, and are told as ``str`` does.

    Raises:
        KeyError: the catalogue has no such key, or its template asks for an argument that is not given.
    """
    told = {name: value if isinstance(value, str) else str(value) for name, value in args.items()}
    made = _Keyed(_templates(ENGLISH)[key].format(**told))
    made._key, made._args = key, told
    return made


def term(text: str) -> Phrase:
    """A name of our own data files or a code of ours, as a phrase; one that is a phrase is left as it is."""
    return text if isinstance(text, Phrase) else _Term(text)


def listed(separator: Separator, items: Iterable[str]) -> str:
    """Several phrases or texts, one after another."""
    parts = tuple(items)
    if len(parts) == 1:
        return parts[0]
    made = _Listed(_templates(ENGLISH)[f"separator.{separator}"].join(parts))
    made._items, made._separator = parts, separator
    return made


class _Unstopped(Phrase):
    __slots__ = ("_sentence",)
    _sentence: str

    def in_language(self, language: str) -> str:
        return said(self._sentence, language).rstrip(".。")


def without_stop(sentence: str) -> Phrase:
    """A sentence as a part of another one: without its full stop."""
    made = _Unstopped(sentence.rstrip("."))
    made._sentence = sentence
    return made


def said(text: str, language: str) -> str:
    """Words in a language: plain text is what it is in every one, e.g. what a record says."""
    return text.in_language(language) if isinstance(text, Phrase) else text


def in_language(document: T, language: str) -> T:
    """A structure of msgspec with all its phrases as plain text of one language."""

    def say(value: object) -> str:
        if isinstance(value, Phrase):
            return value.in_language(language)
        raise TypeError(f"{type(value).__name__} has no words")

    return msgspec.convert(msgspec.to_builtins(document, enc_hook=say), type(document))


def from_data(raw: object, kind: type[T]) -> T:
    """What a data file holds as a structure of that kind, its fields of type ``Phrase`` being terms.

    Raises:
        msgspec.ValidationError: it is of another shape.
    """
    return msgspec.convert(raw, kind, dec_hook=_as_term)


def _as_term(kind: type, value: object) -> object:
    return term(value) if kind is Phrase and isinstance(value, str) else value


@cache
def _templates(language: str) -> Mapping[str, str]:
    return _words(f"{language}.yaml")


@cache
def _terms(language: str) -> Mapping[str, str]:
    return _words(f"terms.{language}.yaml")


def _words(name: str) -> Mapping[str, str]:
    text = (files("fhir_mappings") / "words" / name).read_text(encoding="utf-8")
    found: Mapping[str, str] = yaml.safe_load(text)
    return found
