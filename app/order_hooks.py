"""``order-select`` and ``order-sign``: would a draft order close a trial that is open to the patient?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from app.cards.closing import closing_card, closing_keys
from app.cards.trial import TrialCard
from app.cards.wording import wording
from app.language import Language
from app.screening import ScreeningService
from cds_hooks.errors import InvalidRequestError, WrongPatientError
from cds_hooks.hooks import OrderSelectContext, OrderSignContext
from cds_hooks.requests import HookRequest
from eligibility.bound import BoundProtocol
from fhir_mappings.draft_orders import Drafts, StrangerError, read_drafts
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.facts import Event
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.record import PatientRecord

ORDER_HOOKS = ("order-select", "order-sign")

_PLACE = "context.draftOrders"


def drafted(
    request: HookRequest,
    as_of: date,
    beside: PatientFacts | None = None,
    at_hand: Iterable[msgspec.Raw | bytes] = (),
) -> Drafts:
    """What would be on record if the drafts were signed today: the selected ones, or at signing all of them.

    No events, and nothing absent, where no draft is of a kind that any criterion could ask for; then no chart
    need be read. ``at_hand``: the resources of the chart, once it was.

    Raises:
        InvalidRequestError: the draft orders are no Bundle, or the hook has none.
        WrongPatientError: a draft is for another patient than the one in context.
    """
    context = request.context
    if not isinstance(context, OrderSignContext):
        raise InvalidRequestError("the hook has no draft orders", _PLACE)
    try:
        return read_drafts(
            context.draft_orders,
            as_of,
            patient=f"Patient/{context.patient_id}",
            selected=context.selections if isinstance(context, OrderSelectContext) else None,
            beside=beside,
            at_hand=at_hand,
        )
    except UnreadableInputError:
        raise InvalidRequestError(f"'{_PLACE}' is no FHIR Bundle", _PLACE) from None
    except StrangerError:
        raise WrongPatientError(
            f"'{_PLACE}' holds an order for another patient than the one in context", _PLACE
        ) from None


def order_cards(
    service: ScreeningService,
    trials: Sequence[BoundProtocol],
    record: PatientRecord,
    drafts: Sequence[Event],
    as_of: date,
    language: Language,
) -> tuple[TrialCard, ...]:
    """One card for each of the trials that is open to the patient and that the drafts would close."""
    words = wording(language)
    return tuple(
        TrialCard(
            protocol,
            closed.verdict,
            closing_card(closed.closings, protocol, drafts, as_of, words),
            closing_keys(closed.closings, protocol, drafts),
        )
        for protocol, closed in service.closed_by(trials, record, drafts, as_of, language)
    )
