"""What is kept, as values: a call of a hook with the trials judged for it, a call that was refused, and what
became of a card.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

Silence = Literal["declined", "shown-in-encounter", "not-shown"]
"""Why a judged trial made no card: declined before; shown in this encounter; not worth one."""


class JudgedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """One trial, as judged for one call.

    Attributes:
        trial: id of the protocol.
        version: of the protocol.
        verdict: as the report has it.
        card: uuid of the card that was shown, or ``None``.
        silence: why there was none.
        closings: of a card on orders: which exclusions which drugs would make stand in the way; what is
            kept of each is its pseudonym.
    """

    trial: str
    version: str
    verdict: str
    card: str | None = None
    silence: Silence | None = None
    closings: tuple[str, ...] = ()


class HookCall(msgspec.Struct, frozen=True, kw_only=True):
    """One answered call of a hook.

    Attributes:
        id: a uuid of this service's own.
        at: when it was answered, with offset.
        hook: name of the hook.
        client: id of the client's profile.
        user: reference of the user, or a pseudonym (``app.store.pseudonyms``).
        patient: pseudonym of the patient.
        encounter: pseudonym of the encounter, if there was one.
        judged: the trials whose disease the patient has, as judged.
    """

    id: str
    at: datetime
    hook: str
    client: str
    user: str | None
    patient: str
    encounter: str | None
    judged: tuple[JudgedTrial, ...]


class GivenReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """A coded reason for overriding a card; never the user's own words."""

    code: str
    system: str | None = None
    display: str | None = None


class CardFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one card.

    Attributes:
        client: id of the profile of the client that told it.
        card: the card's uuid, as told; it may name a card that was never shown.
        outcome: ``accepted`` or ``overridden``.
        at: when the user acted, by the client's clock, but never later than it arrived.
        received: when it arrived.
        suggestions: ids of the suggestions that were taken.
        reasons: why it was overridden.
        commented: whether the user added words of their own, which are not kept.
    """

    client: str
    card: str
    outcome: str
    at: datetime
    received: datetime
    suggestions: tuple[str, ...] = ()
    reasons: tuple[GivenReason, ...] = ()
    commented: bool = False


class KeptChart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart behind a link, sealed so that the link alone opens it.

    Attributes:
        name: derived from the link.
        until: when it is to be forgotten.
        seal: makes the sealed content; it takes a while, and so is called by who writes.
    """

    name: str
    until: datetime
    seal: Callable[[], bytes]


class ListedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One patient and one trial.

    Attributes:
        patient: pseudonym of the patient.
        trial: id of the protocol.
        at: when it was last screened.
        changed: when ``now`` last came to differ; ``None`` if it never did.
        who: whom it is about, sealed.
        digest: tells whether ``now`` is what it was, and nothing else.
        now: how it stands, sealed.
        before: how it stood before it changed, sealed.
        only_if_listed: nobody is put on the list by it.
    """

    patient: str
    trial: str
    at: datetime
    changed: datetime | None
    who: bytes
    digest: str
    now: bytes
    before: bytes | None
    only_if_listed: bool = False


class StatusRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far a coordinator has come. ``person``: who said so, by id."""

    patient: str
    trial: str
    at: datetime
    status: str
    person: str


CallKind = Literal["discovery", "hook", "feedback", "screenings"]
"""What was called."""

UNKNOWN_CLIENT = "unknown"
"""Stands for the client of a call for which nobody vouched: whom its sender claims to be is never kept."""

NOT_KEPT = "not-kept"
"""The reason of a record that stands for calls that were counted, and not kept one by one."""


class RefusedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call that was refused or failed, or a number of them; nothing that came with it is kept.

    Attributes:
        id: a uuid of this service's own.
        at: when it was refused, with offset; of several, when they were counted.
        call: what was called; ``None`` for several.
        hook: name of the hook, where the request came so far as to be read.
        client: id of the client's profile, or ``UNKNOWN_CLIENT``.
        status: of the answer; ``None`` for several.
        reason: why, as a code of this service: what was wrong with the token, else FHIR's issue type;
            ``NOT_KEPT`` for several.
        calls: how many it stands for.
    """

    id: str
    at: datetime
    call: CallKind | None
    hook: str | None
    client: str
    status: int | None
    reason: str
    calls: int = 1


class PageView(msgspec.Struct, frozen=True, kw_only=True):
    """One page that a person who was signed in saw, of one patient where it was of any.

    Attributes:
        id: a uuid of this service's own.
        at: when, with offset.
        person: id of the person.
        page: name of the page.
        patient: pseudonym of the patient; ``None`` where the page told of none.
        trial: id of the protocol, where the page was of one.
    """

    id: str
    at: datetime
    person: str
    page: str
    patient: str | None = None
    trial: str | None = None


AnswerAct = Literal["answer", "answer-withdrawn"]
"""What was done about a question: it was answered, or an answer was taken back."""


class AnswerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """That a question was answered, or an answer taken back; not what was answered.

    Attributes:
        id: a uuid of this service's own.
        at: when, with offset.
        act: which of both.
        client: id of the profile of the client whose link it was.
        user: id of the person who was signed in; else the user of the EHR whose link it was, as kept.
        patient: pseudonym of the patient.
        trial, version, question: what was answered.
    """

    id: str
    at: datetime
    act: AnswerAct
    client: str
    user: str | None
    patient: str
    trial: str
    version: str
    question: str

    @property
    def is_by_person(self) -> bool:
        """Whether the user is a person of this service; ids of theirs are uuids."""
        return self.user is not None and len(self.user) == 36 and "/" not in self.user


AuditedCall = HookCall | RefusedCall
Audited = AuditedCall | PageView | AnswerRecord
Record = AuditedCall | CardFeedback | KeptChart | ListedRow


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How often something became of cards; ``trial`` and ``verdict`` are ``None`` for unknown cards."""

    trial: str | None
    verdict: str | None
    outcome: str
    reasons: tuple[GivenReason, ...]
    commented: bool
    cards: int


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """How many cards of a trial and verdict were shown, and how many of them nothing was heard of."""

    trial: str
    verdict: str
    cards: int
    ignored: int
