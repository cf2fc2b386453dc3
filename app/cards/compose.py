"""Cards from a screening report."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import msgspec

from app.cards.detail import detail
from app.cards.groups import grouped, only_time_in_the_way
from app.cards.override_reasons import override_reasons
from app.cards.pending_orders import NOTHING, Ordered
from app.cards.suggestions import suggestions
from app.cards.summary import summary
from app.cards.trial import TrialCard, registry_link, source
from app.cards.wording import Wording, wording
from app.language import Language
from cds_hooks.cards import Card, Suggestion
from eligibility.bound import BoundProtocol
from eligibility.findings import Screening, ScreeningReport, Verdict
from eligibility.protocol import Protocol

EXTENSION = "org.trialcards.screening"
"""Under this name a card carries the whole screening, as the report has it."""

_ORDER: tuple[Verdict, ...] = (
    "potentially-eligible",
    "undetermined",
    "probably-ineligible",
    "ineligible-for-now",
    "ineligible",
)


def compose_cards(
    report: ScreeningReport,
    protocols: Mapping[str, BoundProtocol],
    *,
    show_ineligible: bool = False,
    language: Language = "en",
    encounter_id: str | None = None,
    ordered: Ordered = NOTHING,
) -> tuple[TrialCard, ...]:
    """At most one card for each trial, the most promising first.

    Tests are suggested for the encounter, except those that are ``ordered`` already.

    The report holds only open trials whose disease the patient has
    (``app.screening.ScreeningService.screen_applicable``).
    """
    shown = [s for s in report.screenings if worth_a_card(s, show_ineligible=show_ineligible)]
    shown.sort(key=lambda screening: _ORDER.index(screening.verdict))
    words = wording(language)
    made = []
    for screening in shown:
        protocol = protocols[screening.protocol].protocol
        tests = suggestions(screening, report.work_list, report.patient, encounter_id, words, ordered)
        card = _card(screening, report.as_of, protocol, tests, words)
        made.append(TrialCard(protocol, screening.verdict, card))
    return tuple(made)


def worth_a_card(screening: Screening, *, show_ineligible: bool) -> bool:
    """Whether a clinician would want to be told.

    "Not before a date" is worth a card only if nothing but time stands in the way: a wash-out in a patient
    of whom half the data are missing is no news.
    """
    if screening.verdict == "ineligible":
        return show_ineligible
    if screening.verdict == "ineligible-for-now":
        return show_ineligible or only_time_in_the_way(screening)
    return True


def _card(
    screening: Screening,
    as_of: str,
    protocol: Protocol,
    tests: tuple[Suggestion, ...],
    words: Wording,
) -> Card:
    groups = grouped(screening)
    return Card(
        uuid=str(uuid.uuid4()),
        summary=summary(screening, groups, protocol, words),
        detail=detail(screening, groups, as_of, protocol, words),
        indicator="info",
        source=source(protocol, words),
        suggestions=tests or None,
        selection_behavior="any" if tests else None,
        override_reasons=override_reasons("trial", words.language),
        links=(registry_link(protocol, words),),
        # The published shape of the report, nulls and empty lists included: scripts rely on its keys.
        extension={EXTENSION: msgspec.to_builtins(screening)},
    )
