"""Answers of persons, kept for the patient: written on the evidence page, read by it and by later hooks.

What is kept of an answer's content is sealed with a key that is derived from the secret of the pseudonyms and
from the patient: the database alone tells who recorded an answer to which question and when, not what it was.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from app.answers.given import GivenAnswer
from app.store.answers import AnswerRow
from app.store.sealed import SealError, seal, unseal

if TYPE_CHECKING:
    from app.store.database import Database
    from app.store.kept import Watcher
    from app.store.pseudonyms import Pseudonyms

HOOK_SECONDS = 0.25
"""How long a hook waits for answers."""
_REST_SECONDS = 5.0
"""After a read that failed no hook reads again for so long."""
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(GivenAnswer)


class About(NamedTuple):
    """Whom answers are about; ids as they came, never kept.

    Attributes:
        client, fhir_server, patient_id: as in the call of the hook.
        link: where answers are to end with a link, that link's name; they are then nobody else's.
        until: when they end.
    """

    client: str
    fhir_server: str | None
    patient_id: str
    link: str | None = None
    until: datetime | None = None


class AnswerBook:
    """Answers in one database.

    Args:
        database: where; it is opened at first use.
        pseudonyms: called once, at first use; may raise ``OSError``.
        now: the instant, with offset.
        watcher: who is told of failures.
    """

    def __init__(
        self,
        database: Database,
        pseudonyms: Callable[[], Pseudonyms],
        now: Callable[[], datetime],
        watcher: Watcher,
    ) -> None:
        self._database = database
        self._make_pseudonyms = pseudonyms
        self._pseudonyms: Pseudonyms | None = None
        self._now = now
        self._watcher = watcher
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="answers")
        self._reads_from = 0.0

    def close(self) -> None:
        """Let go of the database."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._database.close()

    async def at_once(self, about: About) -> Sequence[GivenAnswer]:
        """What is known within a quarter of a second, for hooks; nothing where that cannot be told."""
        if time.monotonic() < self._reads_from:
            return ()
        running = asyncio.get_running_loop().run_in_executor(self._threads, lambda: self.all(about))
        try:
            return await asyncio.wait_for(running, HOOK_SECONDS)
        except Exception as error:  # the hook must be answered all the same
            self._reads_from = time.monotonic() + _REST_SECONDS
            self._watcher.store_failed("read", error)
            return ()

    def all(self, about: About) -> Sequence[GivenAnswer]:
        """All answers about the patient, those that were taken back too, the oldest first.

        One that was sealed with another secret cannot be read, and is left out.

        Raises:
            OSError, StoreError: the secret or the database cannot be used.
        """
        from app.store.answers import answers_of

        name, key = self._named(about)
        with self._database.reading() as connection:
            rows = answers_of(connection, name, self._now())
        return [answer for row in rows if (answer := _opened(row, key)) is not None]

    def keep(self, about: About, answer: GivenAnswer, person: str | None = None) -> None:
        """Keep an answer. ``person``: id of whoever is signed in.

        Raises:
            OSError, StoreError: the secret or the database cannot be used.
        """
        from app.store.answers import keep_answer

        name, key = self._named(about)
        row = AnswerRow(
            id=answer.id,
            at=answer.at,
            client=about.client,
            user=person or self._user(about, answer.user),
            patient=name,
            trial=answer.trial,
            version=answer.version,
            question=answer.question,
            until=about.until,
            content=seal(_ENCODER.encode(answer), key),
        )
        with self._database.changing() as connection:
            keep_answer(connection, row)

    def withdraw(self, about: About, answer: str, user: str | None, person: str | None = None) -> bool:
        """Take an answer back; whether there was one about this patient that stood.

        ``user``: of the EHR, whose link it is. ``person``: id of whoever is signed in.

        Raises:
            OSError, StoreError: the secret or the database cannot be used.
        """
        from app.store.answers import withdraw_answer

        name, _ = self._named(about)
        with self._database.changing() as connection:
            by = person or self._user(about, user)
            return withdraw_answer(connection, name, answer, self._now(), by)

    def new_id(self) -> str:
        """An id for a new answer."""
        return str(uuid.uuid4())

    def now(self) -> datetime:
        """The instant, with offset."""
        return self._now()

    def _named(self, about: About) -> tuple[str, bytes]:
        """The pseudonym under which answers lie, and their key."""
        names = self._known_pseudonyms()
        if about.link is not None:
            name = names.key_for(f"answers behind the link {about.link}").hex()[:32]
        else:
            name = names.of_patient(about.client, about.fhir_server, about.patient_id)
        return name, names.key_for(f"answers about {name}")

    def _user(self, about: About, user: str | None) -> str | None:
        return self._known_pseudonyms().of_user(about.client, about.fhir_server, user)

    def _known_pseudonyms(self) -> Pseudonyms:
        if self._pseudonyms is None:
            self._pseudonyms = self._make_pseudonyms()
        return self._pseudonyms


def _opened(row: AnswerRow, key: bytes) -> GivenAnswer | None:
    try:
        answer = _DECODER.decode(unseal(row.content, key))
    except (SealError, msgspec.MsgspecError):
        return None
    return msgspec.structs.replace(answer, withdrawn=row.withdrawn)
