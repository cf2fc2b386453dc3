"""What the hook remembers of a patient: which trials were declined, which were shown in this encounter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

from app.store.records import JudgedTrial, Silence
from cds_hooks.hooks import HOOKS, OrderSignContext

SCREENINGS = "screenings"
"""Stands for the name of a hook where a chart was screened without one."""

LAUNCH = "smart-launch"
"""Stands for the name of a hook where a user opened a chart's evidence from within the EHR."""

SUBSCRIPTION = "subscription"
"""Stands for the name of a hook where a FHIR server told of something new, and a chart was screened again."""

REPEATING_HOOKS = frozenset({"encounter-start"})
"""Hooks that may fire more than once in an encounter and are not to say the same thing twice."""


class Case(NamedTuple):
    """Whose chart was opened, by whom; the ids as they came, never kept.

    ``closings``: what the draft orders would do, as ``app.cards.closing.closing_keys`` names it; never kept
    either.
    """

    hook: str
    client: str
    fhir_server: str | None
    patient_id: str
    encounter_id: str | None = None
    user_id: str | None = None
    closings: frozenset[str] = frozenset()


def is_about_orders(hook: str) -> bool:
    """Whether the hook's cards tell what a draft order does to a trial, and not the trial itself."""
    return hook in HOOKS and issubclass(HOOKS[hook].context, OrderSignContext)


class Recalled(NamedTuple):
    """What is known of a patient: pairs of trial, or of closing, and verdict.

    Attributes:
        declined: of trials of which a card was overridden, recently enough to count.
        declined_closings: of the closings in question, those of which a card was.
        shown_in_encounter: of trials shown in this encounter.
    """

    declined: Collection[tuple[str, str]] = ()
    declined_closings: Collection[tuple[str, str]] = ()
    shown_in_encounter: Collection[tuple[str, str]] = ()

    def silence(self, hook: str, trial: str, verdict: str, closings: Collection[str] = ()) -> Silence | None:
        """Why a trial is not to be shown now; ``None`` if it may be. A changed verdict is news.

        Who declined a trial need not hear what orders do to it; who put aside what an order does has not
        declined the trial, nor put aside what another drug, or another criterion, does to it.
        """
        if (trial, verdict) in self.declined:
            return "declined"
        if closings and all((closing, verdict) in self.declined_closings for closing in closings):
            return "declined"
        if hook in REPEATING_HOOKS and (trial, verdict) in self.shown_in_encounter:
            return "shown-in-encounter"
        return None


class Declining(NamedTuple):
    """When an override silences a trial.

    Attributes:
        lasts: for how long.
        sparing: codes of reasons that say nothing against the trial, and so do not silence it.
    """

    lasts: timedelta
    sparing: frozenset[str] = frozenset()


class Memory(Protocol):
    """What the hook asks and tells. Neither call raises, whatever becomes of the database."""

    async def recall(self, case: Case) -> Recalled:
        """What is known of the patient; nothing where that cannot be told quickly."""

    def remember(self, case: Case, judged: Sequence[JudgedTrial]) -> None:
        """Keep who asked, for whom, and what was judged and shown."""
