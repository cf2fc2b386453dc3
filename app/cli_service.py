"""The screening service as commands use it: what is wrong with its protocols becomes an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.cli_errors import InvalidProtocolError, UnreadableFileError, one_line
from app.screening import ScreeningService
from eligibility.errors import ProtocolError
from eligibility.loading import load_all
from fhir_mappings.vocabulary import vocabulary

_SUFFIXES = (".yaml", ".yml")


def bundled_service() -> ScreeningService:
    """The service with the bundled protocols.

    Raises:
        InvalidProtocolError: one of them cannot be used.
    """
    try:
        return ScreeningService.bundled()
    except ProtocolError as error:
        raise InvalidProtocolError(str(error)) from None


def service_with(protocols: Sequence[str] | None) -> tuple[ScreeningService, list[str]]:
    """The service with the bundled protocols and those named as files, and the ids of all that are named.

    A file with the id of a bundled protocol takes its place.

    Raises:
        InvalidProtocolError: a protocol cannot be used.
        UnreadableFileError: a file cannot be read.
    """
    service = bundled_service()
    named = list(protocols or ())
    paths = [Path(name) for name in named if name.lower().endswith(_SUFFIXES)]
    if not paths:
        return service, named
    try:
        own = load_all(paths, vocabulary())
    except ProtocolError as error:
        more = len(error.problems) - 1
        further = f" (and {more} more; see trialcards protocols check)" if more else ""
        first = one_line(error.problems[0].told(error.source))
        raise InvalidProtocolError(first + further) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        source = error.filename if isinstance(error, OSError) else ", ".join(map(str, paths))
        raise UnreadableFileError(f"{source}: cannot be read: {reason}") from None
    ids = [*(name for name in named if not name.lower().endswith(_SUFFIXES)), *own]
    return ScreeningService({**service.protocols, **own}), ids
