"""Cards on orders: on which day a draft is to be done, for how long, how sure its closing is, its name.

All is judged on 2026-06-15 for a patient to whom both trials are open. Trial B is NCT05247203: live vaccines
(E8), plasma exchange (E12) and thalidomide (E13) within 28 days before day 0, B-cell targeted drugs (E10)
within 12 months, high-dose prednisone within 28 days (E12) and 8 weeks (E1).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.draft_orders import (
    CVX,
    OPEN_TO_BOTH,
    SNOMED,
    coded,
    draft,
    order_request,
    prednisone,
    service_draft,
    summaries,
)
from tests.app.medication_records import ORAL, RXNORM, dose, drug
from tests.app.service import cards_of, fire, outcome_of

Json = dict[str, Any]
MMR, PLASMA_EXCHANGE = coded(CVX, "03", "MMR"), coded(SNOMED, "20720000", "Plasma exchange")
RITUXIMAB = drug("121191", "rituximab")


def days(number: int) -> Json:
    return {"value": number, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}


def told(*drafts: Json) -> str:
    """What is told of trial B."""
    (summary,) = summaries(list(drafts))
    name, _, said = summary.partition(": ")
    assert "NCT05247203" in name
    return said


def recommended(*dates: tuple[Json, str], status: str = "due") -> Json:
    criteria = [{"code": code, "value": value} for code, value in dates]
    forecast = {
        "vaccineCode": [MMR],
        "forecastStatus": {"coding": [{"code": status}]},
        "dateCriterion": criteria,
    }
    return {"resourceType": "ImmunizationRecommendation", "id": "ir", "recommendation": [forecast]}


class TestServices:
    def test_what_is_done_later_closes_the_trial_from_then_on(self) -> None:
        vaccine = service_draft(MMR, occurrenceDateTime="2026-08-10")
        assert told(vaccine) == "would be closed from 2026-08-10 until 2026-09-08 at the earliest by MMR"
        exchange = service_draft(PLASMA_EXCHANGE, occurrenceDateTime="2026-07-10T08:00:00+02:00")
        assert told(exchange).startswith("would be closed from 2026-07-10 until 2026-08-08")

    @pytest.mark.parametrize(("day", "cards"), [("2026-09-15", 1), ("2026-09-16", 0), ("2027-08-10", 0)])
    def test_what_is_done_in_more_than_three_months_is_silent(self, day: str, cards: int) -> None:
        assert len(summaries([service_draft(MMR, occurrenceDateTime=day)])) == cards

    def test_of_a_period_the_last_day_counts(self) -> None:
        period = {"start": "2026-06-15", "end": "2026-06-24"}
        exchange = service_draft(PLASMA_EXCHANGE, occurrencePeriod=period)
        assert told(exchange).startswith("would be closed until 2026-07-23 at the earliest")

    def test_what_has_no_end_is_done_once(self) -> None:
        exchange = service_draft(PLASMA_EXCHANGE, occurrencePeriod={"start": "2026-06-20"})
        assert told(exchange).startswith("would be closed from 2026-06-20 until 2026-07-19")

    def test_of_several_sessions_the_last_counts(self) -> None:
        """Five, every second day: the last is on 2026-06-23."""
        repeat = {"count": 5, "frequency": 1, "period": 2, "periodUnit": "d"}
        exchange = service_draft(PLASMA_EXCHANGE, occurrenceTiming={"repeat": repeat})
        assert told(exchange).startswith("would be closed until 2026-07-22 at the earliest")

    def test_a_drug_that_is_ordered_as_a_service_has_its_day_too(self) -> None:
        infusion = service_draft(RITUXIMAB, occurrenceDateTime="2026-06-20")
        assert told(infusion).startswith("would be closed from 2026-06-20 until 2027-06-21")

    @pytest.mark.parametrize(
        ("written", "until"), [("2026-07", "2026-07-30"), ("2026", "2026-07-14"), ("soon", "2026-07-14")]
    )
    def test_of_a_month_the_first_day_that_is_to_come_counts(self, written: str, until: str) -> None:
        assert f"until {until} at the earliest" in told(service_draft(MMR, occurrenceDateTime=written))


class TestDrugs:
    def test_of_days_that_are_named_the_last_counts(self) -> None:
        twice = draft(RITUXIMAB, {"timing": {"event": ["2026-06-20", "2026-07-04"]}})
        assert told(twice).startswith("would be closed from 2026-06-20 until 2027-07-05")

    def test_a_vaccine_that_is_ordered_as_a_drug_is_given_on_its_day(self) -> None:
        vaccine = draft(MMR, {"timing": {"event": ["2026-08-10"]}})
        assert told(vaccine).startswith("would be closed from 2026-08-10 until 2026-09-08")

    def test_a_named_day_in_more_than_three_months_is_silent(self) -> None:
        assert summaries([draft(RITUXIMAB, {"timing": {"event": ["2027-06-20"]}})]) == []

    def test_a_supply_ends_a_course_as_its_bounds_would(self) -> None:
        daily = dose(100)
        bounded = {**daily, "timing": {"repeat": {**daily["timing"]["repeat"], "boundsDuration": days(28)}}}
        supplied = draft("thalidomide", daily, dispenseRequest={"expectedSupplyDuration": days(28)})
        assert told(supplied) == told(draft("thalidomide", bounded))
        assert told(supplied).startswith("would be closed until 2026-08-10 at the earliest")

    def test_refills_prolong_it(self) -> None:
        supply = {"expectedSupplyDuration": days(28), "numberOfRepeatsAllowed": 1}
        assert "until 2026-09-07" in told(draft("thalidomide", dose(100), dispenseRequest=supply))

    def test_bounds_go_before_the_supply(self) -> None:
        supply = {"expectedSupplyDuration": days(90)}
        assert told(prednisone(100, 20, dispenseRequest=supply)) == told(prednisone(100, 20))

    def test_a_supply_that_is_too_short_for_a_run_of_doses_is_silent(self) -> None:
        def supplied(number: int) -> Json:
            return prednisone(100, dispenseRequest={"expectedSupplyDuration": days(number)})

        assert summaries([supplied(13)]) == []
        assert len(summaries([supplied(14)])) == 1


class TestRecommendations:
    DUE = coded("http://loinc.org", "30980-7")
    EARLIEST = coded("http://loinc.org", "30981-5")

    def test_a_vaccine_is_given_on_the_day_on_which_it_is_due(self) -> None:
        dates = [(self.EARLIEST, "2026-07-01"), (self.DUE, "2026-08-10"), ({"text": "latest"}, "2026-06-20")]
        assert told(recommended(*dates)).startswith("would be closed from 2026-08-10 until 2026-09-08")

    def test_else_on_the_earliest_day_but_on_no_deadline(self) -> None:
        dates = [(coded("http://loinc.org", "59777-3"), "2026-06-20"), (self.EARLIEST, "2026-07-01")]
        assert "from 2026-07-01 until 2026-07-30" in told(recommended(*dates))
        assert told(recommended(dates[0])).startswith("would be closed until 2026-07-14")

    def test_what_is_overdue_is_given_today(self) -> None:
        assert told(recommended((self.DUE, "2026-01-01"), status="overdue")).startswith(
            "would be closed until 2026-07-14"
        )


class TestCertainty:
    """Ibrutinib is for a person to judge (E10); immunoglobulin is not (E12)."""

    def test_what_is_sure_has_its_day_and_what_may_be_has_its_own(self) -> None:
        assert told(draft("ibrutinib"), draft("IVIG")) == (
            "would be closed until 2026-07-14 by IVIG; may be until 2027-06-16 by ibrutinib"
        )

    def test_the_detail_tells_them_apart(self) -> None:
        (card,) = cards_of(order_request([draft("ibrutinib"), draft("IVIG")]))
        may, would = card["detail"].split("\n\n")
        assert may.startswith("**E10**")
        assert may.endswith("may be closed until 2027-06-16 at the earliest")
        assert would.startswith("**E12**")
        assert would.endswith("would be closed until 2026-07-14 at the earliest")

    def test_what_may_be_for_no_longer_is_not_told(self) -> None:
        assert told(draft("ibrutinib"), draft("rituximab")).startswith(
            "would be closed until 2027-06-16 at the earliest by "
        )

    def test_what_needs_many_doses_is_not_told_as_sure(self) -> None:
        assert told(draft("IVIG"), prednisone(100)) == (
            "would be closed until 2026-07-14 by IVIG; may be until 2026-08-24 by prednisone"
        )

    def test_both_days_stand_however_long_the_names(self) -> None:
        drafts = [draft("ibrutinib " + "x" * 100), draft("immune globulin intravenous " + "y" * 100)]
        (summary,) = summaries(drafts)
        assert len(summary) < 140
        assert "closed until 2026-07-14 by immune" in summary
        assert "may be until 2027-06-16 by ibrutinib" in summary

    def test_doses_that_do_not_follow_each_other_have_no_day(self) -> None:
        """200 mg every other day are 14 high doses on 2026-07-11, but no run of 14 days."""
        alternate = dose(200, route=ORAL)
        alternate["timing"] = {"repeat": {"frequency": 1, "period": 2, "periodUnit": "d"}}
        assert (
            told(draft(drug("8640", "prednisone"), alternate))
            == "may be closed, if on prednisone on 2026-07-11"
        )

    def test_what_closes_a_trial_only_while_it_is_taken_has_no_day(self) -> None:
        assert told(draft("isoniazid")) == "may be closed as long as the patient is on isoniazid"

    def test_unless_the_order_says_until_when(self) -> None:
        daily = dose(300)
        bounded = {**daily, "timing": {"repeat": {**daily["timing"]["repeat"], "boundsDuration": days(28)}}}
        assert told(draft("isoniazid", bounded)).startswith("may be closed until 2026-07-1")


class TestNames:
    @pytest.mark.parametrize(
        ("order", "name"),
        [
            (draft(coded(CVX, "03")), "measles, mumps and rubella virus vaccine"),
            (draft(coded(CVX, "204")), "Ebola Zaire vaccine, live"),
            (draft(coded("http://www.whocc.no/atc", "L01FA01")), "rituximab"),
            (draft(coded(RXNORM, "121191")), "rituximab"),
            (service_draft(coded(SNOMED, "20720000")), "Plasmapheresis"),
            (service_draft(coded(CVX, "03")), "measles, mumps and rubella virus vaccine"),
        ],
    )
    def test_what_has_only_a_code_is_called_by_the_words_of_the_code_set(
        self, order: Json, name: str
    ) -> None:
        assert told(order).endswith(f" by {name}")

    def test_a_name_that_was_sent_stands(self) -> None:
        assert told(draft(coded(CVX, "03", "M-M-R II"))).endswith(" by M-M-R II")


class TestWhose:
    STRAY = draft("immune globulin", id="b", subject={"reference": "Patient/somebody-else"})

    def test_a_draft_for_another_patient_is_refused_though_it_is_not_selected(self) -> None:
        request = order_request([draft("rituximab", id="a"), self.STRAY], selected=["MedicationRequest/a"])
        assert outcome_of(fire(request), 400)["code"] == "conflict"

    def test_so_is_one_for_a_patient_of_the_bundle_who_is_another(self) -> None:
        name = "urn:uuid:8f7c2a1e-5b0e-4f0a-9a64-0a4a5ad5f0f1"
        request = order_request([draft("rituximab", subject={"reference": name})])
        other = {"fullUrl": name, "resource": {"resourceType": "Patient", "id": "somebody-else"}}
        request["context"]["draftOrders"]["entry"].append(other)
        assert outcome_of(fire(request), 400)["code"] == "conflict"
        other["resource"] = {"resourceType": "Patient", "id": OPEN_TO_BOTH}
        assert len(cards_of(request)) == 1

    @pytest.mark.parametrize(
        "subject",
        [
            {"identifier": {"system": "urn:x", "value": "4711"}},
            {"reference": "urn:uuid:8f7c2a1e-5b0e-4f0a-9a64-0a4a5ad5f0f2"},
            {"reference": f"Patient/{OPEN_TO_BOTH}/_history/2"},
        ],
    )
    def test_a_subject_that_names_nobody_else_is_the_patient_in_context(self, subject: Json) -> None:
        assert len(summaries([draft("rituximab", subject=subject)])) == 1

    def test_of_no_selection_come_no_cards(self) -> None:
        assert summaries([draft("rituximab")], selected=[]) == []
