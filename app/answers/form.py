"""What a person filled in on the page: read into an answer, or told back with what is wrong where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple, get_args
from zoneinfo import ZoneInfo

from app.answers.given import GivenAnswer, Role, is_judgement
from app.plain_text import plain
from app.questionnaires.places import Place, place_of

LONGEST_NAME: Final = 128
LONGEST_WHY: Final = 2_000
FIELDS: Final = ("value", "name", "role", "on", "why")
ROLES: Final[tuple[Role, ...]] = get_args(Role)


class Asked(NamedTuple):
    """One question of a screening that is put to persons.

    Attributes:
        question: full id; ``words``: as it is read.
        criterion: the criterion or part that it is about.
        against: the value that goes against what the record suggests, or what was answered before, and so
            needs a reason.
        answered: it has been answered here, and may be answered anew.
    """

    question: str
    words: str
    criterion: str
    against: bool | None
    answered: bool = False

    @property
    def clinician_only(self) -> bool:
        """Whether nobody else's word counts, whatever the protocol says."""
        return is_judgement(self.question)


class Occasion(NamedTuple):
    """Where and when an answer is given.

    Attributes:
        id: of the new answer.
        now: the instant at which it is recorded, with offset.
        zone: in which "today" is told.
        as_of: the day of which the chart is judged: no answer of a later day would count.
        trial, version: the protocol.
        form: its Questionnaire.
        user: reference of the EHR's user whose link it is.
    """

    id: str
    now: datetime
    zone: ZoneInfo
    as_of: date
    trial: str
    version: str
    form: Mapping[str, Any]
    user: str | None


class Draft(NamedTuple):
    """A form as it was sent, to be shown again.

    Attributes:
        question: which one it answers.
        fields: what was typed.
        errors: by field, the key of the page words that say what is wrong.
    """

    question: str
    fields: Mapping[str, str]
    errors: Mapping[str, str]


def read_answer(fields: Mapping[str, str], asked: Asked, occasion: Occasion) -> GivenAnswer | Draft:
    """The answer that a form holds; the form with what is wrong in it where it holds none."""
    given = {name: _typed(fields, name) for name in FIELDS}
    errors: dict[str, str] = {}
    if given["value"] not in ("yes", "no"):
        errors["value"] = "answers.error.value"
    if not given["name"] or len(given["name"]) > LONGEST_NAME:
        errors["name"] = "answers.error.name"
    role = next((role for role in ROLES if role == given["role"]), None)
    if role is None:
        errors["role"] = "answers.error.role"
    elif asked.clinician_only and role != "clinician":
        errors["role"] = "answers.error.clinician"
    on = _day(given["on"])
    if on is None:
        errors["on"] = "answers.error.on"
    elif on > occasion.as_of:
        errors["on"] = "answers.error.later"
    value = given["value"] == "yes"
    if len(given["why"]) > LONGEST_WHY:
        errors["why"] = "answers.error.why-long"
    elif not given["why"] and "value" not in errors and value is asked.against:
        errors["why"] = "answers.error.why"
    if errors or role is None or on is None:
        return Draft(asked.question, given, errors)
    here = occasion.now.astimezone(occasion.zone)
    return GivenAnswer(
        id=occasion.id,
        at=occasion.now,
        trial=occasion.trial,
        version=occasion.version,
        question=asked.question,
        words=str(asked.words),
        place=place_of(occasion.form, asked.question) or Place(str(asked.words)),
        value=value,
        on=on,
        # Two answers of one day can be told apart by their instants alone.
        authored=here.isoformat(timespec="seconds") if here.date() == on else on.isoformat(),
        name=given["name"],
        role=role,
        why=given["why"],
        user=occasion.user,
    )


def _typed(fields: Mapping[str, str], name: str) -> str:
    return " ".join(plain(fields.get(name, "")).split())


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year >= 1900 else None
