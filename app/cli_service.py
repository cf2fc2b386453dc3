"""The screening service as commands use it: what is wrong with its protocols becomes an exit code."""

from __future__ import annotations

from app.cli_errors import InvalidProtocolError
from app.screening import ScreeningService
from eligibility.errors import ProtocolError


def bundled_service() -> ScreeningService:
    """The service with the bundled protocols.

    Raises:
        InvalidProtocolError: one of them cannot be used.
    """
    try:
        return ScreeningService.bundled()
    except ProtocolError as error:
        raise InvalidProtocolError(str(error)) from None
