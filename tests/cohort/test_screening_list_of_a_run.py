"""``screening-list.csv``: whom a coordinator should look at, the nearest first."""

from __future__ import annotations

import csv
import stat
from datetime import date
from pathlib import Path

import pytest

from app.cohort_outputs import LIST_FILE, write_outputs
from app.language import Language
from app.rendering.cohort_list import COLUMNS
from tests.cohort.crowd import crowd
from tests.cohort.made import FAIL, OTHER, PLAN, REVIEW, TRIAL, Made, missing, until


def rows(made: Made, folder: Path, language: Language = "en") -> list[dict[str, str]]:
    write_outputs(made.write(folder), PLAN, language=language)
    with (folder / LIST_FILE).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_nearest_come_first(tmp_path: Path) -> None:
    made = Made()
    made.patient("later", **{TRIAL: {"E2": until(date(2026, 9, 1))}})
    made.patient("sooner", **{TRIAL: {"E2": until(date(2026, 7, 1)), "E8": missing(hbv_dna="stale")}})
    made.patient("look", **{TRIAL: {"E10": REVIEW}})
    made.patient("two", **{TRIAL: {"E8": missing(hbv_dna="stale"), "I4": missing(upcr="stale")}})
    made.patient("one", **{TRIAL: {"E8": missing(hbv_dna="stale", hbsag="stale")}})
    made.patient("single", **{TRIAL: {"I4": missing(upcr="stale")}})
    made.patient("free", **{TRIAL: {}})
    told = [row["patient"].removeprefix("Patient/") for row in rows(made, tmp_path)]
    assert told == ["free", "single", "one", "two", "look", "sooner", "later"]


def test_whom_neither_time_nor_data_let_in_is_left_out(tmp_path: Path) -> None:
    made = Made().patient("never", **{TRIAL: {"I1": FAIL}}).patient("no disease")
    made.patient("no day", **{TRIAL: {"E2": until(date(2026, 7, 2)), "E10": REVIEW}})
    made.patient("dead", deceased=True, **{TRIAL: "deceased", OTHER: "deceased"})
    assert rows(made, tmp_path) == []
    assert (tmp_path / LIST_FILE).read_text("utf-8-sig").strip() == ",".join(COLUMNS)


def test_a_line_says_what_stands_in_the_way_and_what_would_settle_it(tmp_path: Path) -> None:
    said = {"E8": missing(hbv_dna="stale"), "E2": until(date(2026, 7, 1))}
    made = Made().patient("a", sex="male", age=41, incomplete=True, **{TRIAL: said})
    (row,) = rows(made, tmp_path)
    assert row == {
        "patient": "Patient/a",
        "protocol": TRIAL,
        "protocol_version": "2",
        "verdict": "ineligible-for-now",
        "in_the_way": "E2; E8",
        "failing": "E2",
        "missing": "E8",
        "to_review": "",
        "needed": "hepatitis B virus DNA",
        "orders": "LOINC 42595-9",
        "decided_by": "",
        "earliest": "2026-07-01",
        "stands_until": "2026-09-01",
        "sex": "male",
        "age": "41",
        "incomplete": "yes",
    }


def test_what_is_needed_is_told_in_the_language_of_the_run(tmp_path: Path) -> None:
    made = Made().patient("a", **{TRIAL: {"E8": missing(hbv_dna="stale")}})
    (row,) = rows(made, tmp_path, "zh-CN")
    assert (row["needed"], row["decided_by"], row["verdict"]) == (
        "乙型肝炎病毒DNA",
        "乙型肝炎病毒DNA",
        "undetermined",
    )


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_no_word_of_a_chart_becomes_a_formula(sign: str, tmp_path: Path) -> None:
    """CWE-1236."""
    (row,) = rows(Made().patient("a", sex=f"{sign}HYPERLINK(1)", **{TRIAL: {}}), tmp_path)
    assert row["sex"] == f"'{sign}HYPERLINK(1)"


def test_what_is_not_known_is_left_empty(tmp_path: Path) -> None:
    (row,) = rows(Made().patient("a", sex=None, age=None, **{TRIAL: {}}), tmp_path)
    assert (row["sex"], row["age"], row["earliest"], row["needed"]) == ("", "", "", "")


def test_the_list_is_the_same_however_the_tables_are_split(tmp_path: Path) -> None:
    lists = []
    for parts in (1, 5):
        folder = crowd(300).write(tmp_path / str(parts), parts)
        write_outputs(folder, PLAN)
        lists.append((folder / LIST_FILE).read_bytes())
    assert lists[0] == lists[1]
    assert lists[0].count(b"\r\n") > 100


def test_the_files_are_their_owners_only_and_nothing_else_stays_behind(tmp_path: Path) -> None:
    folder = Made().patient("a", **{TRIAL: {}}).write(tmp_path)
    before = {path.name for path in folder.iterdir()}
    write_outputs(folder, PLAN)
    made = {path.name: path for path in folder.iterdir() if path.name not in before}
    assert made.keys() == {"screening-list.csv", "summary.json", "report.html"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in made.values())


def test_the_file_begins_as_spreadsheets_need_it_to_read_utf_8(tmp_path: Path) -> None:
    write_outputs(Made().write(tmp_path), PLAN)
    assert (tmp_path / LIST_FILE).read_bytes().startswith(b"\xef\xbb\xbfpatient,")
