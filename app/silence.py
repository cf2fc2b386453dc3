"""What the hook tells its memory: whose chart it was, and what became of each trial that was judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.cards.trial import TrialCard
from app.clients.profile import ClientProfile
from app.store.memory import Case, Recalled
from app.store.records import JudgedTrial
from cds_hooks.requests import HookRequest


class Judged(NamedTuple):
    """A protocol, its version, and the verdict; of orders, what they would close it by."""

    protocol: str
    version: str
    verdict: str
    closings: frozenset[str] = frozenset()


def case_of(request: HookRequest, client: ClientProfile, made: Iterable[TrialCard] = ()) -> Case:
    """Whose chart was opened, by whom, and what the cards on orders are about."""
    context = request.context
    return Case(
        hook=request.hook.name,
        client=client.id,
        fhir_server=request.fhir_server,
        patient_id=context.patient_id,
        encounter_id=context.encounter_id,
        user_id=context.user_id,
        closings=frozenset(closing for one in made for closing in one.closings),
    )


def judged_trials(
    judged: Iterable[Judged], shown: Iterable[TrialCard], recalled: Recalled, hook: str
) -> tuple[JudgedTrial, ...]:
    """Each trial with its card, or with why it has none."""
    cards = {one.protocol.id: one.card.uuid for one in shown}
    return tuple(
        JudgedTrial(
            trial=protocol,
            version=version,
            verdict=verdict,
            card=cards.get(protocol),
            silence=None
            if protocol in cards
            else recalled.silence(hook, protocol, verdict, closings) or "not-shown",
            closings=tuple(sorted(closings)),
        )
        for protocol, version, verdict, closings in judged
    )
