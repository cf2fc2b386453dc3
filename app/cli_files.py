"""Patients from a file, for the command line: what is wrong with the file becomes an exit code."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Collection
from pathlib import Path

import typer

from app.cli_errors import UnreadableFileError, one_line
from app.surrogates import without_lone_surrogates
from fhir_mappings.errors import InputError
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts

GZIP = b"\x1f\x8b"


def read_file(file: str) -> bytes:
    """The bytes of a file, unpacked; ``-`` is standard input.

    Raises:
        UnreadableFileError: there is no such file, or its packing is damaged.
    """
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        # Bulk exports are often kept compressed.
        return without_lone_surrogates(gzip.decompress(body) if body.startswith(GZIP) else body)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UnreadableFileError(f"{file}: the gzip data are damaged or cut off") from None
    except OSError as error:
        raise UnreadableFileError(f"{file}: cannot be read: {error.strerror}") from None


def refuse_invalid(body: bytes, file: str) -> None:
    """Stop at what full FHIR validation refuses, with a line on standard error for each fault.

    Raises:
        UnreadableFileError: there is such a fault.
    """
    # Half a second of imports that nobody else need wait for.
    from app.strict_reading import refusals

    faults = list(refusals(body))
    for fault in faults:
        typer.echo(f"{file}: {one_line(fault)}", err=True)
    if faults:
        count = f"{len(faults)} departure{'s' * (len(faults) > 1)}"
        raise UnreadableFileError(f"{file}: {count} from FHIR R4; without --strict they are tolerated")


def patients_in(body: bytes, file: str, retrieved: Collection[str] | None) -> list[PatientFacts]:
    """The patients of a file, of which these resource types were wholly retrieved; all by default.

    Raises:
        UnreadableFileError: it is not FHIR, or holds no patient.
    """
    try:
        patients = read_patients(body, retrieved=retrieved)
    except InputError as error:
        raise UnreadableFileError(f"{file}: {error}") from None
    except Exception as error:
        raise UnreadableFileError(unscreened(file, error)) from None
    if not patients:
        raise UnreadableFileError(f"{file}: no patient in it; a Patient resource is needed")
    return patients


def unscreened(place: str, error: Exception) -> str:
    """Words on a fault that nobody foresaw; its own message may repeat values of the chart."""
    return one_line(f"{place}: could not be screened: {type(error).__name__}; please report it")
