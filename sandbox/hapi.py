"""Building and running the Java side: the HAPI FHIR server, and the validator."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    if _CLASS_PATH.exists() and _CLASS_PATH.stat().st_mtime > max(file.stat().st_mtime for file in _SOURCES):
        return
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(_HERE / "pom.xml"), "compile"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        errors = [line for line in built.stdout.splitlines() if "ERROR" in line] or [built.stderr.strip()]
        raise UnavailableError(f"Maven could not build sandbox/pom.xml: {errors[0][:300]}")


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


@contextmanager
def running(port: int = 0) -> Iterator[str]:
    """A HAPI FHIR server on this machine alone, empty; yields its address, without a path.

    Call ``build`` before. ``port`` 0 takes any free port. The log goes to ``build/sandbox/server.log``.

    Raises:
        UnavailableError: it did not start.
    """
    log = _BUILT / "server.log"
    with (
        log.open("w", encoding="utf-8") as written,
        subprocess.Popen(
            _java("SandboxServer", str(port), memory="1500m"),
            stdin=subprocess.PIPE,  # the server ends when this process does, however that happens
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
        ) as server,
    ):
        try:
            assert server.stdout is not None
            ready = re.search(r"http://[\d.]+:\d+", server.stdout.readline())
            if ready is None:
                raise UnavailableError(f"the HAPI FHIR server did not start; see {log}")
            yield ready[0]
        finally:
            server.terminate()


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
