"""Suggested orders: which tests, how many, and only where a test can open the trial."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from app.cards.suggestions import MOST, suggestions
from app.cards.wording import wording
from eligibility.work_list import work_list
from fhir_mappings.facts import Coding
from tests.app.cards.test_compose import DOUBTFUL, FAILING, PASSING, WASHING_OUT, finding, need, screening
from tests.app.service import LUPUS, cards_of, default_client, request_of, screening_of, searchset

LOINC = "http://loinc.org"


def made(*findings: Any, protocol: str = "nct07517536", encounter: str | None = None) -> list[Any]:
    judged = screening(*findings, protocol=protocol)
    return list(suggestions(judged, work_list([judged]), "Patient/1", encounter, wording()))


def lacking(name: str, criterion: str, code: str | None = None, system: str = LOINC, **given: Any) -> Any:
    order = Coding(system, code or name, f"Test of {name}")
    return finding(criterion, "missing", needs=(need(name, f"{name}: nothing", order=order, **given),))


def codes(found: list[Any]) -> list[str]:
    return [one.actions[0].resource["code"]["coding"][0]["code"] for one in found]


class TestWhich:
    def test_a_test_that_was_never_done_is_suggested(self) -> None:
        assert codes(made(PASSING, lacking("hbv_dna", "E8"))) == ["hbv_dna"]

    @pytest.mark.parametrize("why", ["stale", "conflicting"])
    def test_so_is_one_that_is_too_old_or_contradicts_itself(self, why: str) -> None:
        assert codes(made(lacking("hbv_dna", "E8", why=why))) == ["hbv_dna"]

    @pytest.mark.parametrize("why", ["not-retrieved", "unreadable", "too-coarse"])
    def test_not_so_one_of_which_a_result_is_there(self, why: str) -> None:
        """What the EHR did not hand over has perhaps been measured yesterday."""
        assert made(lacking("hbv_dna", "E8", why=why)) == []

    def test_nor_one_that_has_no_loinc_code(self) -> None:
        assert made(lacking("biopsy", "I3", system="http://snomed.info/sct")) == []
        assert made(finding("E8", "missing", needs=(need(order=None),))) == []

    @pytest.mark.parametrize("besides", [FAILING, WASHING_OUT, DOUBTFUL])
    def test_none_where_something_else_than_data_stands_in_the_way(self, besides: Any) -> None:
        assert made(lacking("hbv_dna", "E8"), besides) == []

    def test_none_for_a_trial_that_does_not_ask_for_it(self) -> None:
        asking = screening(lacking("hbv_dna", "E8"), protocol="nct05247203")
        other = screening(lacking("upcr", "I4"))
        found = suggestions(other, work_list([asking, other]), "Patient/1", None, wording())
        assert codes(list(found)) == ["upcr"]

    def test_at_most_three_and_those_first_that_most_criteria_ask_for(self) -> None:
        asked = [lacking("a", "E1"), lacking("b", "E2"), lacking("c", "E3"), lacking("d", "E4")]
        found = made(*asked, lacking("d", "E5"))
        assert len(found) == MOST == 3
        assert codes(found) == ["d", "a", "b"]

    def test_two_inputs_of_one_test_are_one_order(self) -> None:
        both = (lacking("creatinine", "E1", "2160-0"), lacking("egfr", "E2", "2160-0"))
        assert codes(made(*both)) == ["2160-0"]

    def test_recommended_is_only_what_alone_would_decide(self) -> None:
        (alone,) = made(PASSING, lacking("hbv_dna", "E8"))
        assert alone.is_recommended is True
        several = made(lacking("hbv_dna", "E8"), lacking("upcr", "I4"))
        assert [one.is_recommended for one in several] == [None, None]


class TestResource:
    def test_it_is_a_valid_r4_draft_of_a_proposal_for_the_patient(self) -> None:
        (one,) = made(lacking("hbv_dna", "E8", "42595-9"))
        resource = one.actions[0].resource
        assert resource == {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "proposal",
            "code": {
                "coding": [{"system": LOINC, "code": "42595-9", "display": "Test of hbv_dna"}],
                "text": "Test of hbv_dna",
            },
            "subject": {"reference": "Patient/1"},
        }
        ServiceRequest.model_validate(resource)

    def test_it_names_the_encounter_where_there_is_one(self) -> None:
        (one,) = made(lacking("hbv_dna", "E8"), encounter="e1")
        assert one.actions[0].resource["encounter"] == {"reference": "Encounter/e1"}
        ServiceRequest.model_validate(one.actions[0].resource)

    def test_of_several_needs_it_claims_to_settle_only_what_asks_for_nothing_else(self) -> None:
        needs = [need(name, f"{name}: nothing", order=Coding(LOINC, name, name)) for name in ("alt", "ast")]
        found = made(lacking("alt", "E3.5"), finding("I4", "missing", needs=tuple(needs)))
        described = {code: one.actions[0].description for code, one in zip(codes(found), found, strict=True)}
        assert described["alt"].endswith("(LOINC alt), which would settle E3.5 and is asked for by I4")
        assert described["ast"].endswith("(LOINC ast), which is asked for by I4")

    def test_label_and_description_say_which_test_and_what_it_would_settle(self) -> None:
        (one,) = made(lacking("hbv_dna", "E8", "42595-9"), lacking("hbv_dna", "E4", "42595-9"))
        assert one.label == "Order Test of hbv_dna"
        assert one.actions[0].type == "create"
        described = one.actions[0].description
        assert described == "Draft an order: Test of hbv_dna (LOINC 42595-9), which would settle E8, E4"
        assert uuid.UUID(one.uuid).version == 4

    def test_a_part_of_a_criterion_is_told_by_the_number_that_the_protocol_gives_the_whole(self) -> None:
        part = lacking("hbv_dna", "E4.hbv", "42595-9")
        whole = finding("E4", "missing", parts=(part,), needs=part.needs)
        (one,) = made(whole, lacking("hbv_dna", "E8", "42595-9"))
        assert one.actions[0].description.endswith("which would settle part of E4, E8")
        judged = screening(whole)
        (chinese,) = suggestions(judged, work_list([judged]), "Patient/1", None, wording("zh-CN"))
        assert chinese.actions[0].description.endswith("可解决 E4 的一部分")


def suggested(patient: str = LUPUS, **order: Any) -> list[str]:
    """The LOINC codes that are suggested where there is such an order."""
    request = request_of(patient)
    resource = {
        "resourceType": "ServiceRequest",
        "id": "pending",
        "status": "active",
        "intent": "order",
        "code": {"coding": [{"system": LOINC, "code": "42595-9"}]},
        "subject": {"reference": f"Patient/{patient}"},
        **order,
    }
    request["prefetch"]["serviceRequests"] = searchset(resource)
    return [one["actions"][0]["resource"]["code"]["coding"][0]["code"] for one in all_of(cards_of(request))]


def all_of(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for card in cards for one in card.get("suggestions", [])]


class TestWhatIsOrderedAlready:
    """Demonstration patient Lin Mei lacks HBV DNA (LOINC 42595-9) alone."""

    def suggested(self, **order: Any) -> list[str]:
        return suggested(**order)

    @pytest.mark.parametrize("status", ["active", "on-hold", "draft"])
    def test_it_is_not_suggested_again(self, status: str) -> None:
        assert self.suggested(status=status, authoredOn="2026-06-14") == []

    def test_nor_if_the_order_has_no_date(self) -> None:
        assert self.suggested() == []

    @pytest.mark.parametrize(("written", "times"), [("2026-03-17", 0), ("2026-03-16", 2)])
    def test_an_order_that_is_open_for_more_than_90_days_is_forgotten(self, written: str, times: int) -> None:
        assert self.suggested(authoredOn=written) == ["42595-9"] * times

    @pytest.mark.parametrize(
        "other",
        [
            {"status": "revoked"},
            {"status": "completed"},
            {"doNotPerform": True},
            {"code": {"coding": [{"system": LOINC, "code": "2160-0"}]}},
            {"code": {"coding": [{"system": "urn:local", "code": "42595-9"}]}},
            {"code": "http://loinc.org"},
        ],
    )
    def test_any_other_order_changes_nothing(self, other: dict[str, Any]) -> None:
        assert self.suggested(**other) == ["42595-9"] * 2

    @pytest.mark.parametrize("code", ["29615-2", "48398-2", "11258-1"])
    def test_nor_is_it_under_another_code_of_the_same_analyte(self, code: str) -> None:
        """A number of copies and a logarithm report the same analyte (``codesets/loinc.csv``)."""
        assert self.suggested(code={"coding": [{"system": LOINC, "code": code}]}) == []

    @pytest.mark.parametrize(
        "code",
        [
            {"text": "Hepatitis B virus DNA, quantitative PCR"},
            {"text": "乙肝病毒DNA定量"},
            {"coding": [{"system": "urn:local", "code": "X1", "display": "HBV DNA"}]},
            {"coding": [{"system": "urn:local", "code": "X1"}], "text": "HBV DNA viral load"},
        ],
    )
    def test_nor_where_words_alone_tell(self, code: dict[str, Any]) -> None:
        assert self.suggested(code=code) == []

    @pytest.mark.parametrize("code", [{"text": "Hepatitis B core antibody"}, {"text": "Chest CT"}, {}])
    def test_words_for_something_else_change_nothing(self, code: dict[str, Any]) -> None:
        assert self.suggested(code=code) == ["42595-9"] * 2


class TestWhereOrdersWereNotSeen:
    """What is ordered is unknown then, and unknown is not "nothing"."""

    @pytest.mark.parametrize(
        "sent",
        [
            "left out",
            {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]},
            {**searchset(), "link": [{"relation": "next", "url": "https://ehr.example/next"}]},
        ],
    )
    def test_nothing_is_recommended_and_the_suggestion_says_so(self, sent: Any) -> None:
        request = request_of(LUPUS)
        request["prefetch"]["serviceRequests"] = sent
        if sent == "left out":
            del request["prefetch"]["serviceRequests"]
        found = all_of(cards_of(request))
        assert len(found) == 2
        for one in found:
            assert "isRecommended" not in one
            assert one["label"].endswith("(open orders were not seen)")
            assert one["actions"][0]["description"].endswith(
                "open orders were not seen, it may be ordered already"
            )

    @pytest.mark.parametrize("sent", [None, searchset()])
    def test_that_there_are_none_is_known_where_the_client_says_so(self, sent: Any) -> None:
        request = request_of(LUPUS)
        request["prefetch"]["serviceRequests"] = sent
        first, _ = all_of(cards_of(request))
        assert first["isRecommended"] is True
        assert "not seen" not in first["label"]


class TestOnCards:
    def test_the_one_missing_test_is_suggested_on_both_cards_and_recommended_on_one(self) -> None:
        """Whoever accepts both cards as they come orders it once."""
        cards = cards_of(request_of(LUPUS))
        assert [one.get("isRecommended") for one in all_of(cards)] == [True, None]
        for card in cards:
            (suggestion,) = card["suggestions"]
            assert suggestion["actions"][0]["resource"]["code"]["coding"][0]["code"] == "42595-9"
            assert suggestion["actions"][0]["resource"]["subject"] == {"reference": f"Patient/{LUPUS}"}

    def test_only_undetermined_trials_have_any(self) -> None:
        for patient in ("daniel-okafor", "nguyen-lan", "sofia-reyes", "amara-diallo"):
            for card in cards_of(request_of(patient)):
                undetermined = screening_of(card)["verdict"] == "undetermined"
                assert undetermined or "suggestions" not in card

    def test_the_page_shows_them(self) -> None:
        page = default_client().get("/", params={"patient": LUPUS}).text
        assert "Draft an order: " in page
