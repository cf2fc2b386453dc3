"""Feedback: what became of cards.

It comes in batches, late, for several firings at once, and more than once for the same card; so each item
is judged alone, and none is refused because its card is not known.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec

from cds_hooks.errors import InvalidRequestError, MissingElementError
from cds_hooks.json_objects import decoded, members, text_of

OUTCOMES = ("accepted", "overridden")
EPIC_REASON = "com.epic.cdshooks.feedback.overrideReason."
"""Epic's extensions of an override reason begin so, when the reason is one of its own list."""

_EPIC_NAMES = ("reasonCategory", "reasonDisplay", "reasonTitle")

_LEAP = re.compile(r"(:\d\d:)60")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class AcceptedSuggestion(msgspec.Struct, frozen=True):
    """A suggestion that was taken, by its uuid."""

    id: str


class Reason(msgspec.Struct, frozen=True):
    """Why a card was overridden: a Coding, whose display feedback may leave out."""

    code: str | None = None
    system: str | None = None
    display: str | None = None


class OverrideReason(msgspec.Struct, frozen=True, rename="camel"):
    """A reason of the list, or the user's words, or both."""

    reason: Reason | None = None
    user_comment: str | None = None
    extension: dict[str, Any] | None = None


class FeedbackItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of one card.

    ``override_reasons``: Epic's spelling of ``override_reason``, with details in extensions; ``given`` reads
    both.
    """

    card: str
    outcome: str
    outcome_timestamp: str
    accepted_suggestions: tuple[AcceptedSuggestion, ...] | None = None
    override_reason: OverrideReason | None = None
    override_reasons: Any = None

    @property
    def acted_at(self) -> datetime:
        """When the user acted."""
        return _instant(self.outcome_timestamp)

    @property
    def given(self) -> tuple[OverrideReason, ...]:
        """The reasons, however they were spelt; what of Epic's spelling cannot be read is left out."""
        plural = self.override_reasons if isinstance(self.override_reasons, list) else [self.override_reasons]
        found = [self.override_reason] if self.override_reason is not None else []
        for entry in plural:
            try:
                found.append(msgspec.convert(entry, OverrideReason))
            except msgspec.ValidationError:
                continue
        return tuple(found)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The coded reasons, each once; of Epic's extensions the category is the code."""
        coded = (reason for each in self.given if (reason := _coded(each)) is not None)
        return tuple(dict.fromkeys(coded))

    @property
    def commented(self) -> bool:
        """Whether the user added words."""
        return any(each.user_comment for each in self.given)


def _coded(given: OverrideReason) -> Reason | None:
    if given.reason is not None and given.reason.code:
        return given.reason
    told = given.extension or {}
    category, display, title = (_told(told.get(EPIC_REASON + name)) for name in _EPIC_NAMES)
    if not (category or display or title):
        return None
    return Reason(
        code=category or display or title, system=EPIC_REASON + _EPIC_NAMES[0], display=display or title
    )


def _told(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


class Feedback(msgspec.Struct, frozen=True):
    """A batch."""

    items: tuple[FeedbackItem, ...]


def read_feedback(body: bytes) -> Feedback:
    """A batch of feedback from its body.

    Raises:
        NotJsonError: not one JSON object in UTF-8.
        MissingElementError: ``feedback``, or a required element of an item, lacks.
        InvalidRequestError: an element is not as CDS Hooks has it.
    """
    found = members(text_of(body))
    if "feedback" not in found:
        raise MissingElementError("feedback")
    entries = decoded(found["feedback"], tuple[msgspec.Raw, ...], "feedback")
    if not entries:
        raise InvalidRequestError("'feedback' is empty", "feedback")
    return Feedback(tuple(_read_item(raw, f"feedback[{i}]") for i, raw in enumerate(entries)))


def _read_item(raw: msgspec.Raw, path: str) -> FeedbackItem:
    given = members(bytes(raw), f"'{path}'")
    for name in ("card", "outcome", "outcomeTimestamp"):
        if name not in given or bytes(given[name]) in (b"null", b'""'):
            raise MissingElementError(f"{path}.{name}")
    item = decoded(raw, FeedbackItem, path)
    if item.outcome not in OUTCOMES:
        raise InvalidRequestError(f"'{path}.outcome' is neither accepted nor overridden", f"{path}.outcome")
    if not _is_instant(item.outcome_timestamp):
        place = f"{path}.outcomeTimestamp"
        raise InvalidRequestError(f"'{place}' is not an RFC 3339 date-time with offset", place)
    if item.outcome == "accepted" and not item.accepted_suggestions:
        raise MissingElementError(f"{path}.acceptedSuggestions")
    given_reason = item.override_reason
    if given_reason is not None and given_reason == OverrideReason():
        raise InvalidRequestError(
            f"'{path}.overrideReason' has neither a reason nor a comment", f"{path}.overrideReason"
        )
    if given_reason is not None and given_reason.reason is not None and not given_reason.reason.code:
        raise MissingElementError(f"{path}.overrideReason.reason.code")
    return item


def _is_instant(text: str) -> bool:
    if not _RFC3339.fullmatch(text):
        return False
    try:
        _instant(text)
    except ValueError:
        return False
    return True


def _instant(text: str) -> datetime:
    # A leap second is the second before it: RFC 3339 has it, datetime does not.
    return datetime.fromisoformat(_LEAP.sub(r"\g<1>59", text.upper()))
