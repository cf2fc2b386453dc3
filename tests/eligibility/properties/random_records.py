"""Small random records and statements, for the engine and the oracle alike."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from eligibility.answers import Answer, State
from eligibility.bound import BoundProtocol
from eligibility.context import Context
from eligibility.course import Anchors
from eligibility.loading import bind_text
from fhir_mappings.facts import Diagnosis, Event, Exposure, Measurement, Unusable
from fhir_mappings.intervals import DateSpan, Interval, day, point
from tests.eligibility.charts import AS_OF, CLASSES, INPUTS, HandChart, HandVocabulary, evidence
from tests.eligibility.properties.worlds import Question, Record

NUMBERS = {
    "upcr": ("g/g", [0.5, 0.69, 0.7, 0.99, 1.0, 1.01, 3.0]),
    "score": ("", [0.0, 5.0, 6.0, 7.0, 12.0]),
    "alt": ("U/L", [20.0, 89.0, 90.0, 91.0, 120.0, 121.0, 181.0]),
}
CATEGORIES = {name: [*INPUTS[name].categories] for name in ("hbsag", "anti_hbc", "hbv_dna", "anti_sm")}
CONCEPTS = {"diagnosis": ["cond_mi", "cond_skin_cancer", "cond_lymphoma"], "exposure": ["drug_a", "drug_b"]}

# -- dates -----------------------------------------------------------------------------------------

_NEAR = [-92, -61, -57, -56, -55, -40, -32, -31, -30, -29, -28, -27, -26, -8, -7, -2, -1, 0, 1, 3]
days = st.sampled_from([AS_OF + timedelta(days=n) for n in _NEAR])


def _partial(on: date, kind: str) -> DateSpan:
    if kind == "exact":
        return day(on)
    if kind == "month":
        first = on.replace(day=1)
        return DateSpan(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    if kind == "year":
        return DateSpan(date(on.year, 1, 1), date(on.year, 12, 31))
    return DateSpan(on, on + timedelta(days=2))


spans = st.builds(_partial, days, st.sampled_from(["exact"] * 6 + ["days", "days", "month", "year"]))

# -- facts -----------------------------------------------------------------------------------------


@st.composite
def measurements(draw: st.DrawFn, names: list[str]) -> Measurement:
    """A result of one of these inputs: an exact number, an interval, or a category."""
    name = draw(st.sampled_from(names))
    when = draw(spans)
    hour = draw(st.sampled_from([None, None, 8, 20])) if when.exact else None
    at = datetime(when.last.year, when.last.month, when.last.day, hour, tzinfo=UTC) if hour else None
    proof = (evidence(f"Observation/{name}-{when}"),)
    if name in CATEGORIES:
        term = draw(st.sampled_from([*CATEGORIES[name], "equivocal"]))
        return Measurement(input=name, when=when, at=at, category=term, evidence=proof)
    unit, grid = NUMBERS[name]
    limit = draw(st.sampled_from([None, 40.0])) if name == "alt" else None
    return Measurement(
        input=name,
        when=when,
        at=at,
        value=draw(_intervals(grid)),
        unit=unit or INPUTS[name].unit,
        upper_limit=limit,
        evidence=proof,
    )


@st.composite
def _intervals(draw: st.DrawFn, grid: list[float]) -> Interval:
    kind = draw(st.sampled_from(["point"] * 4 + ["between", "below", "above"]))
    one = draw(st.sampled_from(grid))
    if kind == "point":
        return point(one)
    open_end = draw(st.booleans())
    if kind == "below":
        return Interval(high=one, high_open=open_end)
    if kind == "above":
        return Interval(low=one, low_open=open_end)
    two = draw(st.sampled_from(grid))
    low, high = sorted((one, two))
    if low == high:
        return point(low)
    return Interval(low, high, open_end, draw(st.booleans()))


@st.composite
def unusables(draw: st.DrawFn, names: list[str]) -> tuple[str, Unusable]:
    """A result of one of these inputs that must not be used, or an entry that says that there is none."""
    when = draw(st.none() | spans)
    why = draw(st.sampled_from(["unreadable", "conflicting"]))
    hour = draw(st.sampled_from([None, 14])) if when is not None and when.exact else None
    return draw(st.sampled_from(names)), Unusable(
        why=why,
        detail="no unit",
        when=when,
        measured=draw(st.sampled_from([True, True, False])),
        at=datetime(when.last.year, when.last.month, when.last.day, hour, tzinfo=UTC)
        if hour is not None and when is not None
        else None,
    )


@st.composite
def events(draw: st.DrawFn, kinds: list[str]) -> Event:
    """An event that does not end before it begins, with any of its dates unknown."""
    kind = draw(st.sampled_from(kinds))
    start = draw(st.none() | spans)
    end = draw(st.none() | spans)
    if start is not None and end is not None and start.last > end.first:
        # One that is certain to be no contradiction: the end may be no earlier than the start.
        end = DateSpan(max(start.first, end.first), max(start.last, end.last))
    more: dict[str, Any] = {
        "reference": "Resource/1",
        "concepts": frozenset([draw(st.sampled_from(CONCEPTS[kind]))]),
        "label": "words",
        "evidence": evidence(f"Resource/{start}"),
        "start": start,
        "end": end,
        "ongoing": end is None and draw(st.booleans()),
        "confirmed": draw(st.sampled_from([True, True, True, False])),
    }
    if kind == "diagnosis":
        return Diagnosis(**more, clinical=draw(st.sampled_from([None, "active", "resolved"])))
    return Exposure(**more, route=draw(st.sampled_from([None, "oral", "topical"])))


@st.composite
def records(draw: st.DrawFn, inputs: list[str], kinds: list[str], at_most: int = 3) -> Record:
    """A record with a few facts of these inputs and kinds of event."""
    measured = draw(st.lists(measurements(inputs), max_size=at_most)) if inputs else []
    spoilt = draw(st.lists(unusables(inputs), max_size=1)) if inputs else []
    happened = draw(st.lists(events(kinds), max_size=at_most)) if kinds else []
    whole = draw(st.sampled_from([True, True, False]))
    return Record(tuple(measured), tuple(spoilt), tuple(happened), whole)


def chart_of(record: Record) -> HandChart:
    """The record as the engine's chart."""
    unusable: dict[str, tuple[Unusable, ...]] = {}
    for name, item in record.unusable:
        unusable[name] = (*unusable.get(name, ()), item)
    return HandChart(
        record.measurements,
        record.events,
        unusable=unusable,
        retrieval="complete" if record.whole else "truncated",
        searched="complete" if record.whole else "truncated",
    )


# -- statements ------------------------------------------------------------------------------------

windows = st.sampled_from(
    [
        None,
        {"anchor": "screening", "before": "28 d"},
        {"anchor": "screening", "before": "8 wk"},
        {"anchor": "screening", "before": "1 mo"},
        {"anchor": "day0", "before": "1 mo"},
        {"anchor": "day0", "before": "28 d", "until": "anchor"},
        {"anchor": "screening", "until": "day0", "before": "7 d"},
    ]
)


def _with(body: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return body if value is None else {**body, key: value}


@st.composite
def number_statements(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """``number`` of this input."""
    unit, grid = NUMBERS[name]
    comparison = draw(st.sampled_from(["at_least", "above", "at_most", "below"]))
    body: dict[str, Any] = {"input": name}
    if name == "alt":
        body[comparison] = "3 ULN"
        body = _with(body, "plausible_limit", draw(st.sampled_from([None, ["30 U/L", "60 U/L"]])))
    else:
        body[comparison] = f"{draw(st.sampled_from(grid)):g} {unit}".strip()
        if name == "upcr" and comparison == "at_least" and draw(st.booleans()):
            body["grey"] = {"to": "0.7 g/g", "settle_with": "protein_24h"}
            body["at_least"] = "1 g/g"
    body = _with(body, "fresh", draw(windows))
    choose = draw(st.sampled_from([None, "latest", "any", "every", "highest", "lowest"]))
    return {"number": _with(body, "choose", choose)}


@st.composite
def category_statements(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """``category`` of this input."""
    terms = CATEGORIES[name]
    wanted = draw(st.lists(st.sampled_from([*terms, "equivocal"]), min_size=1, max_size=2, unique=True))
    body = _with({"input": name, "is": wanted}, "fresh", draw(windows))
    body = _with(body, "lasting", draw(st.sampled_from([None, None, [terms[0]]])))
    return {"category": _with(body, "choose", draw(st.sampled_from([None, "any"])))}


@st.composite
def found_statements(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """``found`` of events of this kind."""
    body: dict[str, Any] = {"kind": [kind]}
    names = [name for name in CLASSES if CLASSES[name] & set(CONCEPTS[kind])]
    body = _with(body, "of", draw(st.none() | st.lists(st.sampled_from(names), min_size=1, max_size=2)))
    body = _with(body, "except", draw(st.sampled_from([None, None, names[:1]])))
    attribute, terms = ("clinical", ["active"]) if kind == "diagnosis" else ("route", ["oral"])
    body = _with(body, "where", draw(st.sampled_from([None, None, {attribute: terms}])))
    body = _with(body, "unrecorded", draw(st.sampled_from([None, "missing", "no", "yes"])))
    body = _with(body, "during", draw(windows))
    body = _with(body, "timing", draw(st.sampled_from([None, "overlap", "start"])))
    body = _with(body, "count", draw(st.sampled_from([None, None, 2])))
    body = _with(body, "absent", draw(st.sampled_from([None, "no", "missing"])))
    unconfirmed = draw(st.sampled_from([None, "review", "counts", "ignored"]))
    return {"found": _with(body, "unconfirmed", unconfirmed)}


def leaf_statements(subject: str) -> st.SearchStrategy[dict[str, Any]]:
    """A statement that asks one input or one kind of event."""
    if subject in NUMBERS:
        return number_statements(subject)
    if subject in CATEGORIES:
        return category_statements(subject)
    return found_statements(subject)


SUBJECTS = [*NUMBERS, *CATEGORIES, *CONCEPTS]


@st.composite
def compounds(draw: st.DrawFn, subjects: list[str], depth: int = 2) -> dict[str, Any]:
    """A statement about these subjects, each of them asked once."""
    if len(subjects) == 1:
        leaf = draw(leaf_statements(subjects[0]))
        return {"not": leaf} if draw(st.booleans()) else leaf
    cut = draw(st.integers(1, len(subjects) - 1))
    parts = [draw(compounds(subjects[:cut])), draw(compounds(subjects[cut:]))]
    kind = draw(st.sampled_from(["all", "any", "at_least", "not"]))
    if kind == "at_least":
        return {"at_least": {"count": draw(st.integers(1, len(parts))), "of": parts}}
    return {"not": {"all": parts}} if kind == "not" else {kind: parts}


OUTCOMES = ["pass", "review-pass", "missing", "review-fail", "fail"]


@st.composite
def ladders(draw: st.DrawFn, subjects: list[str]) -> dict[str, Any]:
    """``cases`` with one rung for each subject."""
    rungs = [
        {"when": draw(compounds([s])), "then": draw(st.sampled_from(OUTCOMES)), "because": "words"}
        for s in subjects
    ]
    return {"cases": {"of": rungs, "otherwise": draw(st.sampled_from(OUTCOMES))}}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A decision table over the hepatitis B markers; its last row fits what no other does."""
    names = ["hbsag", "anti_hbc", "hbv_dna"]
    columns = {
        name: _with(
            _with({"input": name}, "fresh", draw(windows)),
            "lasting",
            draw(st.sampled_from([None, CATEGORIES[name][:1]])),
        )
        for name in names
    }
    rows: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 3))):
        asked = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        when = {name: draw(st.sampled_from(CATEGORIES[name])) for name in asked}
        rows.append({"when": when, "then": draw(st.sampled_from(OUTCOMES))})
    rows.append({"when": {}, "then": draw(st.sampled_from(OUTCOMES))})
    return {"table": {"columns": columns, "rows": rows}}


# -- asking the engine -----------------------------------------------------------------------------

anchors = st.sampled_from([{}, {}, {"day0": AS_OF + timedelta(days=14)}, {"day0": AS_OF - timedelta(days=9)}])


def question(given: Mapping[str, date], as_of: date = AS_OF) -> Question:
    """The evaluation as the oracle is told of it."""
    categories = {name: INPUTS[name].categories for name in CATEGORIES}
    return Question(as_of, given, categories, CLASSES)


def bound(statement: Mapping[str, Any]) -> BoundProtocol:
    """A protocol of one criterion with that statement, which it requires if it is no ladder or table."""
    named = statement if "cases" in statement or "table" in statement else {"requires": statement}
    return bind_text(_frame(named), "random.yaml", HandVocabulary())


def _frame(statement: Mapping[str, Any]) -> str:
    criterion = {"id": "I1", "text": "The words", "reading": "The reading", **statement}
    return json.dumps(
        {
            "id": "nct00000000",
            "version": "1",
            "title": "A trial",
            "short_title": "Trial",
            "registry_url": "https://example.org/trial",
            "source": "made by chance",
            "status": "recruiting",
            "condition": "a disease",
            "applies_to": {"found": {"kind": ["diagnosis"], "of": ["cond_mi"], "absent": "no"}},
            "criteria": [criterion],
        }
    )


def answered(
    protocol: BoundProtocol, chart: HandChart, given: Mapping[str, date], as_of: date = AS_OF
) -> Answer:
    """The engine's answer to a protocol of one criterion."""
    evaluate = protocol.criteria[0].evaluate
    assert evaluate is not None
    return evaluate(Context(chart, as_of, *Anchors(**given).resolved(as_of)))


DECIDED = {
    State.TRUE: frozenset({True}),
    State.PRESUMED_TRUE: frozenset({True}),
    State.FALSE: frozenset({False}),
    State.PRESUMED_FALSE: frozenset({False}),
}
"""What an answer of the engine says of the truth; all other answers leave it open."""


def split(subjects: list[str]) -> tuple[list[str], list[str]]:
    """Criterion inputs and kinds of event among the subjects."""
    return [s for s in subjects if s not in CONCEPTS], [s for s in subjects if s in CONCEPTS]


def truths_of(answer: Answer) -> frozenset[bool]:
    """What an answer of the engine leaves possible."""
    return DECIDED.get(answer.state, frozenset({True, False}))


def subjects_lists(at_most: int) -> st.SearchStrategy[list[str]]:
    """Several different subjects."""
    return st.lists(st.sampled_from(SUBJECTS), min_size=2, max_size=at_most, unique=True)


def shown(record: Record) -> Iterator[str]:
    """A record in words, for a note beside a counterexample."""
    for m in record.measurements:
        yield f"{m.input} {m.value or m.category} on {m.when} at {m.at} (limit {m.upper_limit})"
    for name, item in record.unusable:
        yield f"{name} unusable on {item.when}"
    for e in record.events:
        yield f"{sorted(e.concepts)} {e.start} to {e.end} ongoing={e.ongoing} confirmed={e.confirmed}"
    yield "whole" if record.whole else "not whole"
