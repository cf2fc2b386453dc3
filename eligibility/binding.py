"""Binding: a protocol's words meet the vocabulary of criterion inputs and code sets, once, at load.

What comes out is a tree of closures that only take a ``Context``. Names that do not exist, units that do
not fit and thresholds outside the physical range are found here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from eligibility.answers import Answer, State
from eligibility.context import Context
from eligibility.errors import BindingError, Location, ProtocolProblem
from eligibility.looks import Looks
from eligibility.measured import UncertainAnchor, absent_anchor
from eligibility.quantities import Threshold, parse_duration, parse_threshold
from eligibility.suggestions import did_you_mean
from eligibility.windows import ANCHORS, LATEST, Span, Window
from fhir_mappings.facts import InputDescription, Vocabulary
from fhir_mappings.intervals import Duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

Evaluate = Callable[[Context], Answer]
SpanOf = Callable[[Context], "Span | None"]

LIMITS = ("ULN", "LLN")
_SOME_DAY = date(2000, 1, 1)
_SOME = 6
"""So many spellings of units are named where one does not fit; the vocabulary lists them all."""


class BoundThreshold:
    """A threshold in the input's canonical unit, or as a multiple of the result's own limit."""

    __slots__ = ("canonical", "limit", "written")

    def __init__(self, written: Threshold, canonical: float | None, limit: str | None) -> None:
        self.written = written
        self.canonical = canonical
        self.limit = limit


class Binding:
    """State of binding one protocol: vocabulary, named windows, the place in the document, the polarity."""

    def __init__(
        self, vocabulary: Vocabulary, protocol_id: str, freshness: Mapping[str, Window], version: str = ""
    ) -> None:
        self.vocabulary = vocabulary
        self.protocol_id = protocol_id
        self._version = version
        self.freshness = freshness
        self.criterion_id = ""
        self.problems: list[ProtocolProblem] = []
        self.questions: dict[str, str] = {}
        self.looks = Looks()
        self.judgeable = False
        self._location: Location = ()
        self._positive = True
        self._in_case = False
        self._hangs = False

    # -- place and polarity ---------------------------------------------------------------------

    @contextmanager
    def at(self, *parts: str | int) -> Iterator[None]:
        """Within the block, problems are reported below this place; a problem raised is collected."""
        before = self._location
        self._location = (*before, *parts)
        try:
            yield
        except BindingError as error:
            self.problems.append(ProtocolProblem((*self._location, *error.location), error.reason))
        finally:
            self._location = before

    @contextmanager
    def polarity(self, positive: bool) -> Iterator[None]:
        """Within the block, statements being true speaks for (``positive``) or against the patient."""
        before = self._positive
        self._positive = positive
        try:
            yield
        finally:
            self._positive = before

    @contextmanager
    def case(self) -> Iterator[None]:
        """Within the block, a case's condition is bound: rungs below it say what an open question means."""
        before = self._in_case
        self._in_case = True
        try:
            yield
        finally:
            self._in_case = before

    @property
    def in_case(self) -> bool:
        """Whether a case's condition is being bound."""
        return self._in_case

    @property
    def positive(self) -> bool:
        """Whether a true statement speaks for the patient's eligibility here."""
        return self._positive

    @property
    def conservative(self) -> State:
        """The review state that leans against the patient: the default where judgement is needed."""
        return State.REVIEW_FALSE if self._positive else State.REVIEW_TRUE

    # -- children -------------------------------------------------------------------------------

    def bind(self, node: BaseModel, *place: str | int) -> Evaluate:
        """Bind a child node; on a problem, a stand-in is returned and the problem is remembered."""
        bound: Evaluate = _unbound
        above, self._hangs = self._hangs, False
        with self.at(*place):  # which swallows and remembers a problem
            bound = node.bind(self)  # type: ignore[attr-defined]  # every node kind has it; see kinds/
        hangs, self._hangs = self._hangs, above
        return _hanging(bound) if hangs else bound

    # -- names ----------------------------------------------------------------------------------

    def input(self, name: str, *place: str | int) -> InputDescription:
        """The description of a criterion input.

        Raises:
            BindingError: no such input.
        """
        found = self.vocabulary.input(name)
        if found is None:
            close = did_you_mean(name, self.vocabulary.input_names)
            raise BindingError(f"there is no criterion input '{name}'{close}", *place)
        return found

    def concepts(self, names: Iterable[str], *place: str | int) -> frozenset[str]:
        """The code sets that these names (code sets or classes) stand for.

        Raises:
            BindingError: a name is unknown.
        """
        found: set[str] = set()
        for name in names:
            members = self.vocabulary.expand(name)
            if members is None:
                close = did_you_mean(name, self.vocabulary.concept_names)
                raise BindingError(f"there is no code set or class '{name}'{close}", *place)
            found |= members
        return frozenset(found)

    def category(self, description: InputDescription, value: str, *place: str | int) -> str:
        """A category of an input.

        Raises:
            BindingError: the input has no such category.
        """
        if value not in description.categories:
            known = ", ".join(description.categories) or "none: it is a number"
            close = did_you_mean(value, description.categories)
            raise BindingError(
                f"'{description.name}' has no category '{value}'{close} (it has: {known})", *place
            )
        return value

    def threshold(self, description: InputDescription, text: str, *place: str | int) -> BoundThreshold:
        """A threshold in the input's canonical unit.

        Raises:
            BindingError: the unit does not fit the input, or the value is outside the physical range.
        """
        written = parse_threshold(text)
        if description.kind == "category":
            raise BindingError(f"'{description.name}' is categorical; compare it with 'category'", *place)
        if written.unit in LIMITS:
            return BoundThreshold(written, None, written.unit)
        unit = written.unit or "1"
        # Scores, ages, titres and ratios are written without a unit.
        bare = written.unit is None and (description.unit in ("1", "a") or description.unit.startswith("{"))
        if bare or unit == description.unit:
            factor = 1.0
        elif unit in description.units:
            factor = description.units[unit]
        else:
            spellings = list(dict.fromkeys((description.unit, *description.units)))
            known = ", ".join(spellings[:_SOME]) + (", …" if len(spellings) > _SOME else "")
            raise BindingError(f"unit '{unit}' does not fit '{description.name}' (it takes: {known})", *place)
        canonical = written.value * factor
        plausible = description.plausible
        if plausible is not None and not plausible.low <= canonical <= plausible.high:
            raise BindingError(
                f"{written} is outside the physical range of '{description.name}'"
                f" ({plausible} {description.unit})",
                *place,
            )
        return BoundThreshold(written, canonical, None)

    # -- windows --------------------------------------------------------------------------------

    def window(self, window: str | Window | None, *place: str | int) -> SpanOf:
        """A function that gives a window's dates; ``None`` for "ever" gives one without a beginning.

        What is being bound is missing where nobody knows on which value its window hangs.

        Raises:
            BindingError: unknown name, unknown anchor, a length of zero, or a gap that leaves nothing.
        """
        if window is None:
            window = Window(anchor="screening")
        if isinstance(window, str):
            named = self.freshness.get(window)
            if named is None:
                known = ", ".join(self.freshness) or "none"
                close = did_you_mean(window, self.freshness)
                raise BindingError(
                    f"no freshness window is called '{window}'{close} (there are: {known})", *place
                )
            window = named
        self.check_anchor(window.anchor, *place, "anchor")
        before = self.duration(window.before, *place, "before") if window.before else None
        gap = self.duration(window.gap, *place, "gap") if window.gap else None
        if before and gap and before.before(_SOME_DAY) >= gap.before(_SOME_DAY):
            raise BindingError(f"a gap of {gap} leaves nothing of a window of {before}", *place, "gap")
        chosen = window
        self._hangs = self._hangs or chosen.anchor.startswith(LATEST)
        return lambda context: context.span(chosen, before, gap)

    def events_window(self, window: str | Window | None, *place: str | int) -> Callable[[Context], Span]:
        """Like ``window``, for what is no value itself: without an anchor, that value is what is missing.

        Raises:
            BindingError: as ``window``.
        """
        span_of = self.window(window, *place)
        named = self.freshness.get(window) if isinstance(window, str) else window
        name = named.anchor.removeprefix(LATEST) if named is not None else ""

        def anchored(context: Context) -> Span:
            span = span_of(context)
            if span is None:
                raise UncertainAnchor(absent_anchor(self.input(name)))
            return span

        return anchored

    def duration(self, text: str, *place: str | int) -> Duration:
        """A duration that is not zero.

        Raises:
            BindingError: it is zero.
        """
        found = parse_duration(text)
        if found.count == 0:
            raise BindingError("a window of no length can hold nothing", *place)
        return found

    def check_anchor(self, name: str, *place: str | int) -> None:
        """Raises BindingError unless the anchor exists."""
        if name.startswith(LATEST):
            self.input(name.removeprefix(LATEST), *place)
        elif name not in ANCHORS:
            known = ", ".join((*ANCHORS, f"{LATEST}INPUT"))
            raise BindingError(
                f"there is no anchor '{name}'{did_you_mean(name, ANCHORS)} (there are: {known})", *place
            )

    def may_be_judged(self) -> None:
        """What is being bound may come out as a review, or presumed: a person is asked to judge it."""
        self.judgeable = True

    def question(self, name: str, text: str) -> str:
        """Register an attestation question; its full id is ``protocol/criterion/name``."""
        full = name if "/" in name else f"{self.protocol_id}/{self.criterion_id}/{name}"
        self.questions.setdefault(full, text)
        return full

    def version_of(self, question: str) -> str | None:
        """The version of the form that holds a question; ``None`` for one of another protocol."""
        return self._version or None if question.startswith(f"{self.protocol_id}/") else None


def _hanging(bound: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Answer:
        try:
            return bound(context)
        except UncertainAnchor as uncertain:
            return uncertain.answer

    return evaluate


def _unbound(context: Context) -> Answer:
    raise AssertionError("a protocol with problems is never evaluated")
