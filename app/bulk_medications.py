"""Medications that an export's orders name, and that are not in it: asked for by id.

They belong to no patient, so that exports of patients and groups often lack them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from app.named_medications import MEDICATION, chosen, named_in, searches
from fhir_mappings.client import (
    Address,
    Capabilities,
    Credentials,
    Exported,
    ExportedFile,
    FetchLimits,
    FhirClient,
    Network,
    News,
    Offer,
    Query,
)
from fhir_mappings.decoding import peek

FILE = f"{MEDICATION}-named.ndjson"
_TOLD = ".named-medications.json"
"""Not taken for data by what reads a directory of them."""
_ROUNDS = 3
"""Medications may be made of others."""
_AT_ONCE = 400
_SECONDS = 300.0
_CAPABILITY_SECONDS = 10.0
_LIMITS = FetchLimits(pages=5, resources=200, call_bytes=200_000_000, attempts=5, first_wait=1.0)


class _Told(msgspec.Struct, frozen=True):
    """Of which export, how many are there, in how many bytes, and why others are not, by their ids."""

    export: str
    lines: int
    bytes: int
    lacking: dict[str, str]


async def with_medications(
    found: Exported,
    base: Address,
    network: Network,
    auth: Credentials | None,
    heard: Callable[[News], None],
) -> Exported:
    """The export with what it names; done once, and then found again.

    A Medication that the server does not give makes the type incomplete; if it gives all, nothing lacks.
    """
    told = await _remembered(found, base, network, auth, heard)
    incomplete = {kind: why for kind, why in found.incomplete_types.items() if kind != MEDICATION}
    if told.lacking:
        whys = ", ".join(sorted(set(told.lacking.values())))
        incomplete[MEDICATION] = f"{len(told.lacking)} that orders name cannot be had: {whys}"
    files = found.files
    if told.lines:
        files = (*files, ExportedFile(found.directory / FILE, MEDICATION, told.lines, told.bytes))
    return msgspec.structs.replace(found, files=files, incomplete_types=dict(sorted(incomplete.items())))


async def _remembered(
    found: Exported,
    base: Address,
    network: Network,
    auth: Credentials | None,
    heard: Callable[[News], None],
) -> _Told:
    remembered = found.directory / _TOLD
    export = f"{found.target} {found.transaction_time}"
    if remembered.exists():
        told = msgspec.json.decode(remembered.read_bytes(), type=_Told)
        if told.export == export:
            return told
    here, named = await asyncio.to_thread(_looked_through, found.files, base)
    got: dict[str, msgspec.Raw] = {}
    lacking: dict[str, str] = {}
    wanted = sorted(named - here)
    offer = Offer()
    if wanted:
        offer = await Capabilities(network).offer(base, _CAPABILITY_SECONDS, private_allowed=True)
    client = FhirClient(base, network, auth, _LIMITS, private_allowed=True)
    for _ in range(_ROUNDS):
        for start in range(0, len(wanted), _AT_ONCE):
            heard(News(doing="asking", text=f"{start} of {len(wanted)} Medications that orders name"))
            batch = wanted[start : start + _AT_ONCE]
            came, whys = await _asked(client, batch, offer)
            got |= came
            lacking |= whys
        parts = {name for raw in got.values() for name in named_in(raw, base)}
        wanted = sorted(parts - here - got.keys() - lacking.keys())
        if not wanted:
            break
    (found.directory / FILE).unlink(missing_ok=True)
    body = b"".join(_in_one_line(got[name]) for name in sorted(got))
    if body:
        _write(found.directory / FILE, body)
    told = _Told(export, len(got), len(body), lacking)
    _write(remembered, msgspec.json.encode(told))
    return told


async def _asked(
    client: FhirClient, ids: Sequence[str], offer: Offer
) -> tuple[dict[str, msgspec.Raw], dict[str, str]]:
    """The Medications of these ids, and why others did not come."""
    loop = asyncio.get_running_loop()
    answers = await client.fetch(searches(ids, offer), loop.time() + _SECONDS)
    came = chosen((raw for answer in answers.values() for raw in answer.resources), ids)
    reads = {name: Query(MEDICATION, f"{MEDICATION}/{name}") for name in ids if name not in came}
    answers = await client.fetch(reads, loop.time() + _SECONDS)
    came |= chosen((raw for answer in answers.values() for raw in answer.resources), ids)
    return came, {name: answers[name].why or "wrong-type" for name in reads if name not in came}


def _looked_through(files: Iterable[ExportedFile], base: Address) -> tuple[set[str], set[str]]:
    """The ids of Medications that are there, and of those that are named."""
    here: set[str] = set()
    named: set[str] = set()
    for file in files:
        if not file.type.startswith(MEDICATION):
            continue
        for raw in _lines(file.path):
            named.update(named_in(raw, base))
            seen = peek(raw) if file.type == MEDICATION else None
            if seen is not None and seen.id is not None:
                here.add(seen.id)
    return here, named


def _lines(path: Path) -> Iterator[msgspec.Raw]:
    with path.open("rb") as read:
        for line in filter(bytes.strip, read):
            yield msgspec.Raw(line)


def _in_one_line(raw: msgspec.Raw) -> bytes:
    return bytes(raw).replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


def _write(path: Path, body: bytes) -> None:
    """In one step, and for its owner alone."""
    beside = path.with_name(f"{path.name}.part")
    with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as written:
        written.write(body)
        written.flush()
        os.fsync(written.fileno())
    beside.replace(path)
