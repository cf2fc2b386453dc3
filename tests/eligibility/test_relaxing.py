"""Other bounds for a protocol: found where they are written, and rewritten there and nowhere else."""

from __future__ import annotations

import difflib

import pytest

from eligibility.bounds import bounds_in
from eligibility.errors import ProtocolError
from eligibility.loading import bind_text, bundled_files, parse_protocol
from eligibility.relaxing import Relaxed, RelaxingError, parse_edit, relax
from eligibility.versions import UnknownVersionError, text_of
from fhir_mappings.vocabulary import vocabulary

TRIAL = "nct07517536"
TEXT = text_of(TRIAL, "2")


def _relaxed(*edits: str, text: str = TEXT) -> Relaxed:
    return relax(text, TRIAL, [parse_edit(edit) for edit in edits])


def _changed(made: Relaxed, text: str = TEXT) -> list[str]:
    """The lines that differ, as they are now."""
    lines = difflib.ndiff(text.splitlines(), made.text.splitlines())
    return [line[2:].strip() for line in lines if line.startswith("+ ")]


@pytest.mark.parametrize("file", bundled_files(), ids=lambda file: file.stem)
def test_every_bound_of_a_bundled_protocol_is_found_where_it_is_written(file) -> None:  # type: ignore[no-untyped-def]
    text = file.read_text("utf-8")
    for one in bounds_in(parse_protocol(text, file)[1]):
        for node in one.nodes:
            assert text[node.start_mark.index : node.end_mark.index].strip("\"'") == node.value


class TestAThreshold:
    def test_is_rewritten_with_its_complement_wherever_the_criterion_asks_for_it(self) -> None:
        """I4 asks for "at least 1.0 g/g", rules out with "below 1.0 g/g", and has a grey zone beside it."""
        assert _changed(_relaxed("I4: upcr at_least 0.9 g/g")) == [
            "- proven: {number: {input: upcr, at_least: 0.9 g/g, fresh: blood_and_urine}}",
            "- proven: {number: {input: upcr, below: 0.9 g/g, fresh: blood_and_urine}}",
            "at_least: 0.9 g/g",
        ]

    def test_can_be_named_by_its_complement_and_in_any_case(self) -> None:
        assert _relaxed("i4: upcr below 0.9 g/g").text == _relaxed("I4: upcr at_least 0.9 g/g").text

    def test_of_a_part_is_found_by_the_criterion_too(self) -> None:
        assert (
            _relaxed("E9: hemoglobin below 50 g/L").text == _relaxed("E9a.ii: hemoglobin below 50 g/L").text
        )

    def test_of_another_criterion_with_the_same_beginning_is_not(self) -> None:
        with pytest.raises(RelaxingError, match="E1 sets no such bound: participation within"):
            _relaxed("E1: participation within 14 d")

    def test_that_is_one_of_several_needs_the_value_that_it_has(self) -> None:
        """I8 asks for 0.5 g/g under treatment, and for 1.0 g/g after a remission."""
        with pytest.raises(RelaxingError, match="several such bounds; say which by 'was VALUE'"):
            _relaxed("I8: upcr at_least 0.3 g/g")
        changed = _changed(_relaxed("I8: upcr at_least 0.8 g/g was 1.0 g/g"))
        assert len(changed) == 1
        assert "at_least: 0.8 g/g" in changed[0]

    def test_that_passes_its_grey_zone_needs_another_zone(self) -> None:
        with pytest.raises(RelaxingError, match=r"grey zone to 0\.7 g/g would lie beyond"):
            _relaxed("I4: upcr at_least 0.5 g/g")
        both = _relaxed("I4: upcr at_least 0.5 g/g", "I4: upcr grey 0.35 g/g")
        assert "grey: {to: 0.35 g/g, settle_with: urine_protein_24h}" in _changed(both)

    @pytest.mark.parametrize("value", ["3 d", "much"])
    def test_is_replaced_by_one_of_its_kind_only(self, value: str) -> None:
        with pytest.raises(RelaxingError, match="is of another kind than"):
            _relaxed(f"I4: upcr at_least {value}")

    def test_whose_unit_does_not_fit_is_refused_where_the_protocol_is_bound(self) -> None:
        made = _relaxed("I4: upcr at_least 0.9 mg/dL")
        with pytest.raises(ProtocolError) as refused:
            bind_text(made.text, TRIAL, vocabulary())
        assert "unit 'mg/dL' does not fit 'upcr'" in refused.value.problems[0].reason

    def test_in_several_units_needs_a_value_in_each(self) -> None:
        text = TEXT.replace("upcr, at_least: 1.0 g/g", "upcr, at_least: [1.0 g/g, 100 mg/mmol]", 1)
        edit = "I4: upcr at_least 0.9 g/g or 90 mg/mmol was 1.0 g/g or 100 mg/mmol"
        assert "at_least: [0.9 g/g, 90 mg/mmol]" in _changed(_relaxed(edit, text=text), text)[0]
        with pytest.raises(RelaxingError, match=r"given in 2 units: 1\.0 g/g or 100 mg/mmol"):
            _relaxed("I4: upcr at_least 0.9 g/g was 1.0 g/g or 100 mg/mmol", text=text)


class TestAWindow:
    def test_that_others_share_becomes_one_of_its_own_for_the_criterion(self) -> None:
        """Red cells count for 28 days (P1) in E9a.ii as in other criteria."""
        changed = _changed(_relaxed("E9a.ii: hemoglobin within 60 d"))
        assert len(changed) == 2
        assert all("{anchor: screening, before: 60 d, assumption: P1}" in line for line in changed)

    def test_by_its_name_changes_wherever_it_is_used(self) -> None:
        assert _changed(_relaxed("serology: within 180 d")) == [
            "serology: {anchor: screening, before: 180 d, assumption: P3}"
        ]

    def test_of_a_criterion_without_a_name_is_every_one_of_it(self) -> None:
        changed = _changed(_relaxed("E11: within 14 d"))
        assert len(changed) == 5
        assert all("before: 14 d" in line for line in changed)

    def test_with_an_anchor_that_has_to_be_quoted_stays_readable(self) -> None:
        made = _relaxed("gate: urine_culture within 14 d")
        assert '{anchor: "latest:urine_rbc_hpf", before: 14 d, assumption: P21}' in _changed(made)[0]
        bind_text(made.text, TRIAL, vocabulary())


class TestAnEdit:
    @pytest.mark.parametrize("text", ["", "I4", "I4 upcr at_least 1 g/g", "I4: upcr", "I4: upcr at_least"])
    def test_of_another_form_is_refused(self, text: str) -> None:
        with pytest.raises(RelaxingError, match="is no edit such as"):
            _relaxed(text)

    def test_of_a_criterion_that_sets_no_bound_is_refused_with_those_that_do(self) -> None:
        with pytest.raises(RelaxingError, match=r"I99 sets no bound; these do: .*I4"):
            _relaxed("I99: upcr at_least 1 g/g")

    def test_of_a_bound_that_the_criterion_lacks_is_refused_with_those_that_it_has(self) -> None:
        with pytest.raises(
            RelaxingError, match=r"no such bound: egfr below; there is: I4: upcr at_least 1.0 g/g"
        ):
            _relaxed("I4: egfr below 30 mL/min")

    def test_of_the_same_bound_twice_is_refused(self) -> None:
        with pytest.raises(RelaxingError, match="two edits are of the same bound"):
            _relaxed("I4: upcr at_least 0.9 g/g", "I4: upcr at_least 0.8 g/g")

    def test_of_what_an_alias_repeats_elsewhere_is_refused_with_its_line(self) -> None:
        text = TEXT.replace(
            "number: {input: age, at_least: 18, on: screening}",
            "number: &adult {input: age, at_least: 18}",
            1,
        ).replace("number: {input: sledai_2k, at_least: 6, fresh: sledai}", "number: *adult", 1)
        with pytest.raises(RelaxingError, match="is written in line 436 for several places at once"):
            _relaxed("I5: age at_least 16", text=text)


def test_the_file_has_a_version_of_its_own_and_the_text_that_is_judged_by_keeps_the_old_one() -> None:
    """A person's answer for version 2 counts for what is judged in its place."""
    made = _relaxed("I1: age at_least 16")
    assert made.version == "2+relaxed"
    assert parse_protocol(made.file, TRIAL)[0].version == "2+relaxed"
    assert parse_protocol(made.text, TRIAL)[0].version == "2"


def test_an_earlier_version_can_be_relaxed_as_the_present_one() -> None:
    earlier = text_of(TRIAL, "1")
    assert parse_protocol(earlier, TRIAL)[0].version == "1"
    assert _relaxed("I1: age at_least 16", text=earlier).version == "1+relaxed"
    with pytest.raises(UnknownVersionError, match="no earlier version '9'"):
        text_of(TRIAL, "9")


def test_the_file_says_whose_its_words_are_and_the_other_bounds_of_the_criterion_are_told() -> None:
    made = relax(text_of(TRIAL, "2"), TRIAL, [parse_edit("I4: upcr at_least 0.8 g/g")])
    assert made.file.startswith("# Relaxed: I4. Its words (text, reading, gap) are still those of the")
    kept = [str(bound) for bound in made.kept]
    assert "I4: uacr at_least 1.0 g/g" in kept
    assert not any(bound.startswith("I4: upcr at_least") for bound in kept)
