"""Reasons as messages: a key of the catalogue and its arguments, put into words only at the edge.

Keeping key and arguments apart from the words lets one screening be rendered in several languages and
keeps sentences from being glued together in code. A screening holds them as phrases: English text that
remembers its message (``in_words``), until ``fhir_mappings.phrases.in_language`` settles the language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import msgspec
import yaml

from fhir_mappings.phrases import ENGLISH, Phrase, said


class Message(msgspec.Struct, frozen=True, gc=False):
    """A sentence to be: ``key`` names a template of the catalogue, ``args`` fill it."""

    key: str
    args: Mapping[str, Argument] = {}


Argument = str | Message | tuple[Message, ...]


def message(key: str, **args: Argument) -> Message:
    """Short form of ``Message(key, {...})``."""
    return Message(key, args)


NOTHING = Message("joined", {"parts": ()})
"""No message: joined with others it leaves no trace."""


def joined(messages: Iterable[Message]) -> Message:
    """Several messages as one; repeated ones are said once."""
    distinct: list[Message] = []
    for item in messages:
        for single in _flat(item):
            if single not in distinct:
                distinct.append(single)
    return distinct[0] if len(distinct) == 1 else Message("joined", {"parts": tuple(distinct)})


def tells(item: Message, other: Message) -> bool:
    """Whether a message says already all that another one says."""
    said = _flat(item)
    return all(single in said for single in _flat(other))


def _flat(item: Message) -> tuple[Message, ...]:
    parts = item.args.get("parts") if item.key == "joined" else None
    return parts if isinstance(parts, tuple) else (item,)


class _InWords(Phrase):
    __slots__ = ("_message",)
    _message: Message

    def in_language(self, language: str) -> str:
        return str(self) if language == ENGLISH else render(self._message, language)


def in_words(item: Message) -> Phrase:
    """The message as a phrase.

    Raises:
        KeyError: the key is not in the catalogue, or an argument is lacking.
    """
    made = _InWords(render(item))
    made._message = item
    return made


@cache
def catalogue(language: str = ENGLISH) -> dict[str, str]:
    """The templates of a language.

    Raises:
        FileNotFoundError: no catalogue for that language.
    """
    text = (files("eligibility") / "catalogue" / f"{language}.yaml").read_text(encoding="utf-8")
    templates: dict[str, str] = yaml.safe_load(text)
    return templates


def render(item: Message, language: str = ENGLISH) -> str:
    """The message in words, as plain text.

    Raises:
        KeyError: the key is not in the catalogue, or an argument is lacking.
    """
    return _render(item, catalogue(language), language)


def _render(item: Message, templates: Mapping[str, str], language: str) -> str:
    if item.key == "text":
        return _render_argument(item.args["text"], templates, language)
    args = {name: _render_argument(value, templates, language) for name, value in item.args.items()}
    return templates[item.key].format(**args)


def _render_argument(value: Argument, templates: Mapping[str, str], language: str) -> str:
    if isinstance(value, str):
        return said(value, language)
    if isinstance(value, Message):
        return _render(value, templates, language)
    return templates["separator"].join(_render(part, templates, language) for part in value)
