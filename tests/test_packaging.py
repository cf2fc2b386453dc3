"""What a newcomer, a packager and an operator rely on: the commands, the locks, the wheel, the documents."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app import __version__

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ROOMS: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
SOURCE_ONLY = {".py", ".pyc"}


def name_of(requirement: str) -> str:
    """The distribution's name as PyPI normalises it."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def locked(file: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / file).read_text("utf-8").splitlines()
    pins = [line.split(" ")[0].split("==") for line in lines if "==" in line and not line.startswith(" ")]
    return {name_of(name): version for name, version in pins}


RUN = [name_of(requirement) for requirement in PROJECT["project"]["dependencies"]]
DEV = [name_of(requirement) for requirement in PROJECT["project"]["optional-dependencies"]["dev"]]
SPARK = [name_of(requirement) for requirement in PROJECT["project"]["optional-dependencies"]["spark"]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from this directory with the pinned back end and without network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_every_data_file_of_every_room(wheel: zipfile.ZipFile) -> None:
    packed = set(wheel.namelist())
    there = {
        file.relative_to(ROOT).as_posix()
        for room in ROOMS
        for file in (ROOT / room).rglob("*")
        if file.is_file() and file.suffix not in SOURCE_ONLY
    }
    assert {"app/demo/patients/lin-mei.yaml", "app/rendering/templates/screening.html"} <= there
    assert there <= packed


def test_the_wheel_carries_the_licence_the_notice_and_the_type_marker(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    for expected in ("licenses/LICENSE", "licenses/NOTICE"):
        assert any(name.endswith(expected) for name in names), expected
    assert {f"{room}/py.typed" for room in ROOMS} <= set(names)


def test_the_wheel_installs_the_command_trialcards(wheel: zipfile.ZipFile) -> None:
    entry_points = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "trialcards = app.cli:main" in wheel.read(entry_points).decode()


def test_one_version_everywhere() -> None:
    assert PROJECT["project"]["version"] == __version__


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_command_that_a_document_names_exists(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:^|`|\$ )make ([a-z]+)", document.read_text("utf-8"), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_links_to_exists(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text("utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_every_dependency_has_a_line_that_says_why_it_is_there() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    explained = {name_of(name) for name in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)}
    assert explained == {*RUN, *DEV, *SPARK}


def test_every_dependency_of_the_product_is_imported_by_it() -> None:
    modules = {
        "argon2-cffi": "argon2",
        "markdown-it-py": "markdown_it",
        "pyjwt": "jwt",
        "python-dateutil": "dateutil",
        "pyyaml": "yaml",
    }
    source = "\n".join(file.read_text("utf-8") for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    for name in RUN:
        module = modules.get(name, name.replace("-", "_"))
        # "fhir-resources" is the package "fhir.resources".
        pattern = rf"^\s*(?:from|import) {re.escape(module).replace('_', '[_.]')}\b"
        # Drivers of databases are imported by SQLAlchemy, by their name in an address.
        assert re.search(rf"{pattern}|postgresql\+{re.escape(module)}\b", source, re.MULTILINE), name


def test_the_locks_pin_every_dependency_and_agree_with_each_other() -> None:
    run, dev, build = locked("run.txt"), locked("dev.txt"), locked("build.txt")
    assert set(RUN) <= set(run)
    assert {*DEV, *SPARK} <= set(dev)
    assert "hatchling" in build
    assert run.items() <= dev.items()
    assert all(dev.get(name, version) == version for name, version in build.items())


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt", "build.txt", "lock.txt", "servers.txt"])
def test_every_pin_carries_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements" / lock).read_text("utf-8").strip())
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_image_is_made_of_every_room() -> None:
    image = (ROOT / "Dockerfile").read_text("utf-8")
    context = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for room in ROOMS:
        assert f"COPY {room}/ {room}/" in image
        assert f"!{room}/" in context


@pytest.mark.parametrize(
    "script",
    [
        ".ci/run",
        "scripts/find-chromium",
        "scripts/find-python",
        "scripts/install-chromium",
        "scripts/install-release",
    ],
)
def test_scripts_can_be_run_and_stop_at_the_first_fault(script: str) -> None:
    file = ROOT / script
    assert os.access(file, os.X_OK)
    assert "set -euo pipefail" in file.read_text("utf-8")


def test_an_interpreter_that_is_too_old_is_refused_in_words(tmp_path: Path) -> None:
    old = tmp_path / "python2"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    found = subprocess.run([ROOT / "scripts/find-python", old], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stdout == ""
    assert "Python 3.11, 3.12 or 3.13" in found.stderr


def test_a_browser_that_does_not_run_is_refused_in_words(tmp_path: Path) -> None:
    stub = tmp_path / "chromium-browser"
    stub.write_text("#!/bin/sh\necho 'this needs a package of another kind'\n")
    stub.chmod(0o755)
    found = subprocess.run(
        [ROOT / "scripts/find-chromium"],
        env={**os.environ, "CHROMIUM": str(stub)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == f"CHROMIUM={stub} is no Chromium that runs\n"
