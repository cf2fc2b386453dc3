"""``report.html``: one page for people on what came of a population."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from app.cohort_outputs import REPORT_FILE, write_outputs
from app.language import LANGUAGES, Language
from cohort.errors import UnreadableTablesError
from tests.cohort.crowd import crowd
from tests.cohort.made import FAIL, OTHER, PLAN, TRIAL, Made, missing


def page(made: Made, folder: Path, language: Language = "en", **how: int) -> str:
    write_outputs(made.write(folder), PLAN, language=language, **how)  # type: ignore[arg-type]
    return (folder / REPORT_FILE).read_text("utf-8")


def cells(row: str) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", row)


def row_of(html: str, caption: str, head: str) -> list[str]:
    """The figures of a row of the first table with that caption."""
    table = html[html.index(f"<caption>{caption}") :]
    table = table[: table.index("</table>")]
    found = re.search(
        rf"<tr[^>]*><th scope=\"row\">(?:<span[^>]*>. )?{re.escape(head)}.*?</tr>", table, re.DOTALL
    )
    assert found is not None, table
    return cells(found[0])


def test_the_figures_of_the_pictures_stand_in_tables(tmp_path: Path) -> None:
    made = Made().patient("free", **{TRIAL: {}}).patient("lost", **{TRIAL: {"I4": FAIL}})
    made.patient("open", **{TRIAL: {"I4": missing(upcr="stale")}})
    html = page(made, tmp_path)
    assert row_of(html, "Each criterion in figures", "I4") == [
        "2", "1", "1", "0", "1", "1", "1", "1", "0", "1",
    ]  # fmt: skip
    assert row_of(html, "Verdicts", "Undetermined") == ["1", "33 %"]
    assert row_of(html, "Near misses by criterion", "I4") == ["1", "0", "1", "0", "2"]
    assert row_of(html, "Missing data in figures", "urine protein/creatinine ratio")[:3] == ["1", "1", "1"]


def test_the_page_needs_nothing_else_and_runs_no_script(tmp_path: Path) -> None:
    html = page(crowd(60), tmp_path)
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)=\"(?!#)", html)
    assert not re.findall(r"url\((?!#)", html)


def test_each_picture_uses_hatchings_that_the_page_has(tmp_path: Path) -> None:
    html = page(crowd(120), tmp_path)
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(re.findall(r"<pattern id=\"([^\"]+)\"", html))
    assert len(re.findall(r" id=\"([^\"]+)\"", html)) == len(set(re.findall(r" id=\"([^\"]+)\"", html)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_each_language(language: Language, tmp_path: Path) -> None:
    html = page(crowd(60), tmp_path, language)
    words = {"en": "Where patients are lost", "zh-CN": "患者在哪里流失"}
    assert f'<html lang="{language}">' in html
    assert [name for name, told in words.items() if told in html] == [language]


def test_words_of_a_chart_are_text(tmp_path: Path) -> None:
    made = Made()
    for number in range(11):
        made.patient(f"p-{number}", race="<b>Asian</b>", **{TRIAL: {}})
    html = page(made, tmp_path)
    assert "<b>Asian" not in html
    assert "&lt;b&gt;Asian&lt;/b&gt;" in html


def test_patients_are_named_only_where_that_is_asked(tmp_path: Path) -> None:
    made = Made().patient("secret-7", **{TRIAL: {"I4": missing(upcr="stale")}})
    told = page(made, tmp_path / "told")
    assert "Patient/secret-7" in told
    assert "This page names patients" in told
    withheld = page(made, tmp_path / "withheld", named=0)
    assert "secret-7" not in withheld
    assert "This page names patients" not in withheld


def test_the_page_tells_which_types_count_as_none_where_none_was_found(tmp_path: Path) -> None:
    folder = Made().write(tmp_path)
    narrowed = msgspec.structs.replace(PLAN, retrieved=("Patient", "Procedure"))
    for plan in (PLAN, narrowed):
        summary = write_outputs(folder, plan, absent=("Procedure", "Immunization"))
        html = (folder / REPORT_FILE).read_text("utf-8")
        none_counts = ("Procedure", "Immunization") if plan is PLAN else ("Procedure",)
        assert summary.absent == none_counts
        assert f"of these resource types: {', '.join(none_counts)}. None found counts as none" in html
        assert ("for these resource types alone: Patient, Procedure" in html) == (plan is narrowed)


def test_a_damaged_table_is_told_without_words_of_it_and_leaves_no_file(tmp_path: Path) -> None:
    folder = Made().patient("secret-7", **{TRIAL: {}}).write(tmp_path)
    (folder / "needs" / "part-0.parquet").write_bytes(b"Patient/secret-7")
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(UnreadableTablesError, match="its tables cannot be read") as told:
        write_outputs(folder, PLAN)
    assert "secret" not in str(told.value)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_of_nobody_the_page_says_so(tmp_path: Path) -> None:
    for made in (Made(), Made().patient("a"), Made().patient("b", **{TRIAL: "deceased", OTHER: "deceased"})):
        html = page(made, tmp_path / str(len(made.rows["patients"])))
        assert html.count("Nobody was screened for this trial.") == 2
        assert "Where patients are lost" not in html


def test_of_one_patient_all_sections_are_there_and_nothing_by_group(tmp_path: Path) -> None:
    html = page(Made().patient("a", **{TRIAL: {}}), tmp_path)
    assert "Where patients are lost" in html
    assert html.count("Too few patients to show by group.") == 4


def test_numbers_that_are_withheld_are_nowhere_on_the_page(tmp_path: Path) -> None:
    made = Made()
    for number in range(40):
        made.patient(f"w-{number}", sex="female", **{TRIAL: {}})
    for number in range(7):
        made.patient(f"m-{number}", sex="male", **{TRIAL: {}})
    html = page(made, tmp_path, named=0)
    groups = html[html.index("Verdicts by group") : html.index("Earliest days of those")]
    assert not re.search(r">\s*(7|40)\s*<", groups)
