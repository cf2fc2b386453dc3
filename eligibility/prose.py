"""Words that a protocol file chooses itself, and their translations, which the same file holds.

The words of a criterion are the registry's and stand verbatim; a translation of what is said about it binds
nobody. A translation is looked up by the English text, so that a changed text loses it and is noticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from fhir_mappings.phrases import Phrase


class _Prose(Phrase):
    __slots__ = ("_translations",)
    _translations: Mapping[str, str]

    def in_language(self, language: str) -> str:
        return self._translations.get(language, str(self))


class Translations:
    """The translations of one file, and which of them were for words of it.

    Attributes:
        unused: language and English text of those that are for none.
    """

    def __init__(self, document: object) -> None:
        given = document.get("translations") if isinstance(document, Mapping) else None
        self._of: dict[str, dict[str, str]] = {}
        for language, texts in given.items() if isinstance(given, Mapping) else ():
            for english, text in texts.items() if isinstance(texts, Mapping) else ():
                if isinstance(english, str) and isinstance(text, str):
                    self._of.setdefault(english, {})[str(language)] = text
        self._used: set[str] = set()

    def prose(self, text: str) -> str:
        """The text, as a phrase if it is translated."""
        found = self._of.get(text)
        if found is None:
            return text
        self._used.add(text)
        made = _Prose(text)
        made._translations = found
        return made

    @property
    def unused(self) -> list[tuple[str, str]]:
        return [
            (language, english)
            for english, texts in self._of.items()
            if english not in self._used
            for language in texts
        ]


def _translated(text: str, info: ValidationInfo) -> str:
    context: Any = info.context
    return context.prose(text) if isinstance(context, Translations) else text


Prose = Annotated[str, AfterValidator(_translated)]
"""Text for people, in English; ``translations`` of the protocol may hold it in other languages."""
