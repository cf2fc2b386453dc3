"""The words of pages: a folder for each language in ``app/web/catalogue``, a catalogue for each page."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml


class PageWords:
    """The templates of one ``language``; keys are ``catalogue.key``."""

    def __init__(self, language: str, templates: dict[str, str]) -> None:
        self.language = language
        self._templates = templates

    @property
    def keys(self) -> frozenset[str]:
        """The names of all templates."""
        return frozenset(self._templates)

    def template(self, key: str) -> str:
        """The words of that name, not filled in.

        Raises:
            KeyError: there are none.
        """
        return self._templates[key]

    def say(self, key: str, **args: object) -> str:
        """The template of that name, filled in.

        Raises:
            KeyError: no such template, or an argument lacks.
        """
        return self._templates[key].format(**args)


@cache
def page_words(language: str) -> PageWords:
    """The words of a language.

    Raises:
        FileNotFoundError: no catalogues for that language.
    """
    folder = files("app.web") / "catalogue" / language
    templates: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            catalogue = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
            templates.update(
                {f"{file.name.removesuffix('.yaml')}.{key}": text for key, text in catalogue.items()}
            )
    return PageWords(language, templates)
