"""The command line as a test calls it, and what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.cli import main

PROTOCOLS = Path(__file__).parents[2] / "eligibility" / "protocols"


class Ran(NamedTuple):
    """Exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def runner(capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls the command line in this process, and captures what it says."""

    def run(*arguments: str | Path) -> Ran:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


def written(file: Path, *documents: Any) -> Path:
    file.write_text("\n".join(json.dumps(document) for document in documents), "utf-8")
    return file


def screened(ran: Ran) -> dict[str, Any]:
    assert (ran.code, ran.err) == (0, "")
    report: dict[str, Any] = json.loads(ran.out)
    return report


def one_line(text: str) -> bool:
    return text.startswith("trialcards: ") and text.count("\n") == 1 and text.endswith("\n")
