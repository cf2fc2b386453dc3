"""Settings and the store as commands use them: what is wrong with them becomes an exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from app.cli_errors import ArgumentError, StoreUnusableError

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.database import Database

Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="From this day or instant on, e.g. 2026-11-01; UTC.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Before this day or instant.")]
ClientId = Annotated[
    str | None, typer.Option("--client", metavar="ID", help="Id of a client, as in the file of clients.")
]
PatientId = Annotated[
    str | None,
    typer.Option("--patient", metavar="ID", help="FHIR id of a patient; needs the client and its server."),
]
FhirServer = Annotated[
    str | None, typer.Option(metavar="URL", help="Base URL that the client sends as fhirServer, if it does.")
]


def settings_faults(error: ValidationError) -> str:
    """Which settings cannot be read, and why; without what they hold."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"TRIALCARDS_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in faults
    )


def read_settings() -> Settings:
    """The settings.

    Raises:
        ArgumentError: one cannot be read.
    """
    from app.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        raise ArgumentError(settings_faults(error)) from None


@contextmanager
def opened_store(settings: Settings, *, make: bool = False) -> Iterator[Database]:
    """The database of the store, brought to the newest tables; ``make``: made where there is none.

    Raises:
        StoreUnusableError: it cannot be reached or used, or is not there.
    """
    from app.store.configured import database_of
    from app.store.errors import StoreError

    database = database_of(settings, hurried=False)
    try:
        if not make and database.revision() is None:
            raise StoreUnusableError(
                f"there is no database of Trialcards at {database.place}: name that of the service by "
                "TRIALCARDS_DATA_DIR or TRIALCARDS_DATABASE_URL, or make one by trialcards store migrate"
            )
        database.open()
        yield database
    except StoreError as error:
        raise StoreUnusableError(str(error)) from None
    finally:
        database.close()


def instant(text: str | None, option: str) -> datetime | None:
    """A day or an instant of ISO 8601; without offset it is UTC.

    Raises:
        ArgumentError: it is something else.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ArgumentError(f"{option} '{text}' is no day or instant; write it as 2026-11-01") from None


def client_id(text: str | None) -> str | None:
    """The id of a client, if it can be one.

    Raises:
        ArgumentError: it cannot.
    """
    from app.clients.profile import CLIENT_ID

    if text is not None and not re.fullmatch(CLIENT_ID, text):
        raise ArgumentError("--client is the id of a client: small letters, digits and hyphens")
    return text


def pseudonym(settings: Settings, patient: str, client: str | None, fhir_server: str | None) -> str:
    """The pseudonym under which a patient of a client is kept.

    Raises:
        ArgumentError: no client is named.
        StoreUnusableError: the secret cannot be read.
    """
    from app.store.configured import pseudonyms_of

    if client_id(client) is None or client is None:
        raise ArgumentError("--patient needs --client: ids of patients mean something for one client only")
    for option, text in (("--patient", patient), ("--fhir-server", fhir_server or "")):
        if not _is_unicode(text):
            raise ArgumentError(f"{option} is not written in UTF-8")
    try:
        names = pseudonyms_of(settings, make=False)  # with a new one nobody would be found
    except OSError as error:
        raise StoreUnusableError(
            f"the pseudonym key {error.filename} cannot be read: {error.strerror}; name the service's folder "
            "by TRIALCARDS_DATA_DIR, or set TRIALCARDS_PSEUDONYM_KEY"
        ) from None
    return names.of_patient(client, fhir_server, patient.removeprefix("Patient/"))


def _is_unicode(text: str) -> bool:
    """Whether it holds no byte of another encoding, which Python takes in as half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
