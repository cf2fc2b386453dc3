"""The words for what came of a whole population, the same in pictures and tables."""

from __future__ import annotations

from collections.abc import Sequence

from app.order_names import order_name
from app.rendering.changes import input_label
from app.rendering.cohort_list import order_code
from app.rendering.telling import spoken, tell
from app.rendering.words import VERDICTS
from cohort.asked_for import Lacking
from cohort.comparing import GATE
from cohort.groups import NOT_RECORDED, OTHERS, By
from cohort.listed import Order
from cohort.schema import SCREENED, STATUSES
from cohort.summary import Grade
from cohort.suppression import WITHHELD
from fhir_mappings.facts import Coding

UNSCREENED = frozenset(STATUSES) - {SCREENED}
"""Why somebody was not screened."""

_SEXES = ("female", "male", "other", "unknown")


def number(count: int | None) -> str:
    """A number as people read it; what is withheld has a sign of its own."""
    return WITHHELD if count is None else f"{count:,}"


def share(count: int, of: int) -> str:
    """A share in whole percent; what is more than none never reads as none, nor less than all as all."""
    if not of:
        return ""
    percent = 100 * count / of
    if 0 < percent < 1:
        return "<1 %"
    if 99 < percent < 100:
        return ">99 %"
    return f"{percent:.0f} %"


def verdict_name(verdict: str) -> str:
    """A verdict in few words."""
    return tell(f"cohort.verdict.{verdict}")


def state_name(state: str) -> str:
    """A verdict, or why somebody was not screened, in few words."""
    return tell(f"cohort.state.{state}") if state in UNSCREENED else verdict_name(state)


def move_name(moves: Sequence[str]) -> str:
    """What a column counts; several moves where they are counted together."""
    if len(moves) > 1 and "stay" in moves:
        return tell("dropping.move.rest")
    return tell("dropping.move.and").join(tell(f"dropping.move.{move}") for move in moves)


def criterion_name(criterion: str) -> str:
    """A criterion by its id; the gate in words."""
    return tell("compared.gate") if criterion == GATE else criterion


def verdict_sign(verdict: str) -> str:
    """The sign of a verdict."""
    return next((look.sign for name, look in VERDICTS.items() if name == verdict), "")


def column_name(verdicts: Sequence[str]) -> str:
    """The verdicts that are counted together."""
    return tell("cohort.or").join(map(verdict_name, verdicts))


def column_look(verdicts: Sequence[str]) -> str:
    """How a column is drawn: several verdicts have a look of their own."""
    return verdicts[0] if len(verdicts) == 1 else "together"


def branch_name(look: str) -> str:
    """What a part of a bar stands for: who drops out, and of whom something is unknown."""
    return tell(f"cohort.branch.{look}")


def way_name(way: str) -> str:
    """The way in which a criterion blocks."""
    return tell(f"cohort.way.{way}")


def why_name(why: str) -> str:
    """Why something is missing."""
    return tell(f"why.{why}")


def group_name(by: By, name: str) -> str:
    """A group: as recorded, where it is no code."""
    if name == NOT_RECORDED:
        return tell("cohort.not-recorded")
    if name == OTHERS:
        return tell("cohort.others")
    if by == "sex" and name in _SEXES:
        return tell(f"cohort.sex.{name}")
    if by == "age":
        low, _, high = name.partition("-")
        if not high:
            return tell("cohort.age.from", low=low)
        return tell("cohort.age.between", low=low, high=high)
    return name


def grade_name(grade: Grade) -> str:
    """A grade of evidence; none where everybody was to be screened."""
    return grade.label or tell("cohort.no-evidence")


def order_of(lacking: Lacking) -> str:
    """The order that would supply what lacks, with its code; empty where there is none."""
    if lacking.order_system is None or lacking.order_code is None:
        return ""
    system, code, display = lacking.order_system, lacking.order_code, lacking.order_display or ""
    name = order_name(Coding(system, code, display), spoken())
    return tell("order", order=name, code=order_code(Order(system, code, display)))


def whys(lacking: Lacking) -> str:
    """Why something is missing, with of how many."""
    told = (tell("named", name=why_name(one.why), what=number(one.asked)) for one in lacking.why)
    return tell("separator").join(told)


def days(counts: Sequence[tuple[int, int]]) -> str:
    """Days of a month with their patients."""
    return tell("separator.names").join(
        tell("cohort.day", day=day, patients=number(count)) for day, count in counts
    )


def inputs(names: Sequence[str]) -> str:
    """Criterion inputs by their labels."""
    return tell("separator").join(map(input_label, names))
