"""What was shown in an encounter, so that a hook that fires again in it does not say the same twice.

Kept in the memory of the process, for the latest encounters; a restart forgets it, and other workers do not
know of it. The worst that comes of that is a card shown twice. With a store it bridges the moments until what
was shown is written, and those in which the database is away.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence

from app.store.memory import Case, Recalled, is_about_orders
from app.store.records import JudgedTrial

MOST_ENCOUNTERS = 10_000

Shown = tuple[str, str]
"""A protocol and its verdict: a verdict that has changed is news."""


class ShownCards:
    """Cards by encounter: all the memory of a service without a store, and the quickest of one with it.

    Ids of patients and encounters are not kept, only keyed digests of them.
    """

    def __init__(self, most: int = MOST_ENCOUNTERS) -> None:
        self._most = most
        self._key = secrets.token_bytes(32)
        self._encounters: OrderedDict[bytes, set[Shown]] = OrderedDict()

    async def recall(self, case: Case) -> Recalled:
        """What was shown in the encounter of the context; nothing where there is none."""
        name = self._name(case)
        found = self._encounters.get(name, ()) if name is not None else ()
        return Recalled(shown_in_encounter=frozenset(found))

    def remember(self, case: Case, judged: Sequence[JudgedTrial]) -> None:
        """Keep what is being shown."""
        name = self._name(case)
        if name is None or is_about_orders(case.hook):
            return
        shown = {(each.trial, each.verdict) for each in judged if each.card is not None}
        self._encounters.setdefault(name, set()).update(shown)
        self._encounters.move_to_end(name)
        while len(self._encounters) > self._most:
            self._encounters.popitem(last=False)

    def _name(self, case: Case) -> bytes | None:
        if case.encounter_id is None:
            return None
        told = "\0".join((case.client, case.fhir_server or "", case.patient_id, case.encounter_id))
        return hashlib.blake2b(told.encode(), key=self._key, digest_size=16).digest()
