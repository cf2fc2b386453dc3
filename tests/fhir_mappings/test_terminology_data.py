"""The code set files as data: codes well-formed, nothing that may not be shipped, faults told."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from fhir_mappings import code_sets
from fhir_mappings.catalogue import FOLDER, CatalogueError, load_catalogue, read_csv, read_yaml
from fhir_mappings.code_sets import load_code_sets
from fhir_mappings.terminology import load_terminology
from tests.fhir_mappings.code_set_files import DATA, FILES, SETS, SNOMED


def luhn_digit(identifier: str) -> int:
    """LOINC's Mod-10 check digit; letters count by their place in ASCII after 0."""
    total = 0
    for position, sign in enumerate(reversed(identifier)):
        value = ord(sign) - ord("0")
        total += 2 * value - value // 5 * 9 if position % 2 == 0 else value
    return -total % 10


_D5 = [[(i + j) % 5 if i < 5 and j < 5 else 0 for j in range(10)] for i in range(10)]
for _i in range(10):
    for _j in range(10):
        if _i < 5:
            _D5[_i][_j] = (_i + _j) % 5 if _j < 5 else 5 + (_i + _j) % 5
        else:
            _D5[_i][_j] = 5 + (_i - _j) % 5 if _j < 5 else (_i - _j) % 5
_PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def verhoeff_holds(number: str) -> bool:
    """SNOMED CT's check digit, by the dihedral group D5."""
    check = 0
    for position, sign in enumerate(reversed(number)):
        digit = int(sign)
        for _ in range(position):
            digit = _PERMUTATION[digit]
        check = _D5[check][digit]
    return check == 0


class TestCheckDigits:
    def test_the_check_itself(self) -> None:
        assert luhn_digit("2160") == 0
        assert verhoeff_holds("55464009")
        assert not verhoeff_holds("55464008")
        assert not verhoeff_holds("55464090")

    def test_every_loinc_code(self) -> None:
        for row in FILES["loinc"]:
            number, _, digit = row["code"].partition("-")
            assert luhn_digit(number) == int(digit), row

    def test_every_loinc_answer(self) -> None:
        for row in FILES["answers"]:
            if row["system"] == "loinc":
                number, _, digit = row["code"].partition("-")
                assert luhn_digit(number) == int(digit), row

    def test_every_snomed_code(self) -> None:
        codes = [row["code"] for row in SNOMED]
        codes += [row["code"] for row in FILES["answers"] if row["system"] == "snomed"]
        for code in codes:
            assert verhoeff_holds(code), code


class TestForm:
    def test_codes_look_like_codes_of_their_system(self) -> None:
        forms = {
            "icd10": r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?(-[A-Z]\d[0-9A-Z])?(\+[A-Z]\d\d(\.\d)?)?",
            "rxnorm": r"\d+",
            "atc": r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?",
            "cvx": r"\d{2,3}",
            "icd10pcs": r"[0-9A-HJ-NP-Z]{7}",
            "snomed_gps": r"\d{6,18}",
            "snomed_licensed": r"\d{6,18}",
            "loinc": r"\d{1,5}-\d",
        }
        for name, form in forms.items():
            for row in FILES[name]:
                assert re.fullmatch(form, row["code"]), (name, row)

    def test_every_row_says_what_the_code_means_and_where_it_was_seen(self) -> None:
        for name, rows in FILES.items():
            if name == "half_lives":
                continue
            for row in rows:
                assert row["display"], (name, row)
                if row["confidence"] != "recalled":
                    assert row["source"], (name, row)
                assert row["confidence"] in {"two", "verified", "recalled"}, (name, row)

    def test_no_row_twice(self) -> None:
        for name, rows in FILES.items():
            keys = [
                tuple(row.get(k, "") for k in ("target", "concept", "system", "code", "match", "edition"))
                for row in rows
            ]
            assert len(keys) == len(set(keys)), name

    def test_ranges_and_categories_are_sound(self) -> None:
        for row in FILES["icd10"]:
            if row["match"] == "range":
                first, _, last = row["code"].partition("-")
                assert first <= last, row
            assert row["match"] in {"prefix", "range", "except", "pair"}, row
            assert row["edition"] in {"", "cm", "who"}, row

    def test_every_exception_takes_something_away(self) -> None:
        positive = [row for row in FILES["icd10"] if row["match"] in {"prefix", "range"}]
        for row in FILES["icd10"]:
            if row["match"] != "except":
                continue
            code = row["code"].replace(".", "")
            covered = [
                other
                for other in positive
                if other["concept"] == row["concept"]
                and (
                    code.startswith(other["code"].replace(".", ""))
                    if other["match"] == "prefix"
                    else other["code"][:3] <= code[:3] <= other["code"][-3:]
                )
            ]
            assert covered, row


class TestLicences:
    def test_no_cpt_and_no_hcpcs(self) -> None:
        # CPT may not be shipped; five-digit procedure codes and J-codes would be its and HCPCS's.
        for row in FILES["icd10pcs"]:
            assert not re.fullmatch(r"\d{5}|[A-Z]\d{4}", row["code"]), row
        assert "cpt" not in {path.stem for path in DATA.iterdir()}

    def test_snomed_outside_the_global_patient_set_can_be_left_out(self) -> None:
        gps = {row["code"] for row in FILES["snomed_gps"]}
        licensed = {row["code"] for row in FILES["snomed_licensed"]}
        assert not gps & licensed
        code = next(
            row["code"]
            for row in FILES["snomed_licensed"]
            if row["concept"] == "cond_lupus_nephritis_class_4"
        )
        system = "http://snomed.info/sct"
        full, lean = load_terminology(), load_terminology(licensed_snomed=False)
        assert full.concepts_of([(system, code)], None, kinds="condition").concepts
        assert not lean.concepts_of([(system, code)], None, kinds="condition").concepts
        # What words say is not a matter of licence.
        assert lean.concepts_of([(system, code)], "SLE", kinds="condition").by_text

    def test_the_notices_of_the_owners_are_shipped(self) -> None:
        notice = (FOLDER.parent / "NOTICE").read_text(encoding="utf-8")
        for owner in (
            "LOINC",
            "Regenstrief",
            "UCUM",
            "SNOMED",
            "CC BY 4.0",
            "National Library of Medicine",
            "WHO Collaborating Centre",
            "CDC",
            "NCHS",
            "World Health Organization",
            "HL7",
        ):
            assert owner in notice, owner

    def test_recalled_codes_are_in_no_code_set(self) -> None:
        for name in ("snomed_gps", "snomed_licensed", "cvx", "icd10pcs", "icd10"):
            for row in FILES[name]:
                if row["confidence"] == "recalled":
                    found = SETS.codes.concepts(name.partition("_")[0], row["code"]) or frozenset()
                    assert row["concept"] not in found, row

    def test_recalled_codes_come_only_when_asked_for(self) -> None:
        asked = load_terminology(recalled=True)
        coding = ("http://snomed.info/sct", "413712001")
        assert asked.concepts_of([coding], None, kinds="condition").concepts == {"cond_lactation"}
        assert not load_terminology().concepts_of([coding], None, kinds="condition").concepts


class TestFaultyData:
    def test_an_unknown_member_of_a_class_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = read_yaml
        monkeypatch.setattr(
            code_sets,
            "read_yaml",
            lambda path: (
                {"class_x": {"label": "x", "members": ["drug_imagined"]}}
                if path.name == "classes.yaml"
                else read(path)
            ),
        )
        with pytest.raises(CatalogueError, match="drug_imagined"):
            load_code_sets(licensed_snomed=True)

    def test_a_code_of_an_unknown_concept_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = read_csv
        row = {"concept": "cond_imagined", "code": "1", "display": "x", "confidence": "two", "source": "x"}
        monkeypatch.setattr(
            code_sets, "read_csv", lambda path: [row] if path.name == "cvx.csv" else read(path)
        )
        with pytest.raises(CatalogueError, match="cond_imagined"):
            load_code_sets(licensed_snomed=True)

    def test_an_unknown_kind_of_match_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = read_csv
        row = {
            "concept": "cond_sle",
            "code": "M32",
            "match": "sometimes",
            "edition": "",
            "display": "x",
            "confidence": "two",
            "source": "x",
        }
        monkeypatch.setattr(
            code_sets, "read_csv", lambda path: [row] if path.name == "icd10.csv" else read(path)
        )
        with pytest.raises(CatalogueError, match="sometimes"):
            load_code_sets(licensed_snomed=True)


def test_everything_loads_within_its_time() -> None:
    """Below 400 ms in a fresh process, imports not counted; products are read once."""
    program = (
        "import time, fhir_mappings.terminology as t\n"
        "start = time.process_time(); t.load_terminology(); print(time.process_time() - start)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=FOLDER.parent, capture_output=True, text=True, check=True
    )
    assert float(run.stdout) < 0.4
    assert load_terminology() is load_terminology()
    assert load_catalogue() is load_catalogue()
