"""Every drug that a wash-out of trial B names, ordered by its code, closes the trial by that exclusion.

The classes are the protocol's (NCT05247203, E8 and E10 to E14); which drugs are in them is in the code sets.
Immunoadsorption (E12) has no code at hand, and words in an order for a service close nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import pytest

from fhir_mappings.code_listing import codes_of
from fhir_mappings.draft_orders import read_drafts
from fhir_mappings.patient import read_patients
from fhir_mappings.reading.immunizations import UNKNOWN
from fhir_mappings.record import PatientRecord
from fhir_mappings.vocabulary import vocabulary
from tests.app.draft_orders import CVX, OPEN_TO_BOTH, SNOMED, coded, draft, service_draft
from tests.app.medication_records import RXNORM
from tests.app.service import AS_OF, bundle_of, screening_service

SYSTEMS = {"RxNorm": RXNORM, "ATC": "http://www.whocc.no/atc", "CVX": CVX, "SNOMED CT": SNOMED}
DRUGS, SERVICES = ("RxNorm", "ATC", "CVX"), ("SNOMED CT",)

WASH_OUTS = {
    "class_live_vaccine": "E8",
    "class_possibly_live_vaccine": "E8",
    "class_b_cell_targeted": "E10",
    "class_b_cell_targeted_review": "E10",
    "class_tnf_inhibitor": "E11",
    "class_il_receptor_blocker": "E11",
    "class_il_ligand_blocker": "E11",
    "class_interleukin_inhibitor_unspecified": "E11",
    "class_ivig": "E12",
    "class_scig": "E12",
    "class_immunoglobulin_review": "E12",
    "class_plasma_exchange": "E12",
    "class_interleukin_2": "E13",
    "class_thalidomide": "E13",
    "class_thalidomide_analogue": "E13",
    "class_tripterygium": "E13",
    "class_tripterygium_related": "E13",
    "class_anti_tb": "E14",
}
HARMLESS = (
    "class_antimalarial",
    "class_nsaid",
    "class_immunosuppressant_standard_sle",
    "class_systemic_glucocorticoid",
    "class_anticoagulant_vka",
    "class_unspecified_chinese_medicine",
)
"""Among them a glucocorticoid of unknown dose, and what only leaves a question open."""


@cache
def record() -> PatientRecord:
    (facts,) = read_patients(json.dumps(bundle_of(OPEN_TO_BOTH)).encode())
    return PatientRecord(facts)


def members(name: str) -> Iterator[str]:
    # A vaccine that is not known is one of the class; an order of it cannot be told from other orders.
    yield from sorted((vocabulary().expand(name) or frozenset()) - {UNKNOWN})


def ordered(concept: str) -> list[dict[str, object]]:
    """A draft of the drug, or of the procedure, by the first code of each code system; else in words."""
    found = {}
    for code in codes_of(concept):
        if not code.match and code.system in (*DRUGS, *SERVICES):
            found.setdefault(code.system, coded(SYSTEMS[code.system], code.code, code.display))
    is_service = concept.startswith("proc_")
    systems = SERVICES if is_service else DRUGS
    make = service_draft if is_service else draft
    made = [make(code) for system, code in found.items() if system in systems]
    return made or [draft(vocabulary().concept_label(concept))]


def closing(order: dict[str, object]) -> set[str]:
    bundle = json.dumps({"resourceType": "Bundle", "entry": [{"resource": order}]}).encode()
    drafts = read_drafts(bundle, AS_OF, patient=record().reference, beside=record().facts).events
    service = screening_service()
    trial = service.protocols["nct05247203"]
    closed = service.closed_by([trial], record(), drafts, AS_OF) if drafts else []
    return {closing.finding.criterion for _, how in closed for closing in how.closings}


@pytest.mark.parametrize("name", WASH_OUTS)
def test_what_has_to_be_washed_out_closes_the_trial(name: str) -> None:
    orders = [order for concept in members(name) for order in ordered(concept)]
    assert orders
    for order in orders:
        assert WASH_OUTS[name] in closing(order), order


@pytest.mark.parametrize("name", HARMLESS)
def test_what_need_not_be_washed_out_does_not(name: str) -> None:
    for concept in members(name):
        for order in ordered(concept):
            assert closing(order) == set(), (concept, order)
