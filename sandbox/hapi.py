"""Building and running the Java side: the HAPI FHIR server, and the validator."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

_HERE = Path(__file__).parent
_BUILT = _HERE.parent / "build" / "sandbox"
_CLASS_PATH = _BUILT / "classpath.txt"
_SOURCES = [_HERE / "pom.xml", *sorted(_HERE.glob("src/**/*.*"))]
_OLDEST_JAVA = 17
# Compiling to fast code costs more than a short life gives back: with the quick compiler alone the start
# takes less than half of the time.
_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

DETACHED = ("sh", "-c", '"$@" &', "sh")
"""Runs what follows as nobody's child, and out of reach of interrupts from the keyboard."""


class UnavailableError(Exception):
    """The sandbox cannot be built or started here; the message says why and what would help, in one line."""


class Issue(msgspec.Struct, frozen=True):
    """What the validator has to say of one place in a resource."""

    severity: str
    location: str
    message: str


def build() -> None:
    """Compile the Java side, once; Maven fetches what it is made of.

    Raises:
        UnavailableError: there is no JDK or no Maven here, or it failed.
    """
    _must_have_tools()
    _BUILT.mkdir(parents=True, exist_ok=True)
    with (_BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        _build()


def _build() -> None:
    if _is_built():
        return
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(_HERE / "pom.xml"), "compile"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        errors = [line for line in built.stdout.splitlines() if "ERROR" in line] or [built.stderr.strip()]
        raise UnavailableError(f"Maven could not build sandbox/pom.xml: {errors[0][:300]}")


def _is_built() -> bool:
    """Whether it is newer than its sources, and Maven's copies of what it is made of are there."""
    if not _CLASS_PATH.exists():
        return False
    newer = _CLASS_PATH.stat().st_mtime > max(file.stat().st_mtime for file in _SOURCES)
    return newer and all(Path(jar).exists() for jar in _CLASS_PATH.read_text("utf-8").strip().split(":"))


def _must_have_tools() -> None:
    for tool in ("javac", "mvn"):
        if shutil.which(tool) is None:
            raise UnavailableError(
                f"the sandbox needs a JDK ({_OLDEST_JAVA} or newer) and Maven; there is no '{tool}' here"
            )
    told = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=False)
    version = re.search(r"javac (\d+)", told.stdout + told.stderr)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise UnavailableError(
            f"the sandbox needs a JDK {_OLDEST_JAVA} or newer; here is {told.stdout.strip() or 'none'}"
        )


def _java(main: str, *arguments: str, memory: str) -> list[str]:
    class_path = f"{_BUILT / 'classes'}:{_CLASS_PATH.read_text('utf-8').strip()}"
    return ["java", f"-Xmx{memory}", *_QUICK, "-cp", class_path, f"sandbox.{main}", *arguments]


def start(port: int = 0, *, until: int | None = None) -> str:
    """Start a HAPI FHIR server, empty, on this machine alone. Call ``build`` before.

    Args:
        port: 0 for any free one.
        until: id of the process with which it ends; this one by default.

    Returns:
        Its address, without a path. The log goes to ``build/sandbox/server.log``.

    Raises:
        UnavailableError: it did not start.
    """
    log = _BUILT / "server.log"
    command = _java("SandboxServer", str(port), str(until or os.getpid()), memory="1500m")
    with (
        log.open("w", encoding="utf-8") as written,
        subprocess.Popen([*DETACHED, *command], stdout=subprocess.PIPE, stderr=written, text=True) as shell,
    ):
        assert shell.stdout is not None
        ready = re.search(r"http://[\d.]+:\d+", shell.stdout.readline())
    if ready is None:
        raise UnavailableError(f"the HAPI FHIR server did not start; see {log}")
    return ready[0]


def validate(resources: Iterable[Any]) -> list[list[Issue]]:
    """What HAPI's validator says of each R4 resource, in order; without network. Call ``build`` before.

    Raises:
        UnavailableError: the validator broke down.
    """
    lines = "".join(json.dumps(resource, ensure_ascii=False) + "\n" for resource in resources)
    told = subprocess.run(
        _java("ValidateResources", memory="1g"),
        input=lines,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if told.returncode not in (0, 1) or len(told.stdout.splitlines()) != lines.count("\n"):
        raise UnavailableError(f"the validator broke down: {told.stderr.strip()[-500:]}")
    return [msgspec.convert(json.loads(line)["issues"], list[Issue]) for line in told.stdout.splitlines()]
