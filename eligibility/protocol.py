"""A trial protocol as data: verbatim criteria, their computable reading, assumptions, windows, examples."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from eligibility.findings import Leaning, Outcome
from eligibility.gate import AppliesTo, Grade
from eligibility.judgement import Judgement
from eligibility.kinds import Node
from eligibility.kinds.cases import CasesBody
from eligibility.kinds.table import TableBody
from eligibility.model import Model
from eligibility.overview.body import OverviewBody
from eligibility.prose import Prose
from eligibility.timeline import TimelineBody
from eligibility.windows import Window

RECRUITING = ("recruiting", "not-yet-recruiting", "enrolling-by-invitation")
"""Statuses under which a trial may be shown on a card."""


class Assumption(Model):
    """A reading that the protocol's text leaves open, chosen here and open to change by a site."""

    id: str = Field(pattern=r"^[A-Z][A-Za-z0-9-]*$")
    """Short name, cited by criteria and windows."""

    text: Prose
    """What is assumed, and why."""


class Example(Model):
    """A small chart and the outcome it must have; run as a test and shown in the reference."""

    name: str
    """What the example shows, as a sentence."""

    as_of: date = date(2026, 6, 15)
    """Evaluation date; anchors follow it unless given."""

    anchors: dict[Literal["screening", "baseline", "enrolment", "day0"], date] = {}
    """Anchor dates that differ from ``as_of``."""

    chart: dict[str, Any] = {}
    """Facts in short notation; see the documentation on writing a protocol."""

    part: str | None = None
    """Id of the part that the outcome belongs to; by default the criterion."""

    outcome: Outcome
    """The expected outcome."""

    leaning: Leaning | None = None
    """For ``review``: the expected leaning."""

    clears_on: date | None = None
    """For ``fail``: the expected date; if not given, the fail must have none."""

    needs: list[str] | None = None
    """For ``missing``: the expected needs, by criterion input."""

    why: str | None = None
    """For ``missing``: the expected reason of the first need."""

    grade: str | None = None
    """For an example of the gate: the expected grade, or ``none``."""

    @model_validator(mode="after")
    def _fitting(self) -> Example:
        if (self.leaning is not None) != (self.outcome == "review"):
            raise ValueError("a leaning belongs to the outcome 'review', and 'review' needs one")
        if self.clears_on is not None and self.outcome != "fail":
            raise ValueError("only a 'fail' clears")
        return self


class Statement(Model):
    """What a criterion or a part asks: one of ``requires``, ``excludes``, ``cases``, ``table``, ``parts``."""

    requires: Node | None = None
    """Must hold."""

    excludes: Node | None = None
    """Must not hold."""

    cases: CasesBody | None = None
    """A ladder of conditions with outcomes."""

    table: TableBody | None = None
    """A decision table with outcomes."""

    parts: list[Part] | None = Field(None, min_length=1)
    """Sub-criteria, each with a finding of its own."""

    combine: Literal["all", "any"] = "all"
    """For ``parts``: whether every part must be clear, or one suffices."""

    timeline: TimelineBody | None = None
    """Treatment and response over time, shown with the finding for a person to judge. Decides nothing."""

    @model_validator(mode="after")
    def _one_statement(self) -> Statement:
        given = [
            n for n in ("requires", "excludes", "cases", "table", "parts") if getattr(self, n) is not None
        ]
        if not given:
            raise ValueError(
                "the words have no computable reading and no attestation: one of requires, excludes, cases,"
                " table, parts is needed; what only a person can say is 'requires: {attest: …}'"
            )
        if len(given) > 1:
            raise ValueError(f"exactly one of requires, excludes, cases, table, parts is needed, not {given}")
        return self


class Part(Statement):
    """A sub-criterion."""

    id: str = Field(pattern=r"^[IE]\d+[A-Za-z0-9.\-]*$")
    """Its id, e.g. ``E9a.i``."""

    text: str
    """The protocol's own words."""

    reading: str | None = None
    """How the words are read, where it is not plain."""

    assumptions: list[str] = []
    """Ids of the assumptions it rests on."""

    notes: list[Prose] = []
    """Remarks that belong on every report."""


class Criterion(Statement):
    """A numbered criterion."""

    id: str = Field(pattern=r"^[IE]\d+$")
    """Number as in the source text: ``I4``, ``E9``."""

    text: str
    """The protocol's own words, verbatim."""

    reading: str
    """How the words are read so that a record can answer them."""

    assumptions: list[str] = []
    """Ids of the assumptions it rests on."""

    gap: str | None = None
    """What it would take to close a gap, in words."""

    notes: list[Prose] = []
    """Remarks that belong on every report, such as an inconsistency of the text."""

    examples: list[Example] = []
    """At least pass, fail, missing and each boundary."""

    @property
    def kind(self) -> Literal["inclusion", "exclusion"]:
        """Which list it is from."""
        return "inclusion" if self.id.startswith("I") else "exclusion"


class Protocol(Model):
    """A trial protocol."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", examples=["nct07517536"])
    """Registry number in lower case."""

    version: str
    """Version of this file; goes up with every change of meaning."""

    title: Prose
    """Title of the trial."""

    short_title: Annotated[Prose, Field(max_length=60)]
    """What a card calls it."""

    registry_url: str
    """Where the trial is registered."""

    source: str
    """Where the criteria text comes from, and its date."""

    sponsor: str | None = None
    """Sponsor, if known."""

    phase: str | None = None
    """Phase, if known."""

    status: Literal[
        "not-yet-recruiting",
        "recruiting",
        "enrolling-by-invitation",
        "active-not-recruiting",
        "suspended",
        "terminated",
        "completed",
        "withdrawn",
    ]
    """Recruitment status; only open trials are ever shown on a card."""

    condition: Prose
    """The disease, in words."""

    assumptions: list[Assumption] = []
    """Readings that the text leaves open."""

    freshness: dict[str, Window] = {}
    """Named windows: how long results of a kind count."""

    judgement: Judgement = Judgement()
    """How long a clinician's judgement of what the record leaves to review holds."""

    overview: OverviewBody = OverviewBody()
    """What a picture of the chart over time shows beside what the criteria ask for."""

    applies_to: AppliesTo
    """Who has the disease: only they get a card. One statement, or grades of evidence, strongest first."""

    applies_to_examples: list[Example] = []
    """Examples for the gate: ``pass`` for those who get a card, ``fail`` for those who do not."""

    criteria: list[Criterion] = Field(min_length=1)
    """All criteria, in the order of the text."""

    translations: dict[Literal["zh-CN"], dict[str, str]] = {}
    """Translations of the file's own words, by language and English text. They are for reading; the English
    binds."""

    @property
    def open(self) -> bool:
        """Whether the trial may be shown on a card."""
        return self.status in RECRUITING

    @property
    def grades(self) -> list[Grade]:
        """The grades of evidence of the disease; none where one statement says who has it."""
        return self.applies_to if isinstance(self.applies_to, list) else []


def part_ids(statement: Statement) -> list[str]:
    """Ids of all parts, nested ones too."""
    return [i for part in statement.parts or () for i in (part.id, *part_ids(part))]


Statement.model_rebuild()
Part.model_rebuild()
Criterion.model_rebuild()
Protocol.model_rebuild()
