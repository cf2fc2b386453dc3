"""How the cost of one screening grows with the chart: CPU time for each resource, at ten times as many.

    python bench/growth.py [--rounds N]

A demonstration chart is filled up with orders, reports or results, then read and judged against all open
protocols. What a resource costs should not depend on how many there are: the ratios printed should be about
1, and a comparison of all with all would make them 10. Of reports of 5 KB, the cost of reading their words is
told for each character.

Trust the ratios of one run; milliseconds depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from app.demo.patients import demo_patients
from app.screening import ScreeningService
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord

AS_OF = date(2026, 6, 15)
KINDS = ("MedicationRequest", "DiagnosticReport", "Observation", "Condition")
FEW, MANY = 400, 4_000
REPORTS, REPORT_SIZE = 200, 5_000
_SENTENCES = (
    "No evidence of crescents or necrosis.",
    "Mild mesangial proliferation is seen without endocapillary hypercellularity.",
    "The findings do not suggest membranous nephropathy.",
    "Lupus nephritis, ISN/RPS class IV (A/C).",
    "The tubules show mild atrophy of about 15 %.",
    "Immunofluorescence: IgG 3+, IgA 1+, C3 2+, C1q 2+ in a granular pattern.",
    "NIH activity index 6 of 24, chronicity index 2 of 12.",
    "20 glomeruli are seen, of which 2 are globally sclerosed.",
    "Previous biopsy in 2019 showed class III lupus nephritis.",
)


def chart(kind: str, number: int, report_size: int = 0) -> bytes:
    """A demonstration chart with so many more resources of a type; the reports as long as asked."""
    bundle = demo_patients()["lin-mei"].bundle(AS_OF)
    own = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]
    sentences = random.Random(1)  # noqa: S311  # the same reports in each run
    for position in range(number):
        resource: dict[str, Any] = {**own[position % len(own)], "id": f"more-{position}"}
        if report_size:
            words = [f"Case {position}."]
            while sum(map(len, words)) < report_size:
                words.append(sentences.choice(_SENTENCES))
            resource["conclusion"] = " ".join(words)
        bundle["entry"].append({"resource": resource})
    return json.dumps(bundle).encode()


def seconds(service: ScreeningService, body: bytes, rounds: int) -> float:
    """CPU time of reading and judging the chart, the median of so many rounds."""
    used = []
    for _ in range(rounds):
        before = time.process_time()
        service.screen_record(PatientRecord(read_patients(body)[0]), AS_OF)
        used.append(time.process_time() - before)
    return statistics.median(used)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds; medians are taken over them")
    rounds = parser.parse_args().rounds
    service = ScreeningService.bundled()
    seconds(service, chart("Condition", 0), 3)  # warms up
    bare = seconds(service, chart("Condition", 0), rounds)
    print(f"the chart alone      {bare * 1000:8.1f} ms")
    for kind in KINDS:
        few, many = (seconds(service, chart(kind, number), rounds) - bare for number in (FEW, MANY))
        print(
            f"{kind:20} {few / FEW * 1000:8.3f} ms each at {FEW}, {many / MANY * 1000:.3f} ms at {MANY}: "
            f"ratio {many / few / (MANY / FEW):.2f}"
        )
    short, long = (
        seconds(service, chart("DiagnosticReport", REPORTS, size), rounds) - bare for size in (1, REPORT_SIZE)
    )
    print(f"{REPORTS} reports of {REPORT_SIZE} characters {long:.2f} s, of a word or two {short:.2f} s")
    print(f"    {long / REPORTS / REPORT_SIZE * 1e6:.2f} µs a character")


if __name__ == "__main__":
    main()
