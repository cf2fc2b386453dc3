"""Recorded scores against each other and against newer results, from whole resources to findings.

Each trial criterion is named by its protocol: A is NCT07517536, B is NCT05247203. BILAG-2004: Isenberg DA,
Rahman A, Allen E, et al. Rheumatology (Oxford) 2005;44:902-6. SLEDAI-2K: Gladman DD, Ibañez D, Urowitz MB.
J Rheumatol 2002;29:288-91. ACR criteria: Hochberg MC. Arthritis Rheum 1997;40:1725.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from eligibility.findings import Finding, ScreeningReport
from eligibility.reported import ReportedItem, ReportedScore
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, screening_service
from tests.fhir_mappings.reading.written import Json, loinc, quantity, read, resource, snomed

A, B = "nct07517536", "nct05247203"
DOMAINS = (
    "constitutional",
    "mucocutaneous",
    "neuropsychiatric",
    "musculoskeletal",
    "cardiorespiratory",
    "gastrointestinal",
    "ophthalmic",
    "renal",
    "haematological",
)
LUPUS = resource(
    "Condition",
    "sle",
    code=snomed("68815009"),
    clinicalStatus={"coding": [{"code": "active"}]},
    verificationStatus={"coding": [{"code": "confirmed"}]},
    onsetDateTime="2020-01-01",
)


def form(own_id: str, instrument: str, when: str, *items: tuple[str, Json]) -> Json:
    return resource(
        "QuestionnaireResponse",
        own_id,
        status="completed",
        questionnaire=f"https://trialcards.org/fhir/Questionnaire/{instrument}",
        authored=when,
        item=[{"linkId": name, "answer": [answer]} for name, answer in items],
    )


def total(own_id: str, instrument: str, points: float, when: str) -> Json:
    answer = {"valueInteger": points} if isinstance(points, int) else {"valueDecimal": points}
    return form(own_id, instrument, when, ("total", answer))


def bilag(own_id: str, when: str, *more: tuple[str, Json], **grades: str) -> Json:
    """A complete form, all C but for the grades that are given."""
    return form(
        own_id,
        "bilag-2004",
        when,
        *((domain, {"valueString": grades.get(domain, "C")}) for domain in DOMAINS),
        *more,
    )


def result(own_id: str, code: str, when: str, **value: Any) -> Json:
    return resource("Observation", own_id, status="final", code=loinc(code), effectiveDateTime=when, **value)


def ratio(own_id: str, when: str, value: float) -> Json:
    return result(own_id, "2890-2", when, valueQuantity=quantity(value, "mg/mmol"))


def c3(own_id: str, when: str, value: float) -> Json:
    low, high = quantity(0.8, "g/L"), quantity(1.5, "g/L")
    measured = quantity(value, "g/L")
    return result(own_id, "4485-9", when, valueQuantity=measured, referenceRange=[{"low": low, "high": high}])


def casts(own_id: str, when: str) -> Json:
    return result(own_id, "33804-6", when, valueString="positive")


def report(protocol: str, *resources: Json) -> ScreeningReport:
    return screening_service().screen_record(
        PatientRecord(read(LUPUS, *resources)), AS_OF, protocol_ids=[protocol]
    )


def finding(screened: ScreeningReport, criterion: str) -> Finding:
    return next(f for s in screened.screenings for f in s.findings if f.criterion == criterion)


def scores(screened: ScreeningReport, name: str) -> Iterator[ReportedScore]:
    return (s for one in screened.screenings for f in one.findings for s in f.scores if s.input == name)


def outcome(protocol: str, criterion: str, *resources: Json) -> str:
    return finding(report(protocol, *resources), criterion).outcome


def score(screened: ScreeningReport, name: str) -> ReportedScore:
    return next(scores(screened, name))


class TestFormsOfOneTime:
    @pytest.mark.parametrize("first", ["A", "C"])
    def test_a_domain_that_two_forms_of_a_day_grade_a_and_c_is_left_to_a_person(self, first: str) -> None:
        """Trial A, I6: whichever has the lower id."""
        second = {"A": "C", "C": "A"}[first]
        screened = report(A, bilag("q1", "2026-06-12", renal=first), bilag("q2", "2026-06-12", renal=second))
        assert finding(screened, "I6").outcome == "review"
        (told,) = screened.contradictions
        assert (told.input, told.kind) == ("bilag_2004_a_count", "same-time")
        assert "renal domain is graded A and C on 2026-06-12" in told.detail
        assert {e.reference for e in told.evidence} == {
            "QuestionnaireResponse/q1",
            "QuestionnaireResponse/q2",
        }

    def test_a_domain_graded_twice_on_one_form_is_left_to_a_person(self) -> None:
        twice = bilag("q1", "2026-06-12", ("renal", {"valueString": "A"}))
        screened = report(A, twice)
        assert finding(screened, "I6").outcome == "review"
        assert len(screened.contradictions) == 1

    def test_the_form_of_a_later_day_contradicts_nothing(self) -> None:
        screened = report(A, bilag("q1", "2026-06-11", renal="A"), bilag("q2", "2026-06-12"))
        assert finding(screened, "I6").outcome == "fail"
        assert screened.contradictions == ()

    @pytest.mark.parametrize("first", [True, False])
    def test_items_that_two_forms_of_a_day_affirm_and_deny_are_left_to_a_person(self, first: bool) -> None:
        """Trial A, I5: seizure and arthritis are 12 points, or none."""
        forms = (
            form(
                own_id,
                "sledai-2k",
                "2026-06-12",
                *((i, {"valueBoolean": said}) for i in ("seizure", "arthritis")),
            )
            for own_id, said in (("q1", first), ("q2", not first))
        )
        screened = report(A, *forms)
        assert finding(screened, "I5").outcome == "review"
        shown = score(screened, "sledai_2k")
        assert (shown.lower, shown.attributed) == (0, 12)
        told = [one.detail for one in screened.contradictions]
        assert len(told) == 2
        assert all("both as present and as absent" in detail for detail in told)

    @pytest.mark.parametrize("first", [True, False])
    def test_an_item_named_twice_on_one_form_is_left_to_a_person(self, first: bool) -> None:
        answers = (("seizure", {"valueBoolean": said}) for said in (first, not first))
        screened = report(A, form("q1", "sledai-2k", "2026-06-12", *answers))
        assert finding(screened, "I5").outcome == "review"
        assert "seizure is recorded on 2026-06-12 both" in screened.contradictions[0].detail

    def test_a_finding_of_the_chart_settles_what_forms_say_differently(self) -> None:
        """Low complement is 2 points: shown by the result, whatever the forms say."""
        forms = (
            form(own_id, "sledai-2k", "2026-06-12", ("low_complement", {"valueBoolean": said}))
            for own_id, said in (("q1", True), ("q2", False))
        )
        assert score(report(A, *forms, c3("o1", "2026-06-10", 0.4)), "sledai_2k").lower == 2


class TestNewerThanTheTotal:
    def test_low_complement_after_a_total_of_four_may_make_six(self) -> None:
        """Trial A, I5."""
        screened = report(
            A,
            total("q1", "sledai-2k", 4, "2026-06-01"),
            c3("o1", "2026-05-25", 1.0),
            c3("o2", "2026-06-10", 0.4),
        )
        shown = score(screened, "sledai_2k")
        assert (shown.lower, shown.upper) == (4, 6)
        assert finding(screened, "I5").outcome == "missing"
        assert screened.contradictions == ()

    def test_it_cannot_make_six_of_a_total_of_three(self) -> None:
        added = (total("q1", "sledai-2k", 3, "2026-06-01"), c3("o2", "2026-06-10", 0.4))
        assert outcome(A, "I5", *added) == "fail"

    def test_what_was_shown_when_the_total_was_recorded_is_in_it(self) -> None:
        low = c3("o1", "2026-05-25", 0.4), c3("o2", "2026-06-10", 0.4)
        assert outcome(A, "I5", total("q1", "sledai-2k", 4, "2026-06-01"), *low) == "fail"

    def test_an_item_recorded_after_the_total_adds_to_it(self) -> None:
        later = form("q2", "sledai-2k", "2026-06-10", ("arthritis", {"valueBoolean": True}))
        screened = report(A, total("q1", "sledai-2k", 4, "2026-06-01"), later)
        assert score(screened, "sledai_2k").upper == 8
        assert finding(screened, "I5").outcome == "missing"

    def test_a_total_that_reaches_the_threshold_still_does(self) -> None:
        added = (total("q1", "sledai-2k", 6, "2026-06-01"), c3("o2", "2026-06-10", 0.4))
        assert outcome(A, "I5", *added) == "pass"

    def test_low_platelets_after_a_count_of_three_may_be_the_fourth_criterion(self) -> None:
        """Trial B, I3: the criteria accumulate."""
        platelets = result("o1", "777-3", "2026-06-01", valueQuantity=quantity(90, "10*9/L"))
        screened = report(B, total("q1", "acr-1997", 3, "2025-09-01"), platelets)
        shown = score(screened, "acr_1997")
        assert (shown.lower, shown.upper) == (3, 4)
        assert finding(screened, "I3").outcome == "review"

    def test_a_renal_grade_a_from_results_after_the_form_is_left_to_a_person(self) -> None:
        """Trial A, I6: proteinuria that has risen, and casts, are two severe features of which both lead."""
        newer = ratio("o1", "2026-06-12", 200), ratio("o2", "2026-05-18", 20), casts("o3", "2026-06-12")
        screened = report(A, bilag("q1", "2026-05-20"), *newer)
        assert finding(screened, "I6").outcome == "review"
        shown = score(screened, "bilag_2004_a_count")
        assert (shown.lower, shown.attributed, shown.upper) == (0, 1, 1)

    def test_a_form_later_than_the_results_counts(self) -> None:
        older = ratio("o1", "2026-06-10", 200), ratio("o2", "2026-05-18", 20), casts("o3", "2026-06-10")
        assert outcome(A, "I6", bilag("q1", "2026-06-12"), *older) == "fail"


class TestRecordedCounts:
    def test_counts_that_the_grades_of_their_own_form_contradict_are_left_to_a_person(self) -> None:
        """Trial A, I6."""
        counts = ("a_count", {"valueInteger": 2}), ("b_count", {"valueInteger": 3})
        screened = report(A, bilag("q1", "2026-06-12", *counts))
        assert finding(screened, "I6").outcome == "review"
        assert {told.input for told in screened.contradictions} == {
            "bilag_2004_a_count",
            "bilag_2004_b_count",
        }

    def test_a_count_older_than_a_whole_form_is_past(self) -> None:
        older = form("q1", "bilag-2004", "2026-06-01", ("a_count", {"valueInteger": 2}))
        assert outcome(A, "I6", older, bilag("q2", "2026-06-12")) == "fail"

    def test_counts_of_none_beside_a_renal_grade_a_from_results_are_left_to_a_person(self) -> None:
        none = [(name, {"valueInteger": 0}) for name in ("a_count", "b_count")]
        shown = ratio("o1", "2026-06-12", 200), ratio("o2", "2026-05-15", 200), casts("o3", "2026-06-12")
        screened = report(A, form("q1", "bilag-2004", "2026-06-12", *none), *shown)
        assert finding(screened, "I6").outcome == "review"
        assert "renal grade that results support" in screened.contradictions[0].detail

    def test_counts_of_none_without_such_results_fail(self) -> None:
        none = [(name, {"valueInteger": 0}) for name in ("a_count", "b_count")]
        assert outcome(A, "I6", form("q1", "bilag-2004", "2026-06-12", *none)) == "fail"


class TestTestStrip:
    """BILAG-2004, renal: where nothing is measured, a strip risen by two levels is a severe feature."""

    @staticmethod
    def clause(screened: ScreeningReport) -> ReportedItem:
        renal = next(i for i in score(screened, "bilag_2004_a_count").items if i.item == "renal")
        return next(part for part in renal.parts if part.item == "proteinuria")

    @pytest.mark.parametrize(
        "value",
        [
            {"valueString": "3+"},
            {"valueString": "+++"},
            {"valueString": "3+ (300 mg/dL)"},
            {"valueString": "阳性(+++)"},
            {"valueCodeableConcept": {"text": "3+"}},
            {"valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA11843-2"}]}},
            {"valueCodeableConcept": snomed("260349009")},
        ],
    )
    def test_a_strip_that_has_risen_by_two_levels_is_a_severe_feature(self, value: Json) -> None:
        """As the clause of trial A, I6."""
        before = result("o2", "20454-5", "2026-05-12", valueString="1+")
        found = self.clause(report(A, result("o1", "20454-5", "2026-06-10", **value), before))
        assert (found.state, found.grade) == ("present", "B, or A with another")

    def test_a_trace_is_no_level(self) -> None:
        strips = (("o1", "2026-06-10", "2+"), ("o2", "2026-05-12", "trace"))
        found = self.clause(report(A, *(result(i, "20454-5", day, valueString=v) for i, day, v in strips)))
        assert (found.state, found.grade) == ("present", "B, or A with another")

    def test_a_strip_that_is_positive_without_a_level_shows_no_degree(self) -> None:
        assert (
            self.clause(report(A, result("o1", "20454-5", "2026-06-10", valueString="positive"))).state
            == "unknown"
        )

    @pytest.mark.parametrize(("level", "state"), [("4+", "present"), ("3+", "unknown")])
    def test_more_than_three_plus_twice_is_persistent_proteinuria(self, level: str, state: str) -> None:
        """ACR 1997: persistent proteinuria above 3+ if it is not quantified; trial B, I3."""
        strips = (
            result(i, "20454-5", day, valueString=level)
            for i, day in (("o1", "2026-06-10"), ("o2", "2026-05-12"))
        )
        items = score(report(B, *strips), "acr_1997").items
        assert next(i for i in items if i.item == "renal").state == state

    def test_other_strips_are_negative_or_positive(self) -> None:
        facts = read(result("o1", "5799-2", "2026-06-10", valueString="2+"))
        assert [m.category for m in facts.measurements["urine_leukocyte_esterase"]] == ["positive"]


class TestBounds:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [("<6", "fail"), ("<7", "missing"), (">=6", "pass"), (">5", "pass"), ("≤5", "fail")],
    )
    def test_a_bound_is_taken_in_whole_points(self, value: str, expected: str) -> None:
        """Trial A, I5, from 6 points: below 6 is 5 at most."""
        recorded = form("q1", "sledai-2k", "2026-06-10", ("total", {"valueString": value}))
        assert outcome(A, "I5", recorded) == expected

    def test_half_a_point_is_no_total(self) -> None:
        screened = report(A, total("q1", "sledai-2k", 5.5, "2026-06-10"))
        assert finding(screened, "I5").outcome == "missing"
        assert any("5.5 on 2026-06-10 is impossible" in note for note in finding(screened, "I5").notes)

    def test_what_a_total_and_its_items_decide_alike_counts_and_the_words_say_so(self) -> None:
        """A total of 8 whose items add up to 10 is 6 or more either way."""
        items = [(name, {"valueBoolean": True}) for name in ("seizure", "rash")]
        screened = report(A, form("q1", "sledai-2k", "2026-06-10", ("total", {"valueInteger": 8}), *items))
        assert finding(screened, "I5").outcome == "pass"
        assert "what both decide alike counts" in screened.contradictions[0].detail


class TestWhatWouldDecide:
    charts = {
        "nothing": (),
        "an old total": (total("q1", "acr-1997", 3, "2021-06-01"), total("q2", "sledai-2k", 5, "2026-04-01")),
        "a total": (total("q1", "selena-sledai", 9, "2026-06-12"), total("q2", "acr-1997", 3, "2026-06-12")),
        "a range": (form("q1", "sledai-2k", "2026-06-12", ("total", {"valueString": "4-8"})),),
        "results": (ratio("o1", "2026-06-10", 200), c3("o2", "2026-06-10", 0.4)),
    }
    asked = (
        (A, "sledai_2k", 6),
        (B, "acr_1997", 4),
        (B, "selena_sledai", 8),
        (B, "clinical_selena_sledai", 6),
    )

    @pytest.mark.parametrize(("protocol", "name", "points"), asked)
    @pytest.mark.parametrize("chart", charts)
    def test_the_items_of_a_set_reach_the_threshold_once_they_are_on_record(
        self, chart: str, protocol: str, name: str, points: float
    ) -> None:
        shown = next(scores(report(protocol, *self.charts[chart]), name), None)
        assert shown is None or shown.deciding or shown.basis == "recorded" or shown.lower >= points
        for decision in shown.deciding if shown else ():
            items = ((item, {"valueBoolean": True}) for item in decision.items)
            added = form("q9", name.replace("_", "-"), "2026-06-14", *items)
            after = score(report(protocol, *self.charts[chart], added), name)
            assert after.lower >= points, decision.labels

    def test_nothing_decides_a_clinical_total_but_the_serology_that_is_taken_off(self) -> None:
        """Trial B, I4: of a SELENA-SLEDAI of 9, up to 4 points may be low complement and anti-dsDNA."""
        screened = report(B, total("q1", "selena-sledai", 9, "2026-06-12"))
        shown = score(screened, "clinical_selena_sledai")
        assert (shown.basis, shown.lower, shown.upper, shown.deciding) == ("recorded", 5, 9, ())
        needed = {need.input for need in finding(screened, "I4").needs}
        assert {"c3", "c4", "anti_dsdna"} <= needed
        normal = c3("o1", "2026-06-10", 1.0), self.c4("o2", "2026-06-10")
        assert (
            score(report(B, total("q1", "selena-sledai", 9, "2026-06-12"), *normal), shown.input).lower == 7
        )

    @staticmethod
    def c4(own_id: str, when: str) -> Json:
        limits = {"low": quantity(0.1, "g/L"), "high": quantity(0.4, "g/L")}
        return result(own_id, "4498-2", when, valueQuantity=quantity(0.2, "g/L"), referenceRange=[limits])

    def test_another_definition_of_which_nothing_is_known_is_not_told_beside_a_total(self) -> None:
        screened = report(B, total("q1", "selena-sledai", 9, "2026-06-12"))
        assert all(other.upper < 101 for other in score(screened, "selena_sledai").others)


class TestRenal:
    @staticmethod
    def day_of_urine(own_id: str, when: str, grams: float) -> Json:
        return result(own_id, "2889-4", when, valueQuantity=quantity(grams, "g/(24.h)"))

    @pytest.mark.parametrize(("second", "state"), [("2026-06-10", "present"), ("2026-06-01", "unknown")])
    def test_proteinuria_on_two_days_by_two_measures_is_persistent(self, second: str, state: str) -> None:
        """ACR 1997: persistent proteinuria above 0.5 g a day; trial B, I3."""
        screened = report(B, self.day_of_urine("o1", "2026-06-01", 1.2), ratio("o2", second, 136))
        assert next(i for i in score(screened, "acr_1997").items if i.item == "renal").state == state

    def test_the_latest_measure_of_proteinuria_counts(self) -> None:
        """BILAG-2004: what has improved since, by another measure, is no longer a severe feature."""
        screened = report(A, ratio("o1", "2026-05-20", 300), self.day_of_urine("o2", "2026-06-10", 0.1))
        assert TestTestStrip.clause(screened).state == "absent"

    def test_cells_beside_a_positive_culture_give_no_grade(self) -> None:
        """BILAG-2004: active sediment in the absence of other causes."""
        cells = result("o1", "13945-1", "2026-06-10", valueQuantity=quantity(20, "/[HPF]"))
        culture = result("o2", "630-4", "2026-06-10", valueString="positive")
        screened = report(A, cells, culture)
        renal = next(i for i in score(screened, "bilag_2004_a_count").items if i.item == "renal")
        sediment = next(part for part in renal.parts if part.item == "sediment")
        assert (sediment.state, sediment.grade, renal.grade) == ("unattributed", None, None)
