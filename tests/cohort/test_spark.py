"""Spark finds of a population what this machine's processes find of it, row by row."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cohort.local import screen_locally
from cohort.record import RunRecord
from cohort.spark import screen_with_spark
from cohort.spark_session import session
from tests.cohort.populations import Resource, everything, plan, population, resources, write_lines
from tests.cohort.sparks import no_spark
from tests.lacking import lacking

pytestmark = pytest.mark.xdist_group("spark")  # one process starts it, and once

PATIENTS = 2_000
FORMULARY = 40


def lines_of(given: list[Resource]) -> list[str]:
    return [json.dumps(one, ensure_ascii=False) for one in given]


@pytest.fixture(scope="module", autouse=True)
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A session for all tests here: each run finds it active, and leaves it."""
    if (why := no_spark()) is not None:
        lacking(why)
    scratch = tmp_path_factory.mktemp("scratch")
    with session("local[2]", {"spark.driver.memory": "1g", "spark.default.parallelism": "2"}, scratch):
        yield


def medications() -> list[Resource]:
    """Drugs that belong to nobody; some name their ingredient by reference, up to two steps further."""
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    codes = ["121191", "5521", "68149", "1256"]
    own: list[Resource] = [
        {"resourceType": "Medication", "id": f"d{n}", "code": {"coding": [{"system": rxnorm, "code": code}]}}
        for n, code in enumerate(codes * (FORMULARY // len(codes)))
    ]
    for number in range(0, FORMULARY, 5):
        del own[number]["code"]
        own[number]["ingredient"] = [{"itemReference": {"reference": f"Medication/i{number}"}}]
        own.append(
            {
                "resourceType": "Medication",
                "id": f"i{number}",
                "ingredient": [{"itemReference": {"reference": f"Substance/s{number}"}}],
            }
        )
        own.append(
            {
                "resourceType": "Substance",
                "id": f"s{number}",
                "code": {"coding": [{"system": rxnorm, "code": codes[number % len(codes)]}]},
            }
        )
    return own


def request(patient: str, number: int) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": f"by-reference-{number}",
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-05-20",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationReference": {"reference": f"Medication/d{number % (FORMULARY + 3)}"},
    }


def write_population(base: Path) -> list[Path]:
    """Two directories with all that makes lines hard to bring to their patients."""
    whole, later = base / "whole", base / "later"
    (whole / "sub folder").mkdir(parents=True)
    later.mkdir()
    chance = random.Random(11)  # noqa: S311
    lines: list[str] = []
    bundles: list[str] = []
    changed: list[str] = []
    gone: list[Resource] = []
    names = sorted({one["id"] for one in population(8) if one["resourceType"] == "Patient"})
    for number in range(PATIENTS):
        # As in a hospital, most have another disease, which also takes less time.
        own = resources(names[number // 5 % 8] if number % 5 == 0 else "peter-novak", number + 1)
        patient = next(one for one in own if one["resourceType"] == "Patient")
        patient["identifier"] = [{"system": "urn:mrn", "value": str(number - number % 50)}]
        if number % 3 == 0:
            own.append(request(patient["id"], number))
        if number % 20 == 1:  # its number before a merger
            patient["link"] = [{"type": "replaces", "other": {"reference": f"Patient/old-{number}"}}]
            own[1:] = json.loads(
                json.dumps(own[1:]).replace(f'"Patient/{patient["id"]}"', f'"Patient/old-{number}"')
            )
        if number % 25 == 0:  # by identifier alone: of one patient, of several, of none
            patient["identifier"][0]["value"] = f"only-{number}"
            values = [f"only-{number}", "0" if number else "50", "nobody"]
            for value, one in zip(values, own[2:5], strict=False):
                one.pop("patient", None)
                one["subject"] = {"identifier": {"system": "urn:mrn", "value": value}}
        if number % 10 == 3:
            changed += lines_of([{**patient, "birthDate": "1950-01-01"}])
            gone += own[-1:]
        if number % 40 == 7:
            bundle = {"resourceType": "Bundle", "type": "collection"}
            bundles += lines_of([{**bundle, "entry": [{"resource": one} for one in own]}])
        else:
            lines += lines_of(own)
        if number % 50 == 9:
            lines.append(lines_of(own[2:3])[0][:-20])
    lines += [
        "",
        "what is this?",
        "[1]",
        '{"resourceType":"Observation","id":"o"}',
        '{"resourceType":"Claim"}',
    ]
    chance.shuffle(lines)
    cut = len(lines) // 3
    write_lines(whole / "a.ndjson", "\ufeff" + "\r\n".join(lines[:cut]))
    write_lines(
        whole / "sub folder" / "b c%20.NDJSON.gz", "".join(f"{line}\n" for line in lines[cut : 2 * cut])
    )
    write_lines(whole / "sub folder" / "c.jsonl", "".join(f"{line}\n\n" for line in lines[2 * cut :]))
    write_lines(whole / "bundles.json", "".join(f"{line}\n" for line in bundles))
    write_lines(whole / "drugs.ndjson", "".join(f"{line}\n" for line in lines_of(medications())))
    group = [{"resource": one} for one in [*resources("lin-mei", 5_000), *resources("sofia-reyes", 5_000)]]
    write_lines(whole / "group.json", json.dumps({"resourceType": "Bundle", "entry": group}, indent=1))
    (whole / "log.txt").write_text("not of the export", encoding="utf-8")
    write_lines(later / "changed.ndjson", "".join(f"{line}\n" for line in changed))
    entries = [{"request": {"method": "DELETE", "url": f"{one['resourceType']}/{one['id']}"}} for one in gone]
    deleted = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    write_lines(later / "deleted.ndjson", json.dumps(deleted))
    drug = {**medications()[1], "status": "active"}
    write_lines(later / "drugs.ndjson", json.dumps(drug))
    return [whole, later]


class Both:
    """A population, screened by both engines."""

    def __init__(self, base: Path) -> None:
        self.base = base
        inputs = write_population(base)
        self.local = screen_locally(inputs, base / "local", plan(), workers=1)
        self.spark = self.on_spark(base / "spark")
        self.rows_locally, self.rows = everything(base / "local"), everything(base / "spark")

    def on_spark(self, out: Path, **more: Any) -> RunRecord:
        inputs = [str(self.base / name) for name in ("whole", "later")]
        return screen_with_spark(inputs, out, plan(), partitions=7, **more)


@pytest.fixture(scope="module")
def both(spark: None, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("both"))


class TestTwoThousandPatients:
    """One test: processes of a test run share no session, and each would screen anew."""

    def test_have_the_same_rows_and_account_of_lines(self, both: Both) -> None:
        for table in ("patients", "screenings", "findings", "needs", "rejected"):
            ours, theirs = both.rows[table], both.rows_locally[table]
            assert len(theirs) >= (100 if table == "rejected" else PATIENTS), table
            differing = [pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]]
            assert differing[:1] == [], table
            assert len(ours) == len(theirs), table
        assert both.spark.result is not None
        assert both.local.result is not None
        lines = both.spark.result.lines
        assert lines == both.local.result.lines
        for each in ("blank", "shared", "unused", "split", "entries", "of_nobody", "deleted", "rejected"):
            assert getattr(lines, each), each
        assert both.spark.result.kinds == both.local.result.kinds
        assert both.spark.result.patients == both.local.result.patients
        assert both.spark.result.ignored == both.local.result.ignored


class TestAPackedFileThatIsCutOff:
    def test_gives_what_can_be_unpacked_and_is_told(self, tmp_path: Path) -> None:
        bulk = tmp_path / "bulk"
        bulk.mkdir()
        people = [one for one in population(8) if one["resourceType"] == "Patient"]
        rest = [one for one in population(8) if one["resourceType"] != "Patient"]
        write_lines(bulk / "people.ndjson", "".join(f"{line}\n" for line in lines_of(people)))
        packed = gzip.compress("".join(f"{line}\n" for line in lines_of(rest)).encode())
        (bulk / "labs.ndjson.gz").write_bytes(packed[: len(packed) // 2])
        record = screen_with_spark([str(bulk)], tmp_path / "out", plan(), partitions=2)
        assert record.result is not None
        assert list(record.result.broken_off) == ["labs.ndjson.gz"]
        assert record.result.patients == 8
