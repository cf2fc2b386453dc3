"""What every card on a trial says of it: its source, its topic, and its page in the registry."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from app.cards.wording import Wording
from app.plain_text import plain
from cds_hooks.cards import Card, Coding, Link, Source
from eligibility.findings import Verdict
from eligibility.protocol import Protocol
from fhir_mappings.phrases import said

Subject = Literal["trial", "order"]
"""What a card is about: the trial for this patient, or what a draft order does to it."""

_TOPIC_LIMIT = 100


class TrialCard(NamedTuple):
    """A card, with the trial and the verdict that it speaks of.

    ``closings``: of a card on orders, what it is about (``app.cards.closing.closing_keys``).
    """

    protocol: Protocol
    verdict: Verdict
    card: Card
    closings: frozenset[str] = frozenset()


def source(
    protocol: Protocol, words: Wording, subject: Subject = "trial", about: Collection[str] = ()
) -> Source:
    """The source of a card. Its topic is the same for all cards on one subject of one trial.

    Clients remember by the topic's code what a user has acknowledged or overridden, and Epic wants it
    alphanumeric and of at most 100 characters. Who has put a trial aside for a patient has not yet put aside
    what an order would do, nor, with one order, what another would; so orders have topics of their own, one
    for each set of closings (``about``).
    """
    registry = urlsplit(protocol.registry_url)
    suffix = "" if subject == "trial" else subject.upper() + _digest(about)
    code = "".join(sign for sign in protocol.id.upper() if sign.isascii() and sign.isalnum())
    return Source(
        label=words.say("source.label", source=plain(protocol.source, 100)),
        url=protocol.registry_url,
        topic=Coding(
            system=f"{registry.scheme}://{registry.netloc}",
            code=code[: _TOPIC_LIMIT - len(suffix)] + suffix,
            display=words.say(f"topic.{subject}", trial=said(protocol.short_title, words.language)),
        ),
    )


def _digest(about: Collection[str]) -> str:
    told = "\0".join(sorted(about)).encode()
    return hashlib.blake2b(told, digest_size=6).hexdigest().upper() if about else ""


def with_evidence(made: TrialCard, address: str, words: Wording) -> TrialCard:
    """The card, with a link to the page that shows all the evidence behind it."""
    link = Link(label=words.say("link.evidence"), url=address, type="absolute")
    card = msgspec.structs.replace(made.card, links=(link, *(made.card.links or ())))
    return made._replace(card=card)


def registry_link(protocol: Protocol, words: Wording) -> Link:
    """The trial's page in its registry."""
    label = words.say("link", trial=said(protocol.short_title, words.language))
    return Link(label=label, url=protocol.registry_url, type="absolute")
