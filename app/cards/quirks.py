"""What a client makes of cards: the quirks of its profile, applied to cards that are as CDS Hooks has them.

============================  ================================================================================
quirk of the profile          what becomes of a card
============================  ================================================================================
``suggestions``               without: no suggestions
``selection_behavior``        is set on cards with suggestions; of ``at-most-one``, one is recommended
``one_action_per_suggestion`` a suggestion with several actions becomes several suggestions
``order_codes``               a suggested order is coded as the client knows the test, and by LOINC
``override_reasons``          without: none; the client then offers its own
``detail_content_type``       the detail as Markdown, as plain text, or as HTML; what is not Markdown is told
                              in the extension that the client reads it from
``smart``, ``smart_app_url``  a link of type ``smart``, with the trial in its ``appContext``
============================  ================================================================================
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.cards.recommended import recommended_once
from app.cards.suggestions import LOINC
from app.cards.trial import TrialCard
from app.cards.wording import Wording
from app.clients.profile import ClientProfile
from cds_hooks.cards import Card, Link, Suggestion
from eligibility.protocol import Protocol
from fhir_mappings.phrases import said

_CONTENT_TYPES = {"plain": "text/plain", "html": "text/html"}
# Raw HTML stays off: a card's detail repeats words of a chart.
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


def for_client(made: Iterable[TrialCard], client: ClientProfile, words: Wording) -> tuple[Card, ...]:
    """The cards as this client wants them; no test is recommended by two of them."""
    return tuple(recommended_once(_adapted(one.card, one.protocol, client, words) for one in made))


def _adapted(card: Card, protocol: Protocol, client: ClientProfile, words: Wording) -> Card:
    changes: dict[str, Any] = {}
    if card.suggestions:
        changes |= _suggestions(card.suggestions, client)
    if not client.override_reasons:
        changes["override_reasons"] = None
    if client.smart_app_url is not None:
        changes["links"] = (*(card.links or ()), _smart_link(client.smart_app_url, protocol, words))
    if card.detail is not None and client.detail_content_type != "markdown":
        html = client.detail_content_type == "html"
        changes["detail"] = _MARKDOWN.render(card.detail) if html else plain_detail(card.detail)
        if client.detail_content_type_extension is not None:
            told = {client.detail_content_type_extension: _CONTENT_TYPES[client.detail_content_type]}
            changes["extension"] = {**(card.extension or {}), **told}
    return msgspec.structs.replace(card, **changes) if changes else card


def _suggestions(given: tuple[Suggestion, ...], client: ClientProfile) -> Mapping[str, Any]:
    if not client.suggestions:
        return {"suggestions": None, "selection_behavior": None}
    made = [one for suggestion in given for one in _split(_coded(suggestion, client), client)]
    if client.selection_behavior == "at-most-one":
        first = next((i for i, suggestion in enumerate(made) if suggestion.is_recommended), None)
        made = [
            suggestion if i == first else msgspec.structs.replace(suggestion, is_recommended=None)
            for i, suggestion in enumerate(made)
        ]
    return {"suggestions": tuple(made), "selection_behavior": client.selection_behavior}


def _coded(suggestion: Suggestion, client: ClientProfile) -> Suggestion:
    if not client.order_codes or not suggestion.actions:
        return suggestion
    actions = tuple(
        msgspec.structs.replace(action, resource=_order(action.resource, client))
        for action in suggestion.actions
    )
    return msgspec.structs.replace(suggestion, actions=actions)


def _order(resource: dict[str, Any] | None, client: ClientProfile) -> dict[str, Any] | None:
    code = resource.get("code") if resource is not None else None
    if resource is None or code is None:
        return resource
    own = [
        {"system": system, "code": known}
        for coding in code["coding"]
        if coding["system"] == LOINC and coding["code"] in client.order_codes
        for system, _, known in [client.order_codes[coding["code"]].rpartition("|")]
    ]
    return {**resource, "code": {**code, "coding": [*own, *code["coding"]]}}


def _split(suggestion: Suggestion, client: ClientProfile) -> Iterator[Suggestion]:
    actions = suggestion.actions or ()
    if len(actions) < 2 or not client.one_action_per_suggestion:
        yield suggestion
        return
    for action in actions:
        yield msgspec.structs.replace(
            suggestion, uuid=str(uuid.uuid4()), label=action.description, actions=(action,)
        )


def _smart_link(url: str, protocol: Protocol, words: Wording) -> Link:
    context = json.dumps({"protocol": protocol.id, "version": protocol.version})
    label = words.say("link.smart", trial=said(protocol.short_title, words.language))
    return Link(label=label, url=url, type="smart", app_context=context)


def plain_detail(markdown: str) -> str:
    """Markdown as plain text: a line for each paragraph, list items with a dash."""
    lines: list[str] = []
    item = False
    for token in _MARKDOWN.parse(markdown):
        if token.type == "list_item_open":
            item = True
        elif token.type == "inline":
            text = "".join(map(_text, token.children or ()))
            lines.append(f"- {text}" if item else text)
            item = False
    return "\n".join(lines)


def _text(token: Token) -> str:
    return " " if token.type in ("softbreak", "hardbreak") else str(token.content)
