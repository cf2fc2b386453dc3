"""Statements as alternatives of demands: what a chart would have to hold for them to be true, or false.

The alternatives of a statement are its disjunctive form: it is true for a chart that meets all demands of one
of them. A statement without any alternative can never be true. What cannot be put so (a table in the midst, a
judgement, more combinations than are worth trying) demands nothing, so that nothing is called impossible
that is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import comb, inf
from typing import Any

import msgspec
from pydantic import BaseModel

from eligibility.binding import Binding, BoundThreshold
from eligibility.checking.demands import Among, Demand, Plain, Range, Recorded, impossible
from eligibility.errors import BindingError, Location
from eligibility.kinds.attest import AttestedNode, AttestNode
from eligibility.kinds.cases import PASSING, CasesBody, CasesNode
from eligibility.kinds.category import UNCERTAIN, CategoryNode
from eligibility.kinds.found import FoundNode
from eligibility.kinds.logic import AllNode, AnyNode, AtLeastNode, NotNode
from eligibility.kinds.number import NumberBody, NumberNode
from eligibility.kinds.proven import ProvenNode, SeenNode
from eligibility.kinds.review import CarveOutNode, ReviewNode
from eligibility.kinds.table import TableBody, TableNode
from eligibility.quantities import COMPARED
from eligibility.windows import Window
from fhir_mappings.facts import InputDescription, Vocabulary
from fhir_mappings.intervals import OPPOSITE, UPWARDS, Comparison, Interval

MOST = 256
"""So many alternatives are tried at most."""

Alternatives = tuple[tuple[Demand, ...], ...]
ANYTHING: Alternatives = ((),)
NOTHING: Alternatives = ()


class Reasoner:
    """Puts the statements of one protocol as alternatives of demands."""

    def __init__(self, vocabulary: Vocabulary, freshness: Mapping[str, Window]) -> None:
        self.vocabulary = vocabulary
        self.freshness = freshness
        self._binding = Binding(vocabulary, "", freshness)
        self.clash: tuple[Demand, Demand] | None = None
        """The last two demands that were found to exclude each other."""

    def of(self, node: BaseModel, location: Location, true: bool, *, doubtful: bool = False) -> Alternatives:
        """The alternatives under which a statement is true (or, with ``true`` false, is false).

        Args:
            node: the statement.
            location: its place.
            true: which of the two is asked for.
            doubtful: take an event that must be absent as one that may be there unconfirmed.
        """
        found = self._of(node, location, true, doubtful)
        return ANYTHING if len(found) > MOST else found

    def both(self, *parts: Alternatives) -> Alternatives:
        """The alternatives under which all of these are met."""
        found: Alternatives = ANYTHING
        for part in parts:
            if len(found) * len(part) > MOST:
                continue  # which only leaves out demands
            merged = []
            for a in found:
                for b in part:
                    demands = (*a, *(demand for demand in b if demand not in a))
                    clash = impossible(demands)
                    if clash is None:
                        merged.append(demands)
                    else:
                        self.clash = clash
            found = tuple(merged)
        return found

    def passing(self, body: CasesBody | TableBody, location: Location) -> Alternatives:
        """The alternatives under which a ladder or a table does not end in the patient's way."""
        if isinstance(body, TableBody):
            return self._rows(body, location)
        found: list[tuple[Demand, ...]] = []
        above: Alternatives = ANYTHING
        for i, case in enumerate(body.of):
            place = (*location, "of", i, "when")
            if case.then in PASSING:
                found.extend(self.both(above, self.of(case.when, place, True)))
            above = self.both(above, self.of(case.when, place, False, doubtful=True))
        if body.otherwise in PASSING:
            found.extend(above)
        return ANYTHING if body.otherwise == "missing" and not found else tuple(found)

    def _of(self, node: BaseModel, location: Location, true: bool, doubtful: bool) -> Alternatives:
        def child(inner: BaseModel, *place: str | int) -> Alternatives:
            return self.of(inner, (*location, *place), true, doubtful=doubtful)

        if isinstance(node, AllNode):
            parts = [child(inner, "all", i) for i, inner in enumerate(node.all)]
            return self.both(*parts) if true else _either(parts)
        if isinstance(node, AnyNode):
            parts = [child(inner, "any", i) for i, inner in enumerate(node.any)]
            return _either(parts) if true else self.both(*parts)
        if isinstance(node, NotNode):
            return self.of(node.not_, (*location, "not"), not true, doubtful=doubtful)
        if isinstance(node, AtLeastNode):
            body = node.at_least
            parts = [child(inner, "at_least", "of", i) for i, inner in enumerate(body.of)]
            count = body.count if true else len(parts) - body.count + 1
            return self._some(parts, count)
        if isinstance(node, (ProvenNode, SeenNode)):
            kind, inner = ("proven", node.proven) if isinstance(node, ProvenNode) else ("seen", node.seen)
            return child(inner, kind) if true else ANYTHING
        if isinstance(node, ReviewNode):
            return child(node.review.of, "review", "of") if true else ANYTHING
        if isinstance(node, CarveOutNode):
            return child(node.carve_out.of, "carve_out", "of") if true else ANYTHING
        if isinstance(node, CasesNode):
            return self.passing(node.cases, (*location, "cases")) if true else ANYTHING
        if isinstance(node, TableNode):
            return self.passing(node.table, (*location, "table")) if true else ANYTHING
        try:
            return self._single(node, location, true, doubtful)
        except BindingError:
            return ANYTHING  # what is unknown is told elsewhere

    def _some(self, parts: Sequence[Alternatives], count: int) -> Alternatives:
        if count > len(parts):
            return NOTHING
        if comb(len(parts), count) > MOST:
            return ANYTHING
        return _either([self.both(*chosen) for chosen in combinations(parts, count)])

    def _single(self, node: BaseModel, location: Location, true: bool, doubtful: bool) -> Alternatives:
        if isinstance(node, NumberNode):
            return self._one(self._number(node.number, (*location, "number"), true))
        if isinstance(node, CategoryNode):
            return self._one(self._category(node, (*location, "category"), true))
        if isinstance(node, FoundNode):
            # Whoever is doubtful about an unconfirmed statement leaves it to the rungs below.
            if doubtful and not true and node.found.unconfirmed == "review":
                return ANYTHING
            return self._one(self._found(node, (*location, "found"), true))
        if isinstance(node, (AttestNode, AttestedNode)):
            return self._one(self._answer(node, location, true))
        key = node.model_dump_json(by_alias=True)
        kind = str(getattr(node, "kind_name", "statement"))
        return self._one(Plain(location=location, words=f"'{kind}'", key=key, holds=true))

    def _one(self, demand: Demand) -> Alternatives:
        clash = impossible((demand,))
        if clash is not None:
            self.clash = clash
            return NOTHING
        return ((demand,),)

    # -- single demands -------------------------------------------------------------------------

    def _number(self, body: NumberBody, location: Location, true: bool) -> Demand:
        described = self._binding.input(body.input)
        written = getattr(body, body.comparison)
        texts = written if isinstance(written, list) else [written]
        thresholds = [self._binding.threshold(described, text) for text in texts]
        limit = thresholds[0].limit
        comparison = body.comparison if true else OPPOSITE[body.comparison]
        edges = [_edge(threshold) for threshold in thresholds]
        if not true and body.grey is not None:
            edges = [_edge(self._binding.threshold(described, body.grey.to))]
        rising = comparison in UPWARDS
        edge = min(edges) if rising else max(edges)
        of = body.choose
        if not true and of in ("any", "every"):
            of = "every" if of == "any" else "any"
        written_as = " or ".join(str(threshold.written) for threshold in thresholds)
        return Range(
            location=location,
            words=f"{described.label} {COMPARED[comparison]} {written_as}",
            variable=(body.input, limit or "", body.on or "", *self._window(body.fresh, described)),
            of=of,
            within=_narrowed(_physical(described, limit), comparison, edge),
        )

    def _category(self, node: CategoryNode, location: Location, true: bool) -> Demand:
        body = node.category
        described = self._binding.input(body.input)
        wanted = frozenset(body.is_)
        # Naming every category is a way to ask whether there is any.
        others = frozenset(described.categories) - wanted - {UNCERTAIN} or frozenset({UNCERTAIN})
        of = "any" if body.choose == "any" else "latest"
        if not true and of == "any":
            of = "every"
        return Among(
            location=location,
            words=f"{described.label} {'' if true else 'not '}{' or '.join(body.is_)}",
            variable=(body.input, *sorted(body.lasting), *self._window(body.fresh, described)),
            of=of,
            values=wanted if true else others,
        )

    def _found(self, node: FoundNode, location: Location, true: bool) -> Demand:
        body = node.found
        labels = [self.vocabulary.concept_label(name) for name in body.of or ()]
        what = body.label or ", ".join(labels) or ", ".join(body.kind)
        window = self.freshness.get(body.during) if isinstance(body.during, str) else body.during
        if window is None and body.during is not None:
            raise BindingError("no such window")
        return Recorded(
            location=location,
            words=f"{what} {'on record' if true else 'not on record'}",
            present=true,
            body=body,
            concepts=self._binding.concepts(body.of) if body.of is not None else None,
            excepted=self._binding.concepts(body.except_),
            window=window,
        )

    def _answer(self, node: AttestNode | AttestedNode, location: Location, true: bool) -> Demand:
        body = node.attest if isinstance(node, AttestNode) else node.attested
        wanted = "yes" if getattr(body, "answer", True) else "no"
        others = {"yes", "no", "unanswered"} - {wanted}
        return Among(
            location=location,
            words=f"the answer {wanted if true else f'other than {wanted}'} to '{body.ask}'",
            variable=("answer", body.question, *self._window(body.fresh, None)),
            of="latest",
            values=frozenset({wanted} if true else others),
        )

    def _rows(self, body: TableBody, location: Location) -> Alternatives:
        found: list[Alternatives] = []
        for i, row in enumerate(body.rows):
            if row.then not in PASSING:
                continue
            demands: list[Demand] = []
            for name, values in row.when.items():
                column = body.columns.get(name)
                described = self.vocabulary.input(column.input) if column else None
                if column is None or described is None:
                    continue
                wanted = [values] if isinstance(values, str) else values
                demands.append(
                    Among(
                        location=(*location, "rows", i),
                        words=f"{described.label} {' or '.join(wanted)}",
                        variable=(
                            column.input,
                            *sorted(column.lasting),
                            *self._window(column.fresh, described),
                        ),
                        of="latest",
                        values=frozenset(wanted),
                    )
                )
            found.append((tuple(demands),))
        return _either(found)

    def _window(self, window: Window | str | None, described: InputDescription | None) -> tuple[str, ...]:
        """What tells one window from another; nothing for what does not depend on one."""
        if described is not None and not described.dated:
            return ()
        if isinstance(window, str):
            window = self.freshness.get(window)
        if window is None:
            return ("ever",)
        return (window.anchor, window.before or "", window.until, window.gap or "")


def _either(parts: Iterable[Alternatives]) -> Alternatives:
    return tuple(alternative for part in parts for alternative in part)


def _edge(threshold: BoundThreshold) -> float:
    return threshold.written.value if threshold.canonical is None else threshold.canonical


def _physical(described: InputDescription, limit: str | None) -> Interval:
    if limit is not None:
        return Interval(0.0, inf)
    return described.plausible or Interval(-inf, inf)


def _narrowed(within: Interval, comparison: Comparison, edge: float) -> Interval | None:
    if comparison in UPWARDS:
        cut: Any = msgspec.structs.replace(within, low=edge, low_open=comparison == "above")
        cut = cut if edge >= within.low else within
    else:
        cut = msgspec.structs.replace(within, high=edge, high_open=comparison == "below")
        cut = cut if edge <= within.high else within
    empty = cut.low > cut.high or (cut.low == cut.high and (cut.low_open or cut.high_open))
    return None if empty else cut
