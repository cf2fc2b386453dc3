"""Keeps the screening list: what hooks find goes in sealed, what coordinators say stands beside it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Protocol

import msgspec

from app.listing.entries import Entry, Patient, Standing, Status, compared, standing_of
from app.store.records import ListedRow, StatusRow
from app.store.sealed import SealError, seal, unseal
from eligibility.findings import Screening

PURPOSE = "screening list"
_ENCODER = msgspec.json.Encoder()
_PATIENT = msgspec.json.Decoder(Patient)
_STANDING = msgspec.json.Decoder(Standing)


class ListStore(Protocol):
    """Where sealed entries lie."""

    def key_for(self, purpose: str) -> bytes: ...

    def patient_key(self, client: str, fhir_server: str | None, patient_id: str) -> str: ...

    def keep_listed(self, row: ListedRow) -> None:
        """Keep an entry; written soon, by another thread. An equal digest is no change."""

    def listed(self) -> list[tuple[ListedRow, StatusRow | None]]:
        """All entries, each with its latest status. It takes a while; raises what the database raises."""

    def keep_status(self, row: StatusRow) -> bool:
        """Keep a status at once; whether there is such an entry."""


class ListDesk:
    """The screening list of one installation."""

    def __init__(self, store: ListStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def note(
        self,
        patient: Patient,
        screenings: Iterable[Screening],
        gone: Mapping[str, Standing] = MappingProxyType({}),
    ) -> None:
        """Put a patient on the list, for each trial whose disease the patient has.

        ``gone``: by trial, how somebody stands who is perhaps on the list for it, and no candidate any more.
        """
        try:
            self._note(patient, {each.protocol: standing_of(each) for each in screenings}, listed=False)
            self._note(patient, gone, listed=True)
        except OSError:
            return  # the secret cannot be read: the store tells of that with the call itself

    def renew(self, patient: Patient, screenings: Iterable[Screening]) -> None:
        """As ``note``, for whoever is on the list already."""
        try:
            self._note(patient, {each.protocol: standing_of(each) for each in screenings}, listed=True)
        except OSError:
            return  # as there

    def _note(self, patient: Patient, standings: Mapping[str, Standing], *, listed: bool) -> None:
        if not standings:
            return
        key = self._store.patient_key(patient.client, patient.fhir_server, patient.patient_id)
        who = _ENCODER.encode(patient)
        for trial, standing in standings.items():
            told = _ENCODER.encode(compared(standing))
            self._store.keep_listed(
                ListedRow(
                    patient=key,
                    trial=trial,
                    at=self._now(),
                    changed=None,
                    who=seal(who, self._key),
                    digest=hashlib.blake2b(told, key=self._key, digest_size=16).hexdigest(),
                    now=seal(_ENCODER.encode(standing), self._key),
                    before=None,
                    only_if_listed=listed,
                )
            )

    async def entries(self) -> list[Entry]:
        """The whole list, in no order. Entries that another secret sealed are left out.

        Raises:
            app.store.errors.StoreError: the database cannot be used.
        """
        return await asyncio.to_thread(self._entries)

    async def set_status(self, key: str, trial: str, status: Status, by: str) -> bool:
        """Say how far one has come with a patient and a trial; whether the list has them."""
        row = StatusRow(patient=key, trial=trial, at=self._now(), status=status.value, person=by)
        return await asyncio.to_thread(self._store.keep_status, row)

    @cached_property
    def _key(self) -> bytes:
        return self._store.key_for(PURPOSE)

    def _entries(self) -> list[Entry]:
        found = (self._entry(row, status) for row, status in self._store.listed())
        return [entry for entry in found if entry is not None]

    def _entry(self, row: ListedRow, status: StatusRow | None) -> Entry | None:
        try:
            patient = _PATIENT.decode(unseal(row.who, self._key))
            now = _STANDING.decode(unseal(row.now, self._key))
            before = None if row.before is None else _STANDING.decode(unseal(row.before, self._key))
        except (SealError, msgspec.MsgspecError):
            return None
        entry = Entry(
            key=row.patient,
            trial=row.trial,
            at=row.at,
            changed=row.changed,
            patient=patient,
            now=now,
            before=before,
        )
        if status is None:
            return entry
        return msgspec.structs.replace(entry, status=Status(status.status), since=status.at, by=status.person)
