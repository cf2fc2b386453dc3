"""The words of cards: one catalogue for each language, in ``app/cards/catalogue``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from app.language import Language


class Wording:
    """The templates of one ``language``."""

    def __init__(self, language: Language, templates: dict[str, str]) -> None:
        self.language = language
        self._templates = templates

    def say(self, key: str, **args: str | int) -> str:
        """The template of that name, filled in.

        Raises:
            KeyError: no such template, or an argument lacks.
        """
        return self._templates[key].format(**args)

    def counted(self, key: str, count: int, what: str) -> str:
        """``key.one`` with ``what`` for a single thing, else ``key.many`` with the count."""
        return self.say(f"{key}.one", what=what) if count == 1 else self.say(f"{key}.many", count=count)

    def has(self, key: str) -> bool:
        """Whether there is a template of that name."""
        return key in self._templates


@cache
def wording(language: Language = "en") -> Wording:
    """The words of a language.

    Raises:
        FileNotFoundError: no catalogue for that language.
    """
    text = (files("app.cards") / "catalogue" / f"{language}.yaml").read_text(encoding="utf-8")
    return Wording(language, yaml.safe_load(text))
