"""The shapes of the score definitions (``scores/*.yaml``): items, and the rules that find them in a chart.

A rule is a small tree. Its leaves ask for results of a criterion input, for a coded diagnosis, or for a
value that is new or has risen; its branches are ``any``, ``all`` and ``either`` (several measures of one
quantity). ``evaluation.py`` judges it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.facts import Effort
from fhir_mappings.intervals import Comparison
from fhir_mappings.phrases import Phrase

Limit = Literal["lower_limit", "upper_limit"]
Counts = Literal["present", "needs-attribution"]


class ScoreDefinitionError(ValueError):
    """A file of ``scores/`` contradicts itself; raised when it is loaded."""


class _Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class ResultRule(_Shape, frozen=True, kw_only=True):
    """Results of a criterion input that show the item.

    Attributes:
        input: the criterion input.
        above, at_least, below: a threshold in ``unit``, or the result's own reference limit. At most one.
        unit: unit of the threshold, the input's canonical one; a result in another unit is not compared.
        shown_by, refuted_by: categories that show the item, or its absence.
        occasions: how many results on different days are needed.
        days_apart: days between the first and the last of them.
        every: no result may refute.
        shows_absence: whether a normal result shows that the item is absent.
        counts: ``needs-attribution`` for a finding that is weaker than the definition asks.
        doubt: with ``needs-attribution``, what has to be settled; ``settled_by``: the input that would.
    """

    input: str
    above: float | Limit | None = None
    at_least: float | None = None
    below: float | Limit | None = None
    unit: str | None = None
    shown_by: frozenset[str] = frozenset()
    refuted_by: frozenset[str] = frozenset()
    occasions: int = 1
    days_apart: int = 0
    every: bool = False
    shows_absence: bool = True
    counts: Counts = "present"
    doubt: Phrase | None = None
    settled_by: str | None = None

    def __post_init__(self) -> None:
        given = [t for t in (self.above, self.at_least, self.below) if t is not None]
        if len(given) > 1 or not (given or self.shown_by):
            raise ValueError(f"{self.input}: one threshold at most, and a threshold or a category")
        if any(isinstance(t, float | int) for t in given) is not (self.unit is not None):
            raise ValueError(f"{self.input}: a number needs its unit, and only a number does")
        if (self.counts == "needs-attribution") is not (self.doubt is not None):
            raise ValueError(f"{self.input}: 'needs-attribution' goes with a doubt")

    @property
    def comparison(self) -> tuple[Comparison, float | Limit] | None:
        """Comparison and threshold, if there is a threshold."""
        if self.above is not None:
            return "above", self.above
        if self.at_least is not None:
            return "at_least", self.at_least
        if self.below is not None:
            return "below", self.below
        return None


class DiagnosisRule(_Shape, frozen=True, kw_only=True):
    """A coded diagnosis (or the coded reason of an encounter) that supports the item.

    It never shows absence. In an activity score it must have begun within the scoring window.
    """

    concepts: tuple[str, ...]
    counts: Counts = "needs-attribution"


class RepeatedRule(_Shape, frozen=True, kw_only=True):
    """Results, of any of several measures of one quantity, that show the item on several days.

    ``occasions``, ``days_apart``: as in ``ResultRule``, over all measures together.
    """

    of: tuple[ResultRule, ...]
    occasions: int
    days_apart: int


class RiseRule(_Shape, frozen=True, kw_only=True):
    """A value above a threshold that is new, or has risen by ``rise`` over the lowest of the last months.

    ``inputs`` maps each criterion input to the unit of ``above`` and ``rise``.
    """

    inputs: dict[str, str]
    above: float
    rise: float
    months: int


class Rule(_Shape, frozen=True, kw_only=True):
    """One node of the tree: exactly one of these."""

    result: ResultRule | None = None
    diagnosis: DiagnosisRule | None = None
    repeated: RepeatedRule | None = None
    new_or_risen: RiseRule | None = None
    any_: tuple[Rule, ...] | None = msgspec.field(default=None, name="any")
    all_: tuple[Rule, ...] | None = msgspec.field(default=None, name="all")
    either: tuple[Rule, ...] | None = None

    def __post_init__(self) -> None:
        given = [getattr(self, name) for name in self.__struct_fields__]
        given = [value for value in given if value is not None]
        if len(given) != 1 or given[0] == ():
            raise ValueError("exactly one of result, diagnosis, repeated, new_or_risen, any, all, either")

    @property
    def children(self) -> tuple[Rule, ...]:
        """The rules directly below this one."""
        return self.any_ or self.all_ or self.either or ()


class Item(_Shape, frozen=True, kw_only=True):
    """One item of a score.

    Attributes:
        domain: organ system; in a score that counts the best item of each domain, what competes.
        definition: what the form asks, in short.
        source: publication, where it is not the score's.
        found_by: how a chart shows it; without, only a recorded form can.
        unless: names of exclusions (``exclusions.yaml``) that leave a finding in doubt.
        laboratory: the item can be decided without seeing the patient.
        takes: the effort that settles the item, where it is neither a laboratory order nor an assessment.
        aliases: other identifiers under which forms record it.
    """

    id: str
    label: Phrase
    weight: int
    domain: Phrase
    definition: Phrase
    source: str | None = None
    found_by: Rule | None = None
    unless: tuple[str, ...] = ()
    laboratory: bool = False
    takes: Effort | None = None
    aliases: tuple[str, ...] = ()

    @property
    def effort(self) -> Effort:
        """What it takes to settle the item while nothing is known of it."""
        return self.takes or ("laboratory" if self.laboratory else "bedside")


class Borrowing(_Shape, frozen=True, kw_only=True):
    """Items that another instrument's form answers.

    ``wider``: there the item takes in more than here, so its presence needs a second look and its absence
    counts; ``narrower``: the reverse. Items that are not named mean the same in both.
    """

    instrument: str
    wider: frozenset[str] = frozenset()
    narrower: frozenset[str] = frozenset()


class Classification(_Shape, frozen=True, kw_only=True):
    """Classification by points: an entry item, points to reach, and domains of which one must contribute."""

    entry: str
    points: int
    clinical_domains: frozenset[str]


class AlsoShown(_Shape, frozen=True, kw_only=True):
    """Another definition whose result is told beside this one where they differ."""

    score: str
    words: str


class Definition(_Shape, frozen=True, kw_only=True):
    """A score.

    Attributes:
        scope: ``window``: activity within the last ``window_days``; ``ever``: items accumulate for life.
        window_days: length of the window where the question does not give one; for ``ever``, how long a
            recorded form speaks for the absence of an item.
        counting: all items, or the heaviest item of each domain.
        maximum: highest possible value; checked against the items.
        instruments: names of recorded assessments whose total is this score.
        lessened_from, without: a recorded total of ``lessened_from`` answers this score once the points of
            the items ``without`` are taken off.
        akin: instruments of another kind, whose total does not answer this score but is worth telling.
        internal: not a criterion input, only ``also_shown`` beside one.
    """

    name: str
    label: Phrase
    scope: Literal["window", "ever"]
    window_days: int
    counting: Literal["all", "best-of-domain"] = "all"
    maximum: int
    source: str
    instruments: tuple[str, ...]
    items: tuple[Item, ...]
    borrows: tuple[Borrowing, ...] = ()
    akin: dict[str, str] = {}
    lessened_from: str | None = None
    without: tuple[Item, ...] = ()
    classification: Classification | None = None
    also_shown: tuple[AlsoShown, ...] = ()
    internal: bool = False


class Extension(_Shape, frozen=True, kw_only=True):
    """A score that differs from another in a few items (``changes``: item, field, new value)."""

    name: str
    label: Phrase
    extends: str
    maximum: int
    source: str
    instruments: tuple[str, ...]
    changes: dict[str, dict[str, object]] = {}
    leaves_out: tuple[str, ...] = ()
    borrows: tuple[Borrowing, ...] = ()
    akin: dict[str, str] = {}
    lessened_from: str | None = None
    also_shown: tuple[AlsoShown, ...] = ()
    internal: bool = False


class EventExclusion(_Shape, frozen=True, kw_only=True):
    """Diagnoses or exposures around the finding that may explain it.

    ``days_before``/``days_after``: how far from the finding they may lie; without, anywhere.
    """

    kind: Literal["diagnosis", "exposure"]
    concepts: tuple[str, ...]
    days_before: int | None = None
    days_after: int = 0
    doubt: Phrase
    unretrieved: str


class ResultRequirement(_Shape, frozen=True, kw_only=True):
    """Results within ``days`` of the finding that have to be there: one alternative, all of its inputs.

    A result of the first alternative that says the contrary stands, whatever the others say.
    """

    days: int
    alternatives: tuple[dict[str, frozenset[str]], ...]
    doubt: Phrase


class Presupposition(_Shape, frozen=True, kw_only=True):
    """A diagnosis, or any result of an input, that has to be in the chart."""

    concepts: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    doubt: Phrase


class Exclusion(_Shape, frozen=True, kw_only=True):
    """What leaves a finding in doubt. ``always``: only a clinician can settle it."""

    always: str | None = None
    presupposes: Presupposition | None = None
    requires: ResultRequirement | None = None
    explained_by: tuple[EventExclusion, ...] = ()
