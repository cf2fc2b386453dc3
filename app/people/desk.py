"""Who may come in: sessions, the local account, and what is kept of what people saw.

Whatever takes a database or a password runs in the calling thread: HTTP calls it beside the event loop.
Tokens of sessions and of set-up links are random; the database holds their SHA-256 alone, so that whoever
reads it can use none.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from app.people import passwords
from app.people.errors import SetUpError, TooSoonError, WrongPasswordError
from app.people.person import Person, Role, roles_of, written
from app.store.records import PageView

if TYPE_CHECKING:
    from app.store.database import Database

LOCAL = "local"
"""Issuer and subject of the local account."""
LOCAL_NAME = "Local account"
SET_UP_LASTS = timedelta(days=7)
_TOUCHED_AFTER = timedelta(seconds=30)
"""Not each request writes when its session was used."""


class Known(NamedTuple):
    """A person as operators see them."""

    person: Person
    issuer: str
    has_password: bool


class People:
    """People, in one database.

    Args:
        database: where; it is opened at first use.
        now: the instant, with offset.
        idle: after so long without a request a session ends.
        lasts: after so long it ends in any case.

    Every method raises ``app.store.errors.StoreError`` where the database cannot be used.
    """

    def __init__(
        self, database: Database, now: Callable[[], datetime], idle: timedelta, lasts: timedelta
    ) -> None:
        self._database = database
        self._now = now
        self._idle = idle
        self._lasts = lasts

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def of_session(self, token: str) -> Person | None:
        """Whose session it is; ``None`` where there is none, or it has run out."""
        from app.store.people import end_session, session_by, touch_session

        name, now = _digest(token), self._now()
        with self._database.reading() as connection:
            row = session_by(connection, name)
        if row is None:
            return None
        if now >= row.seen + self._idle or now >= row.began + self._lasts:
            with self._database.changing() as connection:
                end_session(connection, name)
            return None
        if now >= row.seen + min(_TOUCHED_AFTER, self._idle / 2):
            with self._database.changing() as connection:
                touch_session(connection, name, now)
        return _person(row)

    def begin(self, person: Person, instead_of: str | None = None) -> str:
        """A new session and its token; the one that the browser had before ends (session fixation)."""
        from app.store.people import begin_session, end_session, end_sessions

        token, now = secrets.token_urlsafe(32), self._now()
        with self._database.changing() as connection:
            if instead_of is not None:
                end_session(connection, _digest(instead_of))
            end_sessions(connection, began_before=now - self._lasts)
            begin_session(connection, _digest(token), person.id, now)
        return token

    def end(self, token: str) -> None:
        """End a session."""
        from app.store.people import end_session

        with self._database.changing() as connection:
            end_session(connection, _digest(token))

    def of_provider(self, issuer: str, subject: str, name: str, roles: Iterable[Role]) -> Person:
        """The person whom a provider vouches for, with name and roles as it tells them now."""
        from app.store.people import change_person, insert_person, person_by

        told = {"name": name[:128], "roles": written(roles)}
        with self._database.changing() as connection:
            fresh = {"id": str(uuid.uuid4()), "made": self._now(), **told}
            insert_person(connection, issuer=issuer, subject=subject, **fresh)
            row = person_by(connection, issuer=issuer, subject=subject)
            assert row is not None  # noqa: S101  # inserted above, or there before
            change_person(connection, row.id, **told)
        return Person(id=row.id, name=told["name"], roles=frozenset(roles))

    def sign_in(self, password: str) -> Person:
        """The person of the local account.

        Raises:
            WrongPasswordError: it is another, or none has been set.
            TooSoonError: too many wrong ones came before.
        """
        from app.store.people import change_person, count_failure, person_by

        now = self._now()
        with self._database.changing() as connection:
            row = person_by(connection, locked=True, issuer=LOCAL, subject=LOCAL)
            if row is None or row.password is None:
                raise WrongPasswordError
            again = passwords.may_try_from(row.failures, row.failed_at)
            if again is not None and now < again:
                raise TooSoonError(again - now)
            # Before it is looked at: tries at the same time must not all count as the first.
            count_failure(connection, row.id, now)
        if not passwords.matches(row.password, password):
            raise WrongPasswordError
        with self._database.changing() as connection:
            change_person(connection, row.id, failures=0, failed_at=None)
        return _person(row)

    def local_set_up(self) -> str | None:
        """Make the local account: the token of its set-up link; ``None`` where there is one already."""
        from app.store.people import insert_person

        token, now = secrets.token_urlsafe(24), self._now()
        with self._database.changing() as connection:
            made = insert_person(
                connection,
                id=str(uuid.uuid4()),
                made=now,
                issuer=LOCAL,
                subject=LOCAL,
                name=LOCAL_NAME,
                roles=written(Role),
                set_up=_digest(token),
                set_up_until=now + SET_UP_LASTS,
            )
        return token if made else None

    def reset(self) -> str:
        """Make the local account anew or forget its password, and end its sessions: a new set-up token."""
        from app.store.people import change_person, end_sessions, person_by

        if (token := self.local_set_up()) is not None:
            return token
        token = secrets.token_urlsafe(24)
        with self._database.changing() as connection:
            row = person_by(connection, issuer=LOCAL, subject=LOCAL)
            assert row is not None  # noqa: S101  # else it would have been made
            change_person(
                connection,
                row.id,
                password=None,
                failures=0,
                failed_at=None,
                set_up=_digest(token),
                set_up_until=self._now() + SET_UP_LASTS,
            )
            end_sessions(connection, person=row.id)
        return token

    def may_set_up(self, token: str) -> bool:
        """Whether a set-up link is good."""
        from app.store.people import person_by

        with self._database.reading() as connection:
            row = person_by(connection, set_up=_digest(token))
        return row is not None and self._now() < row.set_up_until

    def set_up(self, token: str, name: str, password: str) -> Person:
        """Give the local account its name and password; the link is good once.

        Raises:
            SetUpError: the link is not, or no longer, good.
            ValueError: name or password cannot be taken.
        """
        from app.store.people import change_person, person_by

        if not name.strip() or len(name) > 128 or not passwords.is_acceptable(password):
            raise ValueError("name or password")
        hashed = passwords.hashed(password)
        with self._database.changing() as connection:
            row = person_by(connection, locked=True, set_up=_digest(token))
            if row is None or self._now() >= row.set_up_until:
                raise SetUpError
            change_person(
                connection,
                row.id,
                name=name.strip(),
                password=hashed,
                set_up=None,
                set_up_until=None,
                failures=0,
                failed_at=None,
            )
        return Person(id=row.id, name=name.strip(), roles=roles_of(row.roles.split()))

    def all(self) -> list[Known]:
        """Everybody who ever signed in, by name."""
        from app.store.people import all_people

        with self._database.reading() as connection:
            return [
                Known(_person(row), row.issuer, row.password is not None) for row in all_people(connection)
            ]

    def give_roles(self, person: str, roles: Iterable[Role]) -> bool:
        """Set somebody's roles; whether there is such a person. A provider's word replaces them."""
        from app.store.people import change_person

        with self._database.changing() as connection:
            return change_person(connection, person, roles=written(roles)) == 1

    def end_all(self, person: str) -> int:
        """End all sessions of somebody; how many there were."""
        from app.store.people import end_sessions

        with self._database.changing() as connection:
            return end_sessions(connection, person=person)

    def saw(self, person: Person, page: str, patients: Iterable[str], trial: str | None) -> None:
        """Keep that somebody sees a page; ``patients``: pseudonyms, none where it tells of no patient."""
        from app.store.people import keep_views

        now = self._now()
        of = dict.fromkeys(patients) or (None,)
        seen = [
            PageView(id=str(uuid.uuid4()), at=now, person=person.id, page=page, patient=patient, trial=trial)
            for patient in of
        ]
        with self._database.changing() as connection:
            keep_views(connection, seen)


def _person(row: Any) -> Person:
    return Person(id=row.id, name=row.name, roles=roles_of(row.roles.split()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
