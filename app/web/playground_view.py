"""What the playground's page shows."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

import msgspec

from app.demo.patients import DemoPatient, demo_patients
from app.order_hooks import ORDER_HOOKS
from app.playground.chosen import SHARES, UPLOADED, Chosen, Offers, Share
from app.playground.command import curl
from app.playground.excerpts import Excerpt, excerpt
from app.playground.firing import HOOK_PATH, Fired
from app.playground.uploaded import Person
from app.rendering.cards import Card, cards_of


class PlaygroundView(NamedTuple):
    """The form as it stands.

    Attributes:
        offers: what can be chosen.
        chosen: what is.
        evidence_minutes: how long the chart behind cards can be kept; ``None`` where it cannot.
        most_bytes: of a file.
        kept: whether the chart of a file is kept so.
        people: patients of the file that was brought.
        whose: id of the one who is looked at.
        left_out: resources of the file that are about somebody else.
    """

    offers: Offers
    chosen: Chosen
    evidence_minutes: int | None
    most_bytes: int
    kept: bool = False
    people: tuple[Person, ...] = ()
    whose: str | None = None
    left_out: int = 0

    @property
    def patients(self) -> list[DemoPatient]:
        """The demonstration patients, in the order offered."""
        return [demo_patients()[name] for name in self.offers.patients]

    @property
    def shares(self) -> tuple[Share, ...]:
        """How much can be prefetched."""
        return SHARES

    @property
    def order_hooks(self) -> tuple[str, ...]:
        """The hooks for which a draft order is chosen."""
        return ORDER_HOOKS

    @property
    def is_upload(self) -> bool:
        """Whether the chart is one that was brought."""
        return self.chosen.patient == UPLOADED

    @property
    def person(self) -> str:
        """Name or id of the patient of a file who is looked at."""
        return next((each.name or each.id for each in self.people if each.id == self.whose), "")

    def name(self, language: str) -> str:
        """Of the patient, where it is one of ours; else nothing."""
        found = demo_patients().get(self.chosen.patient)
        return found.told(language).name if found is not None else ""


class Result(NamedTuple):
    """A hook that was fired, as it is shown.

    Attributes:
        status: of the answer, with its phrase.
        cards: that came; ``None`` where the answer is no cards.
        diagnostics: why there are none, in the service's words.
        curl: the command for the same call.
        path: where it was sent.
    """

    status: str
    milliseconds: int
    cards: tuple[Card, ...] | None
    diagnostics: tuple[str, ...]
    request: Excerpt
    response: Excerpt
    curl: str
    path: str


class _Issue(msgspec.Struct, frozen=True):
    diagnostics: str = ""


class _Outcome(msgspec.Struct, frozen=True):
    issue: tuple[_Issue, ...] = ()


def result_of(fired: Fired, base: str, language: str, asked: str | None) -> Result:
    """What is shown of a hook that was fired.

    Args:
        fired: request and answer.
        base: address of the service.
        language: in which the answer was asked for.
        asked: address of the same request, if there is one.
    """
    answer = fired.answer
    done = answer.status == HTTPStatus.OK
    return Result(
        status=f"{answer.status} {HTTPStatus(answer.status).phrase}",
        milliseconds=fired.milliseconds,
        cards=cards_of(answer.body) if done else None,
        diagnostics=() if done else _diagnostics(answer.body),
        request=excerpt(fired.request),
        response=excerpt(answer.body),
        curl=curl(base, fired.request, language, asked),
        path=HOOK_PATH,
    )


def _diagnostics(body: bytes) -> tuple[str, ...]:
    try:
        outcome = msgspec.json.decode(body, type=_Outcome)
    except msgspec.DecodeError:
        return ()
    return tuple(issue.diagnostics for issue in outcome.issue if issue.diagnostics)
