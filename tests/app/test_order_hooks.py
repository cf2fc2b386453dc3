"""``order-select`` and ``order-sign``: which drafts close which trial, and until when.

Trial B is NCT05247203 (its wash-outs: E1, E8 to E13), trial A NCT07517536 (E2, E3, E11). All is judged on
2026-06-15 for a patient to whom both are open.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.app.draft_orders import (
    CVX,
    OPEN_TO_BOTH,
    SNOMED,
    coded,
    draft,
    intravenous,
    order_request,
    prednisone,
    service_draft,
    summaries,
)
from tests.app.ehr import AUTHORIZATION, BASE, NETWORK, Ehr, hook_beside
from tests.app.medication_records import CYCLOPHOSPHAMIDE, HYDROXYCHLOROQUINE, dose, drug
from tests.app.service import NO_LUPUS, cards_of, client, fire, outcome_of

TRIAL_A, TRIAL_B = "NCT07517536", "NCT05247203"
LONG = drug("8640", "prednisone " + "x" * 300)


def closing(drafts: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """By trial: the criteria that would close it, and until when."""
    found = {}
    for card in cards_of(order_request(drafts)):
        trial = TRIAL_A if TRIAL_A in card["summary"] else TRIAL_B
        criteria = ", ".join(line.split("**")[1] for line in card["detail"].split("\n\n"))
        _, _, rest = card["summary"].partition("until ")
        found[trial] = (criteria, rest[:10])
    return found


class TestTrialB:
    @pytest.mark.parametrize(
        ("what", "criterion", "until"),
        [
            ("rituximab 500 mg injection", "E10", "2027-06-16"),
            ("belimumab", "E10", "2027-06-16"),
            ("telitacicept", "E10", "2027-06-16"),
            ("bortezomib", "E10", "2027-06-16"),
            ("etanercept", "E11", "2027-06-16"),
            ("tocilizumab", "E11", "2027-06-16"),
            ("secukinumab", "E11", "2027-06-16"),
            ("immune globulin intravenous", "E12", "2026-07-14"),
            ("immunoglobuline humaine normale IV", "E12", "2026-07-14"),
            ("aldesleukin", "E13", "2026-07-14"),
            ("thalidomide", "E13", "2026-07-14"),
            ("lenalidomide", "E13", "2026-07-14"),
            ("雷公藤多苷片", "E13", "2026-07-14"),
            ("measles, mumps and rubella virus vaccine, live", "E8", "2026-07-14"),
        ],
    )
    def test_a_drug_that_has_to_be_washed_out_closes_it(self, what: str, criterion: str, until: str) -> None:
        assert closing([draft(what)]) == {TRIAL_B: (criterion, until)}

    @pytest.mark.parametrize("what", ["Investigational drug ABC-123", "expanded access drug"])
    def test_an_investigational_drug_closes_both(self, what: str) -> None:
        found = closing([draft(what)])
        assert found == {TRIAL_B: ("E9", "2026-07-14"), TRIAL_A: ("E11", "2026-07-16")}

    @pytest.mark.parametrize(
        "what",
        [
            draft(coded(CVX, "03", "MMR")),
            service_draft(coded(CVX, "03")),
            {
                "resourceType": "ImmunizationRecommendation",
                "id": "ir",
                "recommendation": [
                    {
                        "vaccineCode": [coded(CVX, "03")],
                        "forecastStatus": {"coding": [{"code": "due"}]},
                    }
                ],
            },
        ],
        ids=["ordered as a drug", "ordered as a service", "recommended"],
    )
    def test_a_live_vaccine_closes_it_however_it_is_ordered(self, what: dict[str, Any]) -> None:
        assert closing([what]) == {TRIAL_B: ("E8", "2026-07-14")}

    def test_plasma_exchange_that_is_ordered_closes_it(self) -> None:
        exchange = service_draft(coded(SNOMED, "20720000", "Plasma exchange"))
        assert closing([exchange]) == {TRIAL_B: ("E12", "2026-07-14")}

    def test_one_by_a_code_that_is_not_held_is_silent_whatever_its_words_say(self) -> None:
        """docs/cards.md, what silence does not tell: codes of CPT are licensed."""
        cpt = coded("http://www.ama-assn.org/go/cpt", "36514", "Plasmapheresis")
        assert closing([service_draft(cpt)]) == {}

    def test_a_drug_that_is_ordered_as_a_service_closes_it_by_its_code(self) -> None:
        infusion = service_draft(drug("121191", "rituximab infusion"))
        assert closing([infusion]) == {TRIAL_B: ("E10", "2027-06-16")}


class TestHighDoseSteroids:
    """E1 and E12: prednisone or its equivalent, 100 mg a day or more for 14 days or more."""

    def test_100_mg_a_day_close_the_trial_once_taken_for_14_days(self) -> None:
        (summary,) = summaries([prednisone(100)])
        assert summary.endswith("closed until 2026-08-24 at the earliest, if on prednisone on 2026-06-28")

    def test_of_an_order_with_an_end_the_wash_out_begins_there(self) -> None:
        # 20 days from 2026-06-15 end on 2026-07-04; eight weeks and a day later is 2026-08-30.
        assert closing([prednisone(100, 20)]) == {TRIAL_B: ("E1, E12", "2026-08-30")}

    @pytest.mark.parametrize(
        "harmless",
        [prednisone(5), prednisone(99), prednisone(100, 13), draft(drug("8640", "prednisone"))],
        ids=["5 mg", "99 mg", "13 days", "an unknown dose"],
    )
    def test_less_or_shorter_or_of_unknown_dose_is_silent(self, harmless: dict[str, Any]) -> None:
        assert summaries([harmless]) == []

    def test_14_days_are_enough(self) -> None:
        assert closing([prednisone(100, 14)]).keys() == {TRIAL_B}

    def test_a_new_dose_may_replace_the_one_on_record_so_that_they_are_not_added(self) -> None:
        # 10 mg are taken: 95 mg may be instead of them, and 105 mg are not known.
        assert summaries([prednisone(95)]) == []

    def test_a_dose_per_kilogram_counts_by_the_weight_on_record(self) -> None:
        per_kilogram = draft(drug("8640", "prednisone"), dose(2, "mg/kg"))
        assert closing([per_kilogram]).keys() == {TRIAL_B}


class TestTrialA:
    def test_an_intravenous_antibiotic_may_close_it_for_a_person_to_judge(self) -> None:
        (summary,) = summaries([intravenous("ceftriaxone 2 g")])
        assert summary.endswith("may be closed until 2026-07-16 at the earliest by ceftriaxone 2 g")

    def test_the_same_by_mouth_is_silent(self) -> None:
        assert summaries([draft("amoxicillin 500 mg oral capsule")]) == []

    def test_rifampicin_with_another_drug_against_tuberculosis_may_close_it(self) -> None:
        """E7; each of them alone closes only trial B, by its E14."""
        both = closing([draft("rifampicin 300 mg"), draft("isoniazid 300 mg")])
        assert both.keys() == {TRIAL_A, TRIAL_B}
        assert both[TRIAL_A] == ("E7", "2026-12-16")
        assert closing([draft("rifampicin 300 mg")]).keys() == {TRIAL_B}

    def test_a_planned_bypass_operation_closes_it_and_no_day_reopens_it(self) -> None:
        (summary,) = summaries([service_draft(coded(SNOMED, "232717009", "Coronary artery bypass"))])
        assert TRIAL_A in summary
        assert summary.endswith("would be closed by Coronary artery bypass")


class TestSilence:
    @pytest.mark.parametrize(
        "harmless",
        [
            draft("paracetamol 500 mg"),
            draft("influenza vaccine, inactivated"),
            draft("BCG live intravesical 50 mg"),
            draft(drug(CYCLOPHOSPHAMIDE, "cyclophosphamide")),
            service_draft({"text": "rituximab level in serum"}),
            service_draft({"text": "Evaluation for plasma exchange"}),
            {"resourceType": "MedicationRequest", "id": "d", "status": "draft"},
            {"resourceType": "NutritionOrder", "id": "n", "status": "draft"},
            {"id": "no resource at all"},
        ],
        ids=lambda resource: str(resource.get("code") or resource.get("medicationCodeableConcept")),
    )
    def test_what_no_wash_out_names(self, harmless: dict[str, Any]) -> None:
        assert summaries([harmless]) == []

    def test_a_refill_of_what_the_patient_takes(self) -> None:
        refill = draft(drug(HYDROXYCHLOROQUINE, "hydroxychloroquine"), dose(400))
        assert summaries([refill, prednisone(10)]) == []

    @pytest.mark.parametrize("status", ["cancelled", "stopped", "completed", "entered-in-error"])
    def test_an_order_that_is_called_off(self, status: str) -> None:
        assert summaries([draft("rituximab", status=status)]) == []

    def test_a_prohibition(self) -> None:
        assert summaries([draft("rituximab", doNotPerform=True)]) == []

    def test_a_modifier_that_is_not_understood(self) -> None:
        modified = draft("rituximab", modifierExtension=[{"url": "urn:x", "valueBoolean": True}])
        assert summaries([modified]) == []

    def test_a_vaccine_that_is_recommended_as_contraindicated(self) -> None:
        recommendation = {
            "vaccineCode": [coded(CVX, "03")],
            "forecastStatus": {"coding": [{"code": "contraindicated"}]},
        }
        resource = {"resourceType": "ImmunizationRecommendation", "recommendation": [recommendation]}
        assert summaries([resource]) == []

    def test_a_patient_without_the_disease(self) -> None:
        assert summaries([draft("rituximab")], NO_LUPUS) == []

    @pytest.mark.parametrize("patient", ["sofia-reyes", "hanna-lindqvist", "wang-jianguo"])
    def test_a_trial_that_is_closed_already(self, patient: str) -> None:
        """By a wash-out that runs, for good, and by a finding that leans against."""
        assert summaries([draft("rituximab")], patient) == []

    def test_a_change_of_background_treatment_is_no_wash_out(self) -> None:
        """Inclusion 6 of trial B would begin its 30 days anew; nearly every visit would give a card."""
        assert summaries([prednisone(20)]) == []


class TestSelection:
    def test_of_order_select_only_the_selected_drafts_count(self) -> None:
        rituximab, other = draft("rituximab"), draft("paracetamol")
        reference = f"MedicationRequest/{rituximab['id']}"
        assert len(summaries([rituximab, other], selected=[reference])) == 1
        assert summaries([rituximab, other], selected=[f"MedicationRequest/{other['id']}"]) == []

    @pytest.mark.parametrize("written", ["{id}", "https://ehr.example/fhir/MedicationRequest/{id}"])
    def test_a_selection_may_be_a_bare_id_or_a_whole_address(self, written: str) -> None:
        rituximab = draft("rituximab")
        assert len(summaries([rituximab], selected=[written.format(id=rituximab["id"])])) == 1

    def test_drafts_together_get_one_card_that_names_those_that_close(self) -> None:
        (summary,) = summaries([draft("rituximab"), draft("thalidomide"), draft("paracetamol")])
        assert summary.endswith("would be closed until 2027-06-16 at the earliest by rituximab, thalidomide")


class TestDialects:
    def test_intent_may_lack_and_the_bundle_may_have_no_type(self) -> None:
        bare = draft("rituximab")
        del bare["intent"]
        assert len(summaries([bare])) == 1

    def test_intent_may_be_a_proposal_and_status_may_lack(self) -> None:
        bare = draft("rituximab", intent="proposal")
        del bare["status"]
        assert len(summaries([bare])) == 1

    def test_a_draft_may_refer_to_a_medication_in_the_bundle(self) -> None:
        name = "urn:uuid:8f7c2a1e-5b0e-4f0a-9a64-0a4a5ad5f0f1"
        medication = {"resourceType": "Medication", "code": drug("121191", "rituximab")}
        order = draft("", medicationReference={"reference": name})
        del order["medicationCodeableConcept"]
        request = order_request([order], type="collection")
        request["context"]["draftOrders"]["entry"].append({"fullUrl": name, "resource": medication})
        (card,) = cards_of(request)
        assert "rituximab" in card["summary"]

    def test_a_draft_that_is_on_record_as_such_is_no_exposure_there(self) -> None:
        order = draft("rituximab", subject={"reference": f"Patient/{OPEN_TO_BOTH}"})
        request = order_request([order])
        orders = request["prefetch"]["medicationRequests"]
        orders["entry"].append({"resource": order})
        orders["total"] += 1
        assert len(cards_of(request)) == 1


class TestCard:
    def test_it_warns_names_the_trial_and_has_a_topic_of_its_own(self) -> None:
        (card,) = cards_of(order_request([draft("rituximab")]))
        assert card["indicator"] == "warning"
        assert re.fullmatch("NCT05247203ORDER[0-9A-F]{12}", card["source"]["topic"]["code"])
        assert card["summary"].endswith("would be closed until 2027-06-16 at the earliest by rituximab")
        assert card.keys() == {
            "uuid",
            "summary",
            "detail",
            "indicator",
            "source",
            "overrideReasons",
            "links",
        }

    def test_its_detail_is_the_criterion_and_nothing_else(self) -> None:
        (card,) = cards_of(order_request([draft("rituximab")]))
        assert card["detail"].startswith("**E10** *Subjects who received other B-cell targeted drugs")
        assert len(card["detail"].splitlines()) == 1

    def test_a_long_name_of_a_drug_is_cut_and_the_days_are_not(self) -> None:
        (summary,) = summaries([draft("rituximab " + "x" * 300)])
        assert len(summary) < 140
        assert "until 2027-06-16 at the earliest" in summary
        (summary,) = summaries([{**prednisone(100), "medicationCodeableConcept": LONG}])
        assert len(summary) < 140
        assert "until 2026-08-24 at the earliest, if on prednisone x" in summary
        assert summary.endswith("… on 2026-06-28")


class TestRequests:
    def test_a_draft_for_another_patient_is_refused(self) -> None:
        stray = draft("rituximab", subject={"reference": "Patient/somebody-else"})
        issue = outcome_of(fire(order_request([stray])), 400)
        assert issue["code"] == "conflict"
        assert "somebody" not in issue["diagnostics"]

    @pytest.mark.parametrize("drafts", ["rituximab", [draft("rituximab")], {"type": "collection"}])
    def test_draft_orders_that_are_no_resource_are_refused(self, drafts: Any) -> None:
        request = order_request([])
        request["context"]["draftOrders"] = drafts
        assert outcome_of(fire(request), 400)["expression"] == ["context.draftOrders"]

    def test_drafts_of_no_concern_need_no_chart(self) -> None:
        request = order_request([draft("paracetamol")])
        request["prefetch"] = {}
        assert cards_of(request) == []

    def test_drafts_that_may_matter_need_the_diagnoses(self) -> None:
        request = order_request([draft("rituximab")])
        request["prefetch"] = {"patient": request["prefetch"]["patient"]}
        outcome_of(fire(request), 412)

    def test_where_the_chart_is_not_whole_a_trial_that_nothing_closes_is_open(self) -> None:
        request = order_request([draft("rituximab")])
        request["prefetch"] = {key: request["prefetch"][key] for key in ("patient", "conditions")}
        (card,) = cards_of(request)
        assert "until 2027-06-16" in card["summary"]

    @pytest.mark.parametrize("junk", [None, 7, "x", [], {"coding": 3}, {"coding": [{"code": {}}]}])
    def test_junk_in_a_draft_loses_that_draft_alone(self, junk: Any) -> None:
        odd = {**draft("x"), "medicationCodeableConcept": junk, "dosageInstruction": junk}
        assert len(summaries([odd, draft("rituximab")])) == 1


class TestFetching:
    """The EHR is asked for a chart only if the drafts could close a trial."""

    def test_a_draft_of_concern_is_judged_with_what_is_fetched(self) -> None:
        ehr = Ehr(OPEN_TO_BOTH)
        with NETWORK:
            (card,) = cards_of(without_prefetch(draft("rituximab")), hook_beside(ehr))
        assert "until 2027-06-16 at the earliest by rituximab" in card["summary"]
        assert "Condition" in ehr.asked_types

    def test_for_any_other_draft_nothing_is_fetched(self) -> None:
        ehr = Ehr(OPEN_TO_BOTH)
        with NETWORK:
            assert cards_of(without_prefetch(draft("paracetamol")), hook_beside(ehr)) == []
        assert ehr.asked == []


def without_prefetch(*drafts: dict[str, Any]) -> dict[str, Any]:
    request = {**order_request(list(drafts)), "fhirServer": BASE, "fhirAuthorization": AUTHORIZATION}
    return {**request, "prefetch": {}}


def test_discovery_offers_the_one_service_for_each_hook() -> None:
    offered = client().get("/cds-services").json()["services"]
    assert [(service["id"], service["hook"]) for service in offered] == [
        ("lupus-trials", hook) for hook in ("patient-view", "encounter-start", "order-select", "order-sign")
    ]
