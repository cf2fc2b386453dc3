"""Resources as templates: encoded once, filled for each patient.

Encoding every resource anew would take several times as long, and a deck has millions of them.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

_HOLE = re.compile(r'"@\{#(\w+)\}"|@\{(\w+)\}')

Filled = dict[str, str]
"""What stands in the holes, by name: strings that need no escaping in JSON, and numbers as written."""


def hole(name: str) -> str:
    """A place in a string."""
    return "@{" + name + "}"


def number_hole(name: str) -> str:
    """A place for a number."""
    return "@{#" + name + "}"


class Template(msgspec.Struct, frozen=True):
    """A resource with holes, as a format string of ``%``."""

    kind: str
    text: str

    @classmethod
    def of(cls, resource: dict[str, Any]) -> Template:
        """The template of a resource whose holes are ``hole`` and ``number_hole``."""
        encoded = msgspec.json.encode(resource).decode().replace("%", "%%")
        return cls(resource["resourceType"], _HOLE.sub(lambda match: f"%({match[1] or match[2]})s", encoded))

    def fill(self, values: Filled) -> str:
        """One line of JSON."""
        return self.text % values
