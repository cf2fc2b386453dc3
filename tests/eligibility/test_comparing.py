"""What changed between two versions of a protocol, told place by place."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from eligibility.comparing import Change, compare
from eligibility.loading import bundled_files, parse_protocol
from eligibility.protocol import Protocol
from eligibility.versions import UnknownVersionError, bound_earlier, earlier, earlier_files, earlier_versions
from fhir_mappings.vocabulary import vocabulary

PROTOCOLS = [parse_protocol(file.read_text(encoding="utf-8"), file)[0] for file in bundled_files()]


def protocol_a() -> Protocol:
    return next(p for p in PROTOCOLS if p.id == "nct07517536")


def changed(**changes: Any) -> Protocol:
    return protocol_a().model_copy(update=changes)


def changes_to(newer: Protocol) -> dict[tuple[str, str], Change]:
    return {(change.what, change.of): change for change in compare(protocol_a(), newer, vocabulary()).changes}


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.id)
def test_a_protocol_does_not_differ_from_itself(protocol: Protocol) -> None:
    assert compare(protocol, protocol, vocabulary()).changes == ()


def test_the_status_changes_no_finding_and_is_told() -> None:
    (change,) = changes_to(changed(status="recruiting")).values()
    assert (change.what, change.before, change.after) == ("status", ("not-yet-recruiting",), ("recruiting",))
    assert not change.decides


def test_a_window_that_is_longer_is_told_once_as_a_window_and_wherever_it_is_asked() -> None:
    """I4 and others rest on results that count for the window ``lab``."""
    name, window = next(iter(protocol_a().freshness.items()))
    longer = window.model_copy(update={"before": "99 days"})
    found = changes_to(changed(freshness={**protocol_a().freshness, name: longer}))
    assert any("99 days" in line for line in found["window", name].after)
    assert found["window", name].decides
    assert any(what == "asked" for what, _ in found)
    assert all("99 days" in "".join(change.after) for change in found.values())


def test_a_criterion_that_is_dropped_is_gone_in_all_it_said() -> None:
    kept = [criterion for criterion in protocol_a().criteria if criterion.id != "I4"]
    found = changes_to(changed(criteria=kept))
    assert {of for _, of in found} == {"I4"}
    assert found["words", "I4"].after == ()
    assert found["words", "I4"].before[0].startswith("Urine protein-to-creatinine ratio")
    assert found["asked", "I4"].decides


def test_a_new_assumption_is_told_and_decides_nothing_by_itself() -> None:
    first = protocol_a().assumptions[0]
    added = first.model_copy(update={"id": "P99", "text": "A site's choice."})
    (change,) = changes_to(changed(assumptions=[*protocol_a().assumptions, added])).values()
    assert (change.of, change.before, change.after) == ("P99", (), ("A site's choice.",))
    assert not change.decides


def test_examples_and_translations_ask_nothing() -> None:
    bare = [criterion.model_copy(update={"examples": []}) for criterion in protocol_a().criteria]
    assert changes_to(changed(criteria=bare, translations={}, applies_to_examples=[])) == {}


def test_changes_stand_in_the_order_of_the_protocol() -> None:
    kept = [c.model_copy(update={"reading": "otherwise"}) for c in protocol_a().criteria]
    reread = compare(protocol_a(), changed(criteria=kept, status="recruiting"), vocabulary()).changes
    assert [change.of for change in reread] == ["", *(c.id for c in protocol_a().criteria)]


class TestLines:
    CHANGE = Change(what="asked", of="I1", before=("a", "b", "c", "d", "e"), after=("a", "b", "x", "d", "e"))

    def test_unchanged_lines_beside_a_change_are_shown_as_far_as_asked(self) -> None:
        told = [("same", "b"), ("removed", "c"), ("added", "x"), ("same", "d")]
        assert self.CHANGE.lines() == told
        assert self.CHANGE.lines(0) == told[1:3]

    def test_what_is_new_has_only_added_lines(self) -> None:
        assert Change(what="notes", of="I1", before=(), after=("n",)).lines() == [("added", "n")]


class TestEarlierVersions:
    @pytest.mark.parametrize("file", earlier_files(), ids=lambda file: file.stem)
    def test_each_is_what_its_name_says_and_can_be_judged_with_the_code_sets_of_today(
        self, file: Any
    ) -> None:
        identifier, version = file.stem.split("@")
        protocol = bound_earlier(identifier, version, vocabulary()).protocol
        assert (protocol.id, protocol.version) == (identifier, version)

    @pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.id)
    def test_none_has_the_number_of_the_present_one_and_each_differs_from_the_next(
        self, protocol: Protocol
    ) -> None:
        versions = earlier_versions(protocol.id)
        assert protocol.version not in versions
        kept = [*(earlier(protocol.id, version) for version in versions), protocol]
        for older, newer in itertools.pairwise(kept):
            assert compare(older, newer, vocabulary()).criteria()

    def test_the_two_trials_have_one(self) -> None:
        assert earlier_versions("nct05247203") == earlier_versions("nct07517536") == ["1"]

    def test_one_that_is_not_there_is_named_with_those_that_are(self) -> None:
        with pytest.raises(UnknownVersionError, match=r"no earlier version '7' of nct05247203; there are: 1"):
            earlier("nct05247203", "7")
