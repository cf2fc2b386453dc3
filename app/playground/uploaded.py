"""A Bundle that somebody brings, as an EHR would hold it: one patient's resources under ids of a server.

Numbers keep their digits, since these tell how exact a result is. Nothing is kept beyond the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from app.errors import TooDeepError
from app.limits import must_be_shallow
from app.playground.ehr import Held, Resource
from app.playground.errors import PlaygroundError
from app.surrogates import without_lone_surrogates
from fhir_mappings.decoding import doubled_objects
from fhir_mappings.references import bare

BASE = "https://uploaded.trialcards.example/fhir"
"""Where the resources of a Bundle would live; an address reserved for examples."""
MOST_PATIENTS = 200
"""Patients of a Bundle among whom one can be chosen."""

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_HOLDERS = ("subject", "patient", "individual")
_LACKING: Resource = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "warning",
            "code": "incomplete",
            "diagnostics": "The Bundle does not hold all that there is, or not all of it can be read.",
        }
    ],
}


class Person(NamedTuple):
    """A patient of a Bundle: id, and the name for whoever chooses."""

    id: str
    name: str


class Upload(NamedTuple):
    """What was read of a Bundle.

    Attributes:
        people: its patients.
        resources: all of them, with ids, referring to each other as ``Type/id``.
        outcomes: OperationOutcomes that stand beside the results of every search: those of the Bundle, and
            one of ours where not all of it is here, or can be read.
    """

    people: tuple[Person, ...]
    resources: tuple[Resource, ...]
    outcomes: tuple[Resource, ...]

    def held(self, patient: str) -> tuple[Held, int]:
        """What an EHR holds of that patient, and how many resources are left out as somebody else's.

        Where a Bundle has one patient, what names nobody is taken for theirs.
        """
        alone = len(self.people) == 1
        own: list[Resource] = []
        others = 0
        for resource in self.resources:
            holders = {resource["id"]} if _is_patient(resource) else _holders(resource)
            if patient in holders or (alone and not holders):
                own.append(resource)
            else:
                others += bool(holders)
        medications = {
            f"Medication/{each['id']}": each
            for each in self.resources
            if each["resourceType"] == "Medication"
        }
        return Held(patient, own, BASE, (), medications, self.outcomes), others


def read_upload(content: bytes, most_bytes: int, deepest: int) -> Upload:
    """The Bundle in a file.

    Raises:
        PlaygroundError: the file is empty, too large, nested too deeply, not JSON, has a key twice, is no
            Bundle, or holds no Patient or too many.
    """
    if len(content) > most_bytes:
        raise PlaygroundError("too-large", 413, most=f"{most_bytes // 1_000_000} MB")
    bundle = _json(content, deepest)
    if not isinstance(bundle, dict) or not isinstance(bundle.get("resourceType"), str):
        raise PlaygroundError("not-fhir")
    if bundle["resourceType"] != "Bundle":
        raise PlaygroundError("not-a-bundle")
    entries, whole = list(_entries(bundle)), not _lacks(bundle)
    resources = [resource for _, resource in entries if resource["resourceType"] != "OperationOutcome"]
    outcomes = [resource for _, resource in entries if resource["resourceType"] == "OperationOutcome"]
    _number(resources)
    names = {url: f"{each['resourceType']}/{each['id']}" for url, each in entries if url and "id" in each}
    for resource in resources:
        _rename(resource, names)
    found = {each["id"]: Person(each["id"], _name(each)) for each in resources if _is_patient(each)}
    if not found:
        raise PlaygroundError("no-patient")
    if len(found) > MOST_PATIENTS:
        raise PlaygroundError("too-many-patients", most=MOST_PATIENTS)
    return Upload(tuple(found.values()), tuple(resources), (*outcomes, *(() if whole else (_LACKING,))))


def _json(content: bytes, deepest: int) -> Any:
    body = content.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        raise PlaygroundError("empty")
    try:
        body.decode("utf-8")
        must_be_shallow(body, deepest)
        document = _DECODER.decode(without_lone_surrogates(body))
    except UnicodeDecodeError:
        raise PlaygroundError("not-utf-8") from None
    except (TooDeepError, RecursionError):
        raise PlaygroundError("too-deep", most=deepest) from None
    except msgspec.DecodeError as error:
        raise PlaygroundError("not-json", why=str(error).removeprefix("JSON is malformed: ")) from None
    if doubled_objects(body):
        raise PlaygroundError(
            "doubled-keys"
        )  # the request that is made of it would hide what it does not say
    return document


def _entries(bundle: Resource) -> Iterator[tuple[str | None, Resource]]:
    """Each resource with its ``fullUrl``, those of nested Bundles among them."""
    for entry in _listed(bundle.get("entry")):
        resource = _resource(entry)
        if resource is not None and resource["resourceType"] == "Bundle":
            yield from _entries(resource)
        elif resource is not None:
            url = entry.get("fullUrl")
            yield (url if isinstance(url, str) else None), resource


def _lacks(bundle: Resource) -> bool:
    """Whether more exists than is here: further pages, a total that is not reached, entries that are none."""
    if any(isinstance(link, dict) and link.get("relation") == "next" for link in _listed(bundle.get("link"))):
        return True
    found = [_resource(entry) for entry in _listed(bundle.get("entry"))]
    total = bundle.get("total")
    if isinstance(total, int) and total > len(found):
        return True
    return any(each is None or (each["resourceType"] == "Bundle" and _lacks(each)) for each in found)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _resource(entry: Any) -> Resource | None:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    return resource if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str) else None


def _number(resources: list[Resource]) -> None:
    """Give an id to what has none, as a server does."""
    for count, resource in enumerate(resources, 1):
        if not isinstance(resource.get("id"), str) or not resource["id"]:
            resource["id"] = f"{resource['resourceType'].lower()}-{count}"


def _rename(value: Any, names: Mapping[str, str]) -> None:
    """References by the names of entries (``urn:uuid:…``) become ``Type/id``, as a server makes them."""
    if isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str) and reference in names:
            value["reference"] = names[reference]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            _rename(each, names)


def _is_patient(resource: Resource) -> bool:
    return bool(resource["resourceType"] == "Patient")


def _holders(resource: Resource) -> set[str]:
    """Ids of the patients whom a resource is about, as it names them."""
    each = [one for name in _HOLDERS for one in _listed(resource.get(name))]
    references = (one.get("reference") for one in each if isinstance(one, dict))
    named = (bare(text) for text in references if isinstance(text, str))
    return {text.removeprefix("Patient/") for text in named if text.startswith("Patient/")}


def _name(patient: Resource) -> str:
    """The name as recorded, for whoever chooses; else nothing."""
    names = patient.get("name")
    first = names[0] if isinstance(names, list) and names and isinstance(names[0], dict) else {}
    given = first.get("given")
    parts = [*(given if isinstance(given, list) else ()), first.get("family")]
    text = first.get("text")
    return text if isinstance(text, str) else " ".join(part for part in parts if isinstance(part, str))
