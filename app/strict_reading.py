"""The strict reader: what full FHIR R4 validation would refuse in a file.

The service itself reads leniently, because EHRs send resources that are not quite valid. Whoever wants to
know where theirs differ asks for this reading; it uses the models of ``fhir.resources`` (R4B).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError


def refusals(body: bytes) -> Iterator[str]:
    """Every reason to refuse the file, one line each: resource, element, fault.

    ``body`` is a Bundle, a single resource, or NDJSON with one of these on each line. Entries of a Bundle
    are judged one by one, so that each fault is told once and with the resource it belongs to.
    """
    for place, document in _documents(body):
        if isinstance(document, str):
            yield f"{place}: {document}"
            continue
        for resource in _resources(document):
            yield from (f"{place}: {fault}" if place else fault for fault in _faults(resource))


def _documents(body: bytes) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """The JSON objects of the file, each with its line (none if the file is one object), or what is wrong."""
    try:
        whole = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
        if len(lines) < 2:
            yield "file", f"not JSON: {error}"
            return
        for number, line in lines:
            yield f"line {number}", _object(line)
        return
    yield "", whole if isinstance(whole, dict) else "a FHIR resource is a JSON object"


def _object(line: bytes) -> dict[str, Any] | str:
    try:
        value = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        return f"not JSON: {error}"
    return value if isinstance(value, dict) else "a FHIR resource is a JSON object"


def _resources(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The resource itself; for a Bundle its frame, and each resource in it."""
    if document.get("resourceType") != "Bundle" or not isinstance(document.get("entry"), list):
        yield document
        return
    inner = [entry.get("resource") for entry in document["entry"] if isinstance(entry, dict)]
    yield {key: value for key, value in document.items() if key != "entry"}
    yield from (resource for resource in inner if isinstance(resource, dict))


def _faults(resource: dict[str, Any]) -> Iterator[str]:
    kind = resource.get("resourceType")
    name = f"{kind}/{resource.get('id', '(no id)')}"
    if not isinstance(kind, str):
        yield "a resource has no resourceType"
        return
    try:
        model = get_fhir_model_class(kind)
    except (KeyError, LookupError, ValueError, ImportError):
        yield f"{name}: there is no resource type '{kind}' in FHIR R4"
        return
    try:
        model.model_validate(resource)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            path = ".".join(str(part) for part in found["loc"])
            yield f"{name}: {path}: {found['msg']}" if path else f"{name}: {found['msg']}"
    except (KeyError, TypeError, ValueError) as error:
        # Contained resources of a type that the models do not know surface as bare errors.
        yield f"{name}: {error}"
