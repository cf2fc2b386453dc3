"""Cards from a screening report."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from app.cards.detail import detail
from app.cards.groups import grouped, only_time_in_the_way
from app.cards.summary import summary
from app.cards.wording import Wording, wording
from app.plain_text import plain
from cds_hooks.cards import Card, Coding, Link, Source
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
    language: str = "en",
) -> tuple[Card, ...]:
    """At most one card for each trial, the most promising first.

    The report holds only open trials whose disease the patient has
    (``app.screening.ScreeningService.screen_applicable``).
    """
    shown = [s for s in report.screenings if worth_a_card(s, show_ineligible=show_ineligible)]
    shown.sort(key=lambda screening: _ORDER.index(screening.verdict))
    words = wording(language)
    return tuple(_card(s, report.as_of, protocols[s.protocol].protocol, words) for s in shown)


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


def _card(screening: Screening, as_of: str, protocol: Protocol, words: Wording) -> Card:
    groups = grouped(screening)
    registry = urlsplit(protocol.registry_url)
    return Card(
        uuid=str(uuid.uuid4()),
        summary=summary(screening, groups, protocol, words),
        detail=detail(screening, groups, as_of, protocol, words),
        indicator="info",
        source=Source(
            label=words.say("source.label", source=plain(protocol.source, 100)),
            url=protocol.registry_url,
            # Static for each trial and alphanumeric: clients remember acknowledgements by it.
            topic=Coding(
                system=f"{registry.scheme}://{registry.netloc}",
                code="".join(sign for sign in protocol.id.upper() if sign.isalnum())[:100],
                display=protocol.short_title,
            ),
        ),
        links=(
            Link(
                label=words.say("link", trial=protocol.short_title),
                url=protocol.registry_url,
                type="absolute",
            ),
        ),
        # The published shape of the report, nulls and empty lists included: scripts rely on its keys.
        extension={EXTENSION: msgspec.to_builtins(screening)},
    )
