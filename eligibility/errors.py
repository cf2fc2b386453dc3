"""What can be wrong with a protocol.

::

    ProtocolError               a protocol file cannot be used; carries every problem found
    └── (holds) ProtocolProblem one problem: where it stands and what is wrong

Both are faults of a file, found when it is loaded: they stop the start. Nothing about a patient's data
ever raises one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class ProtocolProblem:
    """One problem: the location within the document, the line and column (1-based) if known, and the reason.

    Attributes:
        severity: a ``warning`` does not keep a protocol from being used; it asks the author to look again.
        mend: what to do about it, where the reason does not say so.
        of: id of the criterion, part or assumption that it belongs to.
    """

    location: Location
    reason: str
    line: int | None = None
    column: int | None = None
    severity: Literal["error", "warning"] = "error"
    mend: str = ""
    of: str = ""

    def describe(self, source: str) -> str:
        """``file:line: place: reason``."""
        where = f"{source}:{self.line}" if self.line is not None else source
        place = ".".join(str(part) for part in self.location)
        return f"{where}: {place}: {self.reason}" if place else f"{where}: {self.reason}"

    def told(self, source: str) -> str:
        """``file:line:column: severity: criterion, key: reason; how to mend it``."""
        where = ":".join(str(part) for part in (source, self.line, self.column) if part is not None)
        key = self.location[-1] if self.location and isinstance(self.location[-1], str) else ""
        subject = ", ".join(part for part in (self.of, key) if part)
        told = [where, self.severity, *([subject] if subject else []), self.reason]
        return ": ".join(told) + (f"; {self.mend}" if self.mend else "")


class ProtocolError(Exception):
    """A protocol file cannot be used.

    Attributes:
        source: the file, or what stands for it.
        problems: all that were found, in the order of the document.
    """

    def __init__(self, source: Path | str, problems: list[ProtocolProblem]) -> None:
        self.source = str(source)
        self.problems = problems
        super().__init__("\n".join(problem.describe(self.source) for problem in problems))


class BindingError(Exception):
    """Raised while a node is bound to the vocabulary; turned into a ``ProtocolProblem`` with its line."""

    def __init__(self, reason: str, *location: str | int) -> None:
        self.reason = reason
        self.location: Location = location
        super().__init__(reason)
