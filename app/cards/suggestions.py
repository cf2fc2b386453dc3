"""Suggestions: draft orders of the tests that would decide most for a trial."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from app.cards.pending_orders import NOTHING, Ordered
from app.cards.wording import Wording
from app.order_names import order_name
from app.plain_text import plain
from cds_hooks.cards import Action, Suggestion
from eligibility.findings import Finding, Screening
from eligibility.reported import WorkDecides, WorkItem
from fhir_mappings.facts import Coding, WhyMissing

MOST = 3
LOINC = "http://loinc.org"
_TEST_WORDS = 90

# A result that was not handed over, cannot be read or is too coarse is there; the test is not what lacks.
_A_TEST_HELPS: frozenset[WhyMissing] = frozenset({"never-measured", "stale", "conflicting"})


def suggestions(
    screening: Screening,
    work_list: Sequence[WorkItem],
    patient: str,
    encounter_id: str | None,
    words: Wording,
    ordered: Ordered = NOTHING,
) -> tuple[Suggestion, ...]:
    """At most ``MOST`` tests to order, in the order of the work-list: those first that decide most.

    None unless the verdict is ``undetermined``: nothing but data is missing then, and a test can open the
    trial. Recommended is only what alone would decide it, where it is known not to be ordered.

    Args:
        screening: of one trial.
        work_list: of all trials.
        patient: reference of the patient.
        encounter_id: id of the encounter in context, if there is one.
        words: the catalogue.
        ordered: tests that are ordered already; they are not suggested.
    """
    if screening.verdict != "undetermined":
        return ()
    made: list[Suggestion] = []
    for order, decides in _tests(screening.protocol, work_list, ordered):
        action = Action(
            type="create",
            description=_description(order, decides, screening, ordered, words),
            resource=draft_order(order, patient, encounter_id),
        )
        label = "suggestion.label" if ordered.seen else "suggestion.label.orders-unseen"
        made.append(
            Suggestion(
                label=words.say(label, test=_named(order, words)),
                uuid=str(uuid.uuid4()),
                is_recommended=(decides.alone and ordered.seen) or None,
                actions=(action,),
            )
        )
    return tuple(made)


def draft_order(test: Coding, patient: str, encounter_id: str | None) -> dict[str, Any]:
    """A draft of an order for a test, as a FHIR R4 ServiceRequest."""
    order = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "code": {
            "coding": [{"system": test.system, "code": test.code, "display": test.display}],
            "text": test.display,
        },
        "subject": {"reference": patient},
    }
    return order | {"encounter": {"reference": f"Encounter/{encounter_id}"}} if encounter_id else order


def _description(
    order: Coding, decides: WorkDecides, screening: Screening, ordered: Ordered, words: Wording
) -> str:
    """What is drafted, what it would settle, and what else asks for it."""
    asked = [criterion for criterion in decides.criteria if criterion not in decides.settles]
    key = "settles-and-asked" if asked and decides.settles else "asked" if asked else "settles"
    action = words.say(
        f"suggestion.{key}",
        test=_named(order, words),
        code=order.code,
        settled=_criteria(decides.settles, screening, words),
        asked=_criteria(asked, screening, words),
    )
    return action if ordered.seen else words.say("suggestion.orders-unseen", action=action)


def _criteria(asking: Sequence[str], screening: Screening, words: Wording) -> str:
    """Criteria by the numbers that the protocol gives them: the id of a part is ours and means nothing."""
    numbered = {name: top.criterion for top in screening.findings for name in _names(top)}
    told = [
        one if numbered[one] == one else words.say("suggestion.part", criterion=numbered[one])
        for one in asking
    ]
    return words.say("suggestion.separator").join(dict.fromkeys(told))


def _names(finding: Finding) -> Iterator[str]:
    yield finding.criterion
    for part in finding.parts:
        yield from _names(part)


def _named(order: Coding, words: Wording) -> str:
    return plain(order_name(order, words.language), _TEST_WORDS)


def _tests(
    protocol: str, work_list: Sequence[WorkItem], ordered: Ordered
) -> Iterator[tuple[Coding, WorkDecides]]:
    codes: set[str] = set()
    for item in work_list:
        order = item.order
        if order is None or order.system != LOINC or item.why not in _A_TEST_HELPS:
            continue
        if order.code in codes or ordered.covers(order):
            continue
        for decides in item.decides:
            if decides.protocol == protocol:
                codes.add(order.code)
                yield order, decides
        if len(codes) == MOST:
            return
