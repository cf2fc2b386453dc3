"""Products told by their ingredients: NCT05247203 E10 (B-cell targeted drugs within 12 months), 15 June 2026.

FHIR R4, Medication.ingredient.item[x]: CodeableConcept, or Reference(Substance | Medication). An ingredient
that nothing at hand tells may be any drug, as a Medication that is not at hand may.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.draft_orders import OPEN_TO_BOTH, order_request, summaries
from tests.app.medication_records import RXNORM, finding, record
from tests.app.service import AS_OF, cards_of, screening_service

Json = dict[str, Any]
ATC = "http://www.whocc.no/atc"
RITUXIMAB = {"text": "rituximab"}
AMLODIPINE = {"coding": [{"system": ATC, "code": "C08CA01"}], "text": "amlodipine"}
VIAL = {"resourceType": "Medication", "id": "i", "code": RITUXIMAB}
SUBSTANCE = {"resourceType": "Substance", "id": "s", "code": RITUXIMAB}


def refers(reference: str | None = None, **more: Any) -> Json:
    return {"itemReference": {**({"reference": reference} if reference else {}), **more}}


def is_made_of(*ingredients: Json, code: Json | None = None, own_id: str = "k") -> Json:
    return {
        "resourceType": "Medication",
        "id": own_id,
        "code": code or {"text": "Kit 7"},
        "ingredient": list(ingredients),
    }


def order(product: Json, *beside: Json, **more: Any) -> Json:
    """An order of a contained product, and what is contained beside it."""
    return {
        "resourceType": "MedicationRequest",
        "id": "kitrx",
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-05-20",
        "contained": [product, *beside],
        "medicationReference": {"reference": f"#{product['id']}"},
        **more,
    }


IN_A_BUNDLE = {**order(is_made_of()), "medicationReference": {"reference": "Medication/k"}}
del IN_A_BUNDLE["contained"]

RITUXIMAB_TOLD: dict[str, list[Json]] = {
    "a contained Medication": [order(is_made_of(refers("#i")), VIAL)],
    "a contained Substance": [order(is_made_of(refers("#s")), SUBSTANCE)],
    "the display alone": [order(is_made_of(refers(display="rituximab")))],
    "the display of one that is not at hand": [order(is_made_of(refers("Substance/x", display="rituximab")))],
    "an identifier that is a code": [
        order(is_made_of(refers(identifier={"system": RXNORM, "value": "121191"})))
    ],
    "a Medication in the Bundle": [IN_A_BUNDLE, is_made_of(refers("Medication/i")), VIAL],
    "a Substance in the Bundle": [IN_A_BUNDLE, is_made_of(refers("Substance/s")), SUBSTANCE],
    "contained in a Medication of the Bundle": [
        IN_A_BUNDLE,
        {**is_made_of(refers("#s")), "contained": [SUBSTANCE]},
    ],
    "an ingredient of an ingredient": [
        order(is_made_of(refers("#box")), is_made_of(refers("#i"), own_id="box"), VIAL)
    ],
    "beside one that is known": [order(is_made_of({"itemCodeableConcept": AMLODIPINE}, refers("#i")), VIAL)],
    "a product without a code": [
        order({"resourceType": "Medication", "id": "k", "ingredient": [refers("#i")]}, VIAL)
    ],
    "a CodeableConcept": [order(is_made_of({"itemCodeableConcept": RITUXIMAB}))],
}


@pytest.mark.parametrize("resources", RITUXIMAB_TOLD.values(), ids=RITUXIMAB_TOLD)
def test_an_ingredient_is_the_drug_however_it_is_told(resources: list[Json]) -> None:
    assert finding(resources, "E10").outcome == "fail"


NOT_TOLD: dict[str, list[Json]] = {
    "contained, and not there": [order(is_made_of(refers("#gone")))],
    "not at hand": [order(is_made_of(refers("Medication/gone")))],
    "a Substance that is not at hand": [order(is_made_of(refers("Substance/gone")))],
    "an empty reference": [order(is_made_of({"itemReference": {}}))],
    "no item": [order(is_made_of({"strength": {"numerator": {"value": 1}}}))],
    "a Substance without a code": [order(is_made_of(refers("#s")), {"resourceType": "Substance", "id": "s"})],
    "a code that was withheld": [order(is_made_of({"itemCodeableConcept": {"text": "masked"}}))],
    "of itself": [order(is_made_of(refers("#k")))],
    "of one that is of it": [order(is_made_of(refers("#l")), is_made_of(refers("#k"), own_id="l"))],
    "beside one that is known": [
        order(is_made_of({"itemCodeableConcept": {"text": "methotrexate"}}, refers("#gone")))
    ],
    "beside another drug": [order(is_made_of({"itemCodeableConcept": AMLODIPINE}, refers("#gone")))],
}


@pytest.mark.parametrize("resources", NOT_TOLD.values(), ids=NOT_TOLD)
def test_an_ingredient_that_nothing_tells_may_be_any_drug(resources: list[Json]) -> None:
    assert finding(resources, "E10").outcome == "missing"
    report = screening_service().screen_record(record(resources), AS_OF, protocol_ids=["nct05247203"])
    assert any("an ingredient of the drug cannot be told" in each.why for each in report.unread)


OF_NO_CONCERN: dict[str, Json] = {
    "the product itself is told": is_made_of(refers("#gone"), code=AMLODIPINE),
    "it has no effect": is_made_of(
        {"itemCodeableConcept": AMLODIPINE}, {**refers("Substance/lactose"), "isActive": False}
    ),
    "all are others": is_made_of({"itemCodeableConcept": AMLODIPINE}),
}


@pytest.mark.parametrize("product", OF_NO_CONCERN.values(), ids=OF_NO_CONCERN)
def test_what_cannot_change_which_drug_it_is_opens_nothing(product: Json) -> None:
    assert finding([order(product)], "E10").outcome == "presumed"


def test_an_unknown_name_among_known_ingredients_is_told_as_an_unknown_drug_is() -> None:
    """As in docs/exposures.md: for an exclusion another drug, and who relies on that is told of it."""
    known = {"itemCodeableConcept": {"text": "methotrexate"}}
    chart = [order(is_made_of(known, {"itemCodeableConcept": {"text": "Xyzumab"}}))]
    assert finding(chart, "E10").outcome == "presumed"
    report = screening_service().screen_record(record(chart), AS_OF, protocol_ids=["nct05247203"])
    assert any("no known code or name" in each.why and "Xyzumab" in each.why for each in report.unread)


def test_a_long_chain_of_products_ends_where_it_cannot_be_followed() -> None:
    boxes = [is_made_of(refers(f"#b{n + 1}"), own_id=f"b{n}") for n in range(40)]
    assert finding([order(boxes[0], *boxes[1:])], "E10").outcome == "missing"


@pytest.mark.parametrize("resources", RITUXIMAB_TOLD.values(), ids=RITUXIMAB_TOLD)
def test_a_draft_of_it_closes_the_trial(resources: list[Json]) -> None:
    (said,) = summaries([{**one, "status": "draft"} for one in resources])
    assert "NCT05247203" in said
    assert "until" in said


def test_a_draft_of_what_nothing_tells_is_silent() -> None:
    """docs/cards.md, what silence does not tell."""
    draft = {**order(is_made_of(refers("#gone"))), "status": "draft"}
    assert cards_of(order_request([draft], OPEN_TO_BOTH)) == []
