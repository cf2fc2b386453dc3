"""Each kind of statement in words: one function for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from eligibility.describing.phrases import OUTCOMES, Phrases, either, length, plain
from eligibility.kinds.attest import AttestBody, AttestedBody, QuestionBody
from eligibility.kinds.cases import CasesBody
from eligibility.kinds.category import CategoryBody
from eligibility.kinds.dose_run import DoseRunBody
from eligibility.kinds.exposed_for import ExposedForBody
from eligibility.kinds.found_body import FoundBody
from eligibility.kinds.logic import AtLeastBody
from eligibility.kinds.number import NumberBody
from eligibility.kinds.review import CarveOutBody, ReviewBody
from eligibility.kinds.stable_therapy import StableTherapyBody
from eligibility.kinds.table import TableBody
from eligibility.protocol import Statement
from eligibility.windows import Window


class Told(NamedTuple):
    """A sentence, and the sentences below it."""

    text: str
    below: tuple[Told, ...] = ()


def describe(node: BaseModel, phrases: Phrases) -> Told:
    """A statement in words.

    Raises:
        KeyError: no function for this kind.
    """
    kind: str = node.kind_name  # type: ignore[attr-defined]  # every kind of statement has it
    name = "not_" if kind == "not" else kind
    return DESCRIBED[kind](getattr(node, name), phrases)


def describe_asked(statement: Statement, phrases: Phrases) -> Told | None:
    """What a criterion or a part asks; ``None`` if it asks by its parts."""
    if statement.requires is not None:
        told = describe(statement.requires, phrases)
        return Told(f"Must hold: {told.text}", told.below)
    if statement.excludes is not None:
        told = describe(statement.excludes, phrases)
        return Told(f"Must not hold: {told.text}", told.below)
    if statement.cases is not None:
        return describe_cases(statement.cases, phrases)
    return describe_table(statement.table, phrases) if statement.table is not None else None


def describe_cases(body: CasesBody, phrases: Phrases) -> Told:
    """A ladder: the first condition that holds decides."""
    rungs = []
    for i, case in enumerate(body.of, start=1):
        when = describe(case.when, phrases)
        because = f" ({case.because.strip()})" if case.because else ""
        needs = f"; needed: {either([phrases.input(n) for n in case.needs], 'and')}" if case.needs else ""
        outcome = f"→ **{case.then}**: {OUTCOMES[case.then]}{needs}{because}"
        rungs.append(Told(f"**{i}** If {when.text}", (*when.below, Told(outcome))))
    because = f" ({body.otherwise_because.strip()})" if body.otherwise_because else ""
    last = Told(f"Otherwise → **{body.otherwise}**: {OUTCOMES[body.otherwise]}{because}")
    return Told("The first of these that holds decides:", (*rungs, last))


def describe_table(body: TableBody, phrases: Phrases) -> Told:
    """A decision table: its inputs and rows."""
    columns = [
        Told(f"{phrases.input(c.input)}, the latest result {phrases.window(c.fresh)}{_lasting(c.lasting)}")
        for c in body.columns.values()
    ]
    rows = []
    for row in body.rows:
        asked = [
            f"{phrases.input(body.columns[name].input)} {either([plain(v) for v in _listed(values)])}"
            for name, values in row.when.items()
        ]
        because = f" ({row.because.strip()})" if row.because else ""
        told = either(asked, "and") or "anything else"
        rows.append(Told(f"{told} → **{row.then}**: {OUTCOMES[row.then]}{because}"))
    return Told(
        "The first row that fits decides; for a missing or equivocal result, every value that it could have"
        " is tried:",
        (Told("results asked for", tuple(columns)), Told("rows", tuple(rows))),
    )


def _all(nodes: list[Any], phrases: Phrases) -> Told:
    return Told("all of these hold:", tuple(describe(node, phrases) for node in nodes))


def _any(nodes: list[Any], phrases: Phrases) -> Told:
    return Told("at least one of these holds:", tuple(describe(node, phrases) for node in nodes))


def _not(node: Any, phrases: Phrases) -> Told:
    inner = describe(node, phrases)
    return Told(f"it does not hold that {inner.text}", inner.below)


def _at_least(body: AtLeastBody, phrases: Phrases) -> Told:
    return Told(f"at least {body.count} of these hold:", tuple(describe(node, phrases) for node in body.of))


_CHOSEN = {
    "latest": "the latest {label}{window} is {compared}",
    "any": "any {label}{window} is {compared}",
    "every": "every {label}{window} is {compared}",
    "highest": "the highest {label}{window} is {compared}",
    "lowest": "the lowest {label}{window} is {compared}",
}


def _number(body: NumberBody, phrases: Phrases) -> Told:
    described = phrases.vocabulary.input(body.input)
    compared = phrases.comparison(described, body)
    label = phrases.input(body.input)
    if described is not None and not described.dated:
        on = f" on the day of {body.on}" if body.on else ""
        text = f"{label}{on} is {compared}"
    else:
        window = _window(body.fresh, phrases)
        text = _CHOSEN[body.choose].format(label=label, window=window, compared=compared)
    below = []
    if body.grey is not None:
        to, other = phrases.amount(described, body.grey.to), phrases.input(body.grey.settle_with)
        below.append(Told(f"a value between there and {to} does not disprove it: {other} settles it"))
    if body.plausible_limit is not None:
        low, high = (phrases.amount(described, text) for text in body.plausible_limit)
        below.append(
            Told(
                f"a result without a limit of its own decides only if every limit from {low} to {high} agrees"
            )
        )
    return Told(text, tuple(below))


def _category(body: CategoryBody, phrases: Phrases) -> Told:
    wanted = either([plain(value) for value in body.is_])
    which = "any" if body.choose == "any" else "the latest"
    label = phrases.input(body.input)
    return Told(f"{which} {label}{_window(body.fresh, phrases)} is {wanted}{_lasting(body.lasting)}")


def _window(window: Window | str | None, phrases: Phrases) -> str:
    """The window behind a label; without one every result counts, and nothing has to be said."""
    return f" {phrases.window(window)}" if window is not None else ""


def _lasting(lasting: list[str]) -> str:
    return f"; once {either([plain(v) for v in lasting])} it counts for good" if lasting else ""


_UNCONFIRMED = {
    "review": "a provisional or unconfirmed statement needs a person",
    "counts": "provisional and unconfirmed statements count too",
    "ignored": "provisional and unconfirmed statements do not count",
}
_ABSENT = {
    "presumed": "nothing on a whole record: presumably not",
    "no": "nothing on a whole record: not so",
    "missing": "nothing on a whole record: open, for the record is incomplete",
}
_UNRECORDED = {
    "missing": "where that is not recorded, it stays open",
    "no": "where that is not recorded, it does not count",
    "yes": "where that is not recorded, it counts",
}


def _found(body: FoundBody, phrases: Phrases) -> Told:
    kinds = either(list(body.kind))
    what = f"{kinds}: {phrases.concepts(body.of)}" if body.of else f"any {kinds}"
    apart = f", {body.apart} apart or the earlier over before the later" if body.apart else ""
    count = f"at least {body.count} times{apart}, " if body.count > 1 else ""
    timing = "begun " if body.timing == "start" else ""
    label = f"{body.label} – " if body.label else ""
    text = f"the record shows {label}{count}{what}, {timing}{phrases.window(body.during)}"
    below = []
    if body.except_:
        below.append(Told(f"not counted: {phrases.concepts(body.except_)}"))
    for name, values in body.where.items():
        wanted = either([_TERMS.get((name, v), plain(v)) for v in _listed(values)])
        below.append(
            Told(f"only if {plain(name).replace('_', ' ')} is {wanted}; {_UNRECORDED[body.unrecorded]}")
        )
    for name, values in body.where_not.items():
        unwanted = either([_TERMS.get((name, v), plain(v)) for v in _listed(values)])
        below.append(Told(f"not counted if {plain(name).replace('_', ' ')} is {unwanted}"))
    if body.or_half_lives is not None:
        lives = body.or_half_lives
        below.append(
            Told(
                f"or {lives.count} half-lives of the drug, if that is longer; if its half-life is not known,"
                f" it stays open for {length(lives.unknown_until)}"
            )
        )
    below.append(Told(f"{_ABSENT[body.absent]}; {_UNCONFIRMED[body.unconfirmed]}"))
    return Told(text, tuple(below))


def _dose_run(body: DoseRunBody, phrases: Phrases) -> Told:
    what = body.history.replace("_", " ")
    window = phrases.window(body.during)
    return Told(
        f"the daily {what} was {body.at_least} or more on {length(body.length)} in a row,"
        f" of which any lies {window}",
        (Told("as many days that are scattered, or only possible by the order, need a person"),),
    )


def _stable_therapy(body: StableTherapyBody, phrases: Phrases) -> Told:
    anchor = "day 0" if body.anchor == "day0" else body.anchor
    text = (
        f"the patient takes {phrases.concepts(body.of)}, with no start, stop, hold or change of dose in the"
        f" {length(body.unchanged_for)} before {anchor}"
    )
    below = [Told(f"if only these are taken, a person has to judge: {phrases.concepts(body.open_list)}")]
    return Told(text, tuple(below) if body.open_list else ())


def _exposed_for(body: ExposedForBody, phrases: Phrases) -> Told:
    routes = f", by route {either(body.routes)} or unrecorded" if body.routes else ""
    window = phrases.window(body.during)
    return Told(
        f"{phrases.concepts(body.of)} were taken for at least {length(body.at_least)} altogether{routes},"
        f" {window}"
    )


def _review(body: ReviewBody, phrases: Phrases) -> Told:
    inner = describe(body.of, phrases)
    leaning = {"holds": "as holding", "fails": "as not holding", None: "against the patient"}[body.leaning]
    return Told(
        inner.text,
        (*inner.below, Told(f"then a person has to judge, until then taken {leaning}: {body.because}")),
    )


def _carve_out(body: CarveOutBody, phrases: Phrases) -> Told:
    inner = describe(body.of, phrases)
    below = [
        *inner.below,
        Told(f"unless a clinician has answered yes ({phrases.window(body.fresh)}): “{body.ask}”"),
    ]
    if body.suggested_by is not None:
        hint = describe(body.suggested_by, phrases)
        below.append(Told(f"what suggests it, without deciding: {hint.text}", hint.below))
    return Told(inner.text, tuple(below))


_TERMS: Mapping[tuple[str, object], str] = {
    ("statement", "allergy"): "an entry of an allergy or intolerance (not that none is known)",
    ("statement", "none-known"): "that none is known",
}
"""Terms of the facts that mislead as words."""


def _who(body: QuestionBody) -> str:
    return "a clinician" if body.by == "clinician" else "a person"


def _attest(body: AttestBody, phrases: Phrases) -> Told:
    window = phrases.window(body.fresh)
    text = f"{_who(body)} has answered yes ({window}): “{body.ask}”; unanswered, it stays open"
    return Told(text, _unless_newer(body, phrases))


def _attested(body: AttestedBody, phrases: Phrases) -> Told:
    answer = "yes" if body.answer else "no"
    text = f"{_who(body)} has answered {answer} ({phrases.window(body.fresh)}): “{body.ask}”"
    return Told(text, _unless_newer(body, phrases))


def _unless_newer(body: QuestionBody, phrases: Phrases) -> tuple[Told, ...]:
    """What ends an answer when it is newer."""
    below = []
    if body.results:
        labels = ", ".join(phrases.input(name) for name in body.results)
        below.append(Told(f"the answer does not hold against a newer result: {labels}"))
    if body.against is not None:
        contrary = describe(body.against, phrases)
        below.append(
            Told(f"the answer does not hold against newer evidence that {contrary.text}", contrary.below)
        )
    return tuple(below)


def _proven(node: Any, phrases: Phrases) -> Told:
    inner = describe(node, phrases)
    return Told(f"data show that {inner.text}", inner.below)


def _seen(node: Any, phrases: Phrases) -> Told:
    inner = describe(node, phrases)
    return Told(
        f"it is seen that {inner.text}",
        (
            *inner.below,
            Told("never measured or stale counts as not seen; unreadable or not retrieved stays open"),
        ),
    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


DESCRIBED: dict[str, Callable[[Any, Phrases], Told]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "at_least": _at_least,
    "number": _number,
    "category": _category,
    "table": describe_table,
    "found": _found,
    "dose_run": _dose_run,
    "stable_therapy": _stable_therapy,
    "exposed_for": _exposed_for,
    "cases": describe_cases,
    "review": _review,
    "carve_out": _carve_out,
    "attest": _attest,
    "attested": _attested,
    "proven": _proven,
    "seen": _seen,
}
"""For each kind of statement, the function that puts its body into words."""
