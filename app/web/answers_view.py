"""What the evidence page shows of answers: forms for what is open, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from app.answers.form import FIELDS, LONGEST_NAME, LONGEST_WHY, ROLES, Asked, Draft
from app.answers.given import GivenAnswer, Role
from app.evidence.screened import Screened
from app.people.person import Person


class Answering(NamedTuple):
    """Who reads the page, if they are signed in, and whether they may answer."""

    person: Person | None = None
    may: bool = True


class AnswersView(NamedTuple):
    """Answers as the page shows them.

    Attributes:
        path: of the page; what forms lead to lies below it.
        asked: questions that the reader may answer, by criterion or part.
        open: so many are asked of persons, whoever may answer.
        reader: who reads the page.
        given: answers to questions of the protocol, the newest first.
        wanted: id of the question whose form is wanted.
        draft: a form that was sent and holds no answer.
        recorded: the answer that was just given or taken back.
        name, role: of whoever answered last from the same EHR user's link.
        as_of: the last day of which an answer counts.
    """

    path: str
    asked: Mapping[str, Sequence[Asked]]
    open: int
    reader: Answering
    given: Sequence[GivenAnswer]
    wanted: str | None
    draft: Draft | None
    recorded: GivenAnswer | None
    name: str
    role: Role
    as_of: date

    @property
    def roles(self) -> tuple[Role, ...]:
        """Whose word an answer may be."""
        return ROLES

    @property
    def most(self) -> tuple[int, int]:
        """Characters of a name, and of a reason."""
        return LONGEST_NAME, LONGEST_WHY

    def is_open(self, asked: Asked) -> bool:
        """Whether the form of this question is shown."""
        return self.draft_of(asked) is not None or (self.draft is None and asked.question == self.wanted)

    def draft_of(self, asked: Asked) -> Draft | None:
        """What was sent for this question."""
        return self.draft if self.draft is not None and self.draft.question == asked.question else None

    def field(self, asked: Asked, name: str) -> str:
        """What a field of this question's form holds."""
        draft = self.draft_of(asked)
        if draft is not None:
            return draft.fields.get(name, "")
        usual = {"name": self.name, "role": self.role, "on": self.as_of.isoformat()}
        return usual.get(name, "")

    def errors(self, asked: Asked) -> Mapping[str, str]:
        """Of each field of this question's form the key of what is wrong with it; empty where nothing is."""
        draft = self.draft_of(asked)
        found = draft.errors if draft is not None else {}
        return {name: found.get(name, "") for name in FIELDS}


def answers_view(
    path: str, seen: Screened, draft: Draft | None, query: Mapping[str, str], reader: Answering
) -> AnswersView:
    """The view.

    Args:
        path: of the page.
        draft: a form that was sent and holds no answer.
        query: of the address: ``answer``, the question whose form is wanted; ``recorded``, the id of the
            answer that was just given or taken back.
        reader: who reads the page.
    """
    given = seen.answers
    user = seen.opened.user
    last = next((each for each in given if user is not None and each.user == user), None)
    return AnswersView(
        path=path,
        asked=seen.asked if reader.may else {},
        open=sum(map(len, seen.asked.values())),
        reader=reader,
        given=given,
        wanted=query.get("answer"),
        draft=draft,
        recorded=next((each for each in given if each.id == query.get("recorded")), None),
        name=last.name if last is not None else "",
        role=last.role if last is not None and last.role == "clinician" else "clinician",
        as_of=seen.opened.as_of,
    )
