"""Why somebody is not let in. Nothing here tells whether an account is there."""

from __future__ import annotations

from datetime import timedelta


class SignInError(Exception):
    """Somebody is not let in."""


class WrongPasswordError(SignInError):
    """The password is another, or there is none."""


class TooSoonError(SignInError):
    """Too many failed tries; ``wait`` says for how long none is taken."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many failed tries")
        self.wait = wait


class SetUpError(SignInError):
    """The set-up link is not, or no longer, good."""


class ProviderAwayError(SignInError):
    """The OpenID provider cannot be asked, or says of itself what cannot be used."""


class ProviderRefusedError(SignInError):
    """The OpenID provider vouches for nobody.

    Attributes:
        code: what was wrong, in a word for the log: ``state``, ``nonce`` …; nothing of the token.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
