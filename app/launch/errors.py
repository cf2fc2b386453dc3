"""Why a launch ends before there is a page to show."""

from __future__ import annotations

from typing import Literal, get_args

Reason = Literal[
    "not-listed",  # the FHIR server is none of a client that is registered for launches
    "incomplete",  # the EHR handed over no 'launch', or its server came back without a code
    "no-offer",  # the server offers no launch that is safe, or does not answer
    "state",  # the launch began in another browser, too long ago, or came back before
    "denied",  # the user, or the server on the user's behalf, said no
    "refused",  # the authorization server ended it with another error
    "code",  # it does not take the code, or this app
    "identity",  # the ID token is not what it says
    "no-patient",  # no patient is open in the EHR
    "no-scope",  # the patient's record may not be read
    "no-chart",  # the FHIR server gave no chart of this patient
    "not-kept",  # the chart could not be kept for the page
]
REASONS: frozenset[str] = frozenset(get_args(Reason))


class LaunchError(Exception):
    """A launch that ends. ``detail`` is for the log: a word, with nothing of chart, code or token."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail
