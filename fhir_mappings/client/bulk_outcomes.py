"""What servers tell of faults: OperationOutcomes, in one line, and which resource types they are about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

_LONGEST = 300
_WORD = re.compile(r"[A-Za-z]+")
_PATIENT = re.compile(r"Patient/[A-Za-z0-9\-.]+")
_GRAVE = frozenset({"fatal", "error"})


class _Words(msgspec.Struct, frozen=True):
    text: str = ""
    coding: tuple[dict[str, Any], ...] = ()


class Issue(msgspec.Struct, frozen=True):
    """One fault."""

    severity: str = "error"
    code: str = ""
    diagnostics: str = ""
    details: _Words = _Words()
    expression: tuple[str, ...] = ()
    location: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What it says."""
        coded = (str(coding.get("display", "")) for coding in self.details.coding)
        told = [self.details.text or " ".join(coded), self.diagnostics]
        return ": ".join(dict.fromkeys(part for part in told if part)) or self.code

    @property
    def grave(self) -> bool:
        """Whether something lacks for it, and not merely differs."""
        return self.severity in _GRAVE

    def about(self, types: Collection[str]) -> frozenset[str]:
        """Which of these resource types it names. Whose it is that lacks does not say what lacks."""
        named = _PATIENT.sub("", " ".join((self.words, *self.expression, *self.location)))
        return frozenset(_WORD.findall(named)) & frozenset(types)


class _Outcome(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str
    issue: tuple[Issue, ...] = ()


_outcomes = msgspec.json.Decoder(_Outcome, strict=False)


def issues(body: bytes) -> tuple[Issue, ...] | None:
    """What an OperationOutcome tells; ``None`` where the body is none."""
    try:
        found = _outcomes.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found.issue if found.resource_type == "OperationOutcome" else None


def in_words(status: int, told: Iterable[Issue] | None) -> str:
    """A status with what the server says of it, in one printable line."""
    said = "; ".join(dict.fromkeys(issue.words for issue in told or () if issue.words))
    return f"{status}: {printable(said)}" if said else str(status)


def printable(text: str, longest: int = _LONGEST) -> str:
    """Words of a server in one line, without what a terminal could take for commands."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * longest]).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
