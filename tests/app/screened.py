"""A chart for the command line to screen, and what came of it in a form that can be compared."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tests.app.command_line import Ran


def chart_file(prefetch: Mapping[str, Any], folder: Path, leave_out: Collection[str] = ()) -> Path:
    """All that a client prefetched as one Bundle in a file, without these resource types."""
    entries = []
    for value in prefetch.values():
        found = (
            value.get("entry", []) if value and value["resourceType"] == "Bundle" else [{"resource": value}]
        )
        entries += [e for e in found if e["resource"] and e["resource"]["resourceType"] not in leave_out]
    file = folder / "chart.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
    return file


def judged(ran: Ran) -> dict[str, Any]:
    """The verdicts, and the outcome of each criterion with its reason."""
    return {
        screening["protocol"]: [
            screening["verdict"],
            {found["criterion"]: (found["outcome"], found.get("reason")) for found in screening["findings"]},
        ]
        for screening in json.loads(ran.out)["screenings"]
    }


def outcomes(reports: dict[str, Any]) -> dict[str, Any]:
    """Without the reasons, which tell what was refused from what was never asked for."""
    return {
        protocol: [verdict, {name: outcome for name, (outcome, _) in findings.items()}]
        for protocol, (verdict, findings) in reports.items()
    }
