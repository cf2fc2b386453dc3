"""What a protocol may write below ``found``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eligibility.model import Model
from eligibility.prose import Prose
from eligibility.quantities import DurationText
from eligibility.windows import Window
from fhir_mappings.facts import EventKind

Value = str | bool


class HalfLives(Model):
    """A wash-out in half-lives, where that is longer than the window."""

    count: int = Field(ge=1)
    """How many half-lives."""

    unknown_until: DurationText
    """For a drug whose half-life is not known: until then the question is open."""


class FoundBody(Model):
    """Body of ``found``."""

    kind: list[EventKind] = Field(min_length=1)
    """The kinds of events to look at."""

    of: list[str] | None = Field(None, min_length=1)
    """Code sets or classes; without it, every event of the kinds."""

    except_: list[str] = Field([], alias="except")
    """Code sets or classes that do not count."""

    where: dict[str, Value | list[Value]] = {}
    """Attributes that the event must have, e.g. ``clinical: [active]``, ``inpatient: true``."""

    where_not: dict[str, Value | list[Value]] = {}
    """Attributes that rule an event out, e.g. ``study_ids: [NCT05247203]``, the trial itself."""

    unrecorded: Literal["missing", "no", "yes"] = "missing"
    """What it means when such an attribute is not recorded."""

    during: Window | str | None = None
    """The window; without it, ever."""

    timing: Literal["overlap", "start"] = "overlap"
    """``overlap``: it was going on at some time in the window. ``start``: it began in the window."""

    count: int = Field(1, ge=1)
    """How many events are needed: with ``apart`` different ones, without it records."""

    apart: DurationText | None = None
    """With ``count``: what begins so long after another is another event, even if no end of that is known."""

    absent: Literal["presumed", "no", "missing"] = "presumed"
    """What a wholly retrieved record without such an event means."""

    unconfirmed: Literal["review", "counts", "ignored"] = "review"
    """How provisional, differential and unconfirmed statements count."""

    or_half_lives: HalfLives | None = None
    """For drugs: the wash-out in half-lives, whichever is longer."""

    label: Prose | None = None
    """Words for what is looked for; by default those of the code sets."""

    needs: str | None = None
    """The criterion input, or a name of the question, to report as needed when it is missing."""
