"""Protocol files: what is wrong is told with file, line and reason, all of it at once."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from eligibility.errors import ProtocolError
from eligibility.loading import bind_text
from eligibility.schema import json_schema
from tests.eligibility.charts import PROTOCOL_HEAD, HandVocabulary

GOOD = (
    PROTOCOL_HEAD
    + """\
applies_to: {found: {kind: [diagnosis], of: [cond_mi]}}
criteria:
  - id: I1
    text: The words
    reading: The reading
    requires:
      number:
        input: upcr
        at_least: 1.0 g/g
"""
)


def problems(text: str) -> str:
    with pytest.raises(ProtocolError) as caught:
        bind_text(text, "trial.yaml", HandVocabulary())
    return str(caught.value)


def test_a_good_file_binds() -> None:
    assert bind_text(GOOD, "trial.yaml", HandVocabulary()).protocol.id == "nct00000000"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("input: upcr", "input: upcrr", 16, "no criterion input 'upcrr'"),
        ("1.0 g/g", "1.0 mg/dL", 17, "unit 'mg/dL' does not fit"),
        ("1.0 g/g", "1000 g/g", 17, "outside the physical range"),
        ("1.0 g/g", "one", 17, "not a number with a unit"),
        ("at_least:", "atleast:", 17, "there is no such key here"),
        ("cond_mi", "cond_nothing", 9, "no code set or class"),
        ("status: recruiting", "status: open", 7, "Input should be"),
        ("  - id: I1", "  - id: X1", 11, "should match pattern"),
        ("    requires:\n", "    demands:\n", 14, "there is no such key here"),
        ("      number:", "      nummer:", 14, "no kind of statement 'nummer'"),
        ("        input: upcr", "        input: upcr\n        input: alt", 17, "given twice"),
        ("title: A trial", "title: [", 5, "not readable as YAML"),
        ("at_least: 1.0 g/g", "at_least: 1.0 g/g\n        fresh: nowhere", 18, "no freshness window"),
        (
            "at_least: 1.0 g/g",
            "at_least: 1.0 g/g\n        fresh: {anchor: birth, before: 1 d}",
            18,
            "no anchor 'birth'",
        ),
        (
            "at_least: 1.0 g/g",
            "at_least: 1.0 g/g\n        fresh: {before: 0 d}",
            18,
            "no length",
        ),
    ],
)
def test_a_fault_is_told_with_file_line_and_reason(old: str, new: str, line: int, reason: str) -> None:
    told = problems(GOOD.replace(old, new))
    assert f"trial.yaml:{line}: " in told
    assert reason in told


def test_all_faults_are_told_at_once() -> None:
    told = problems(GOOD.replace("cond_mi", "cond_nothing").replace("input: upcr", "input: upcrr"))
    assert len(told.splitlines()) == 2


def test_each_key_that_is_missing_is_named() -> None:
    told = problems("a: 1")
    assert "the key 'title' is missing" in told
    assert "the key 'criteria' is missing" in told
    assert len(set(told.splitlines())) == len(told.splitlines())
    inner = problems(GOOD.replace("    text: The words\n", ""))
    assert inner.startswith("trial.yaml:11: ")
    assert "the key 'text' is missing" in inner


def test_a_file_that_is_no_mapping_is_refused() -> None:
    assert "a protocol is a YAML mapping" in problems("- a list")
    assert "a protocol is a YAML mapping" in problems("")


def test_the_published_schema_accepts_a_good_file_and_refuses_a_misspelt_key() -> None:
    schema = json.loads(json.dumps(json_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert not list(validator.iter_errors(yaml.safe_load(GOOD)))
    assert list(validator.iter_errors(yaml.safe_load(GOOD.replace("at_least:", "atleast:"))))
