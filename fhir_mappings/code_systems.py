"""Code systems: which one a URI means, and the one spelling of a code in it."""

from __future__ import annotations

import functools
import re

from fhir_mappings.catalogue import FOLDER, read_yaml

_SCHEME = re.compile(r"^https?:")
_VERSION = re.compile(r"[|#?].*$")


@functools.lru_cache(maxsize=1024)
def system_of(uri: str) -> str | None:
    """The name of the code system (``loinc``, ``snomed``, ``icd10cm`` …), ``None`` if it is none of ours.

    Scheme, case, version and trailing slashes do not matter; object identifiers are known.
    """
    whole, parts = _systems()
    key = _folded(uri)
    found = whole.get(key)
    if found is not None:
        return found
    return next((name for part, name in parts if part in key), None)


def _folded(uri: str) -> str:
    text = _SCHEME.sub("http:", uri.strip().lower())
    if text not in _with_query():
        text = _VERSION.sub("", text)
    return text.rstrip("/")


@functools.cache
def _with_query() -> frozenset[str]:
    return frozenset(
        uri for entry in read_yaml(FOLDER / "codesets" / "code_systems.yaml").values() for uri in entry["is"]
    )


@functools.cache
def _systems() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    raw = read_yaml(FOLDER / "codesets" / "code_systems.yaml")
    whole = {uri.rstrip("/"): name for name, entry in raw.items() for uri in entry["is"]}
    return whole, tuple((part, name) for name, entry in raw.items() for part in entry["has"])


_MARKS = re.compile(r"[.\s*!#]")
_DAGGER = re.compile(r"[+†/\s]+")


def code_in(system: str, code: str) -> str:
    """The spelling of a code by which the code sets know it.

    ICD-10 loses its dots and the marks of dagger and asterisk; a dagger pair (``M32.1†N08.5*``) becomes
    ``M321+N085``. CVX codes have two digits at least. A SNOMED CT code loses the term behind it.
    """
    bare = code.strip()
    if system in {"icd10", "icd10cm"}:
        parts = [_MARKS.sub("", part) for part in _DAGGER.split(bare.upper())]
        return "+".join([part for part in parts if part][:2])
    if system in {"atc", "icd10pcs"}:
        return bare.upper()
    if system == "cvx":
        return bare.zfill(2) if bare.isdigit() else bare
    if system == "snomed":
        return bare.partition("|")[0].strip()
    return bare
