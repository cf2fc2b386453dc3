"""A server of this machine that exports in bulk, well or as badly as a test wants it to."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fhir_mappings.client import BulkExport, Exported, Network, News, Patience, export_target, export_to
from tests.fhir_mappings.client.misbehaving import Server, answer, serving

QUICK = Patience(
    first_poll=0.01,
    longest_poll=0.02,
    least_poll=0.0,
    first_wait=0.01,
    longest_wait=0.02,
    attempts=4,
    silence=2.0,
)
TYPES = ("Condition", "Medication", "Observation", "Patient")
Fault = tuple[str, tuple[str, ...], bytes]


def ndjson(kind: str, count: int, padding: int = 0) -> bytes:
    """So many resources, each with its number."""
    rows = ({"resourceType": kind, "id": f"{kind}-{n}", "text": "x" * padding} for n in range(count))
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def outcome(words: str, severity: str = "error", code: str = "processing") -> bytes:
    issue = {"severity": severity, "code": code, "diagnostics": words}
    return json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()


class BulkServer:
    """The server.

    Attributes:
        files: by resource type, what it exports.
        resources: by id, what can be read besides.
        errors: OperationOutcomes of its manifest.
        deleted: Bundles of its manifest.
        faults: answers in place of the right ones, by what is asked for, one request after another:
            ``kick-off``, ``status``, ``delete``, ``metadata`` or the name of a file.
        refuses: types that may not be named in ``_type``; ``says``: what it tells then.
        polls: how often it is not done yet; ``retry_after``, ``progress``: what it tells then.
        ranges: whether parts of files can be had; ``packs``: whether files are packed if that is taken.
        cut: after how many bytes a file breaks off; ``cuts``: how often.
        stalls: after how many bytes nothing more of a file comes.
        silent_at: what is never answered.
        counts: whether the manifest tells how many resources a file has; ``count``: in place of the truth.
        manifest: adds to it.
        asked: what was asked for, in order.
        kicked: the queries of kick-offs.
    """

    def __init__(self) -> None:
        self.base = ""
        self.files: dict[str, bytes] = {
            "Patient": ndjson("Patient", 3),
            "Observation": ndjson("Observation", 9),
        }
        self.resources: dict[str, dict[str, Any]] = {}
        self.errors: list[bytes] = []
        self.deleted: list[bytes] = []
        self.faults: dict[str, list[Fault]] = {}
        self.refuses: frozenset[str] = frozenset()
        self.says: Callable[[list[str]], str] = lambda types: f"not exported: {', '.join(types)}"
        self.has: tuple[str, ...] | None = None
        self.polls = 2
        self.retry_after: str | None = None
        self.progress = "half of it"
        self.ranges = True
        self.packs = False
        self.cut: dict[str, int] = {}
        self.cuts = 1
        self.stalls: dict[str, int] = {}
        self.counts = True
        self.count: dict[str, int] = {}
        self.manifest: dict[str, Any] = {}
        self.silent_at: str | None = None
        self.asked: list[str] = []
        self.heads: dict[str, list[str]] = {}
        self.kicked: list[str] = []
        self.sent: Counter[str] = Counter()
        self.jobs = 0
        self.deleted_jobs: list[str] = []
        self._polled = 0
        self.server: Server

    async def behave(self, line: str, writer: asyncio.StreamWriter) -> None:
        head = self.server.heads[-1]
        method, path = line.split(" ")[:2]
        path, _, query = path.partition("?")
        what = self._what(method, path)
        self.asked.append(what)
        self.heads.setdefault(what, []).append(head)
        if self.silent_at == what:
            await asyncio.sleep(60)
        if self.faults.get(what):
            status, headers, body = self.faults[what].pop(0)
            writer.write(answer(body, *headers, status=status))
        elif what == "kick-off":
            writer.write(self._kick_off(query))
        elif what == "status":
            writer.write(self._status())
        elif what == "delete":
            self.deleted_jobs.append(path.rpartition("/")[2])
            writer.write(answer(b"", status="202 Accepted"))
        elif what == "metadata":
            writer.write(self._metadata())
        elif what in self.resources:
            writer.write(answer(json.dumps(self.resources[what]).encode()))
        else:
            await self._file(what, head, writer)

    def _what(self, method: str, path: str) -> str:
        if path.endswith("$export"):
            return "kick-off"
        if "/status/" in path:
            if not path.endswith(f"/{self.jobs}"):
                return "gone"
            return "delete" if method == "DELETE" else "status"
        return path.rpartition("/")[2]

    def _kick_off(self, query: str) -> bytes:
        self.kicked.append(query)
        named = re.search(r"_type=([^&]*)", query)
        refused = sorted(self.refuses & frozenset(named[1].split(","))) if named else []
        if refused:
            return answer(outcome(self.says(refused)), status="400 Bad Request")
        self.jobs += 1
        self._polled = 0
        return answer(b"", f"content-location: {self.base}/status/{self.jobs}", status="202 Accepted")

    def _status(self) -> bytes:
        self._polled += 1
        if self._polled <= self.polls:
            told = [f"x-progress: {self.progress}"]
            told += [f"retry-after: {self.retry_after}"] if self.retry_after is not None else []
            return answer(b"", *told, status="202 Accepted")
        listed = {
            "transactionTime": "2026-06-15T00:00:00Z",
            "request": f"{self.base}/$export",
            "requiresAccessToken": True,
            "output": [self._entry(kind, body) for kind, body in self.files.items()],
            "deleted": [self._entry(f"deleted-{n}", body) for n, body in enumerate(self.deleted)],
            "error": [self._entry(f"error-{n}", body) for n, body in enumerate(self.errors)],
        }
        return answer(json.dumps(listed | self.manifest).encode())

    def _entry(self, name: str, body: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": name.partition("-")[0], "url": f"{self.base}/files/{name}"}
        if self.counts:
            entry["count"] = self.count.get(name, body.count(b"\n"))
        return entry

    def _metadata(self) -> bytes:
        if self.has is None:
            return answer(b"", status="404 Not Found")
        rest = [{"mode": "server", "resource": [{"type": kind} for kind in self.has]}]
        told = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}
        return answer(json.dumps(told).encode())

    async def _file(self, name: str, head: str, writer: asyncio.StreamWriter) -> None:
        bodies = dict(self.files)
        bodies |= {f"error-{n}": body for n, body in enumerate(self.errors)}
        bodies |= {f"deleted-{n}": body for n, body in enumerate(self.deleted)}
        if name not in bodies:
            writer.write(answer(b"", status="404 Not Found"))
            return
        body, status, headers = bodies[name], "200 OK", ["content-type: application/fhir+ndjson"]
        asked = re.search(r"(?im)^range: bytes=(\d+)-", head)
        if asked and self.ranges:
            start = int(asked[1])
            status = "206 Partial Content"
            headers.append(f"content-range: bytes {start}-{len(body) - 1}/{len(body)}")
            body = body[start:]
        elif self.packs and re.search(r"(?im)^accept-encoding: .*gzip", head):
            body = gzip.compress(body)
            headers.append("content-encoding: gzip")
        whole = answer(body, *headers, status=status).replace(b"content-type: application/fhir+json\r\n", b"")
        if name in self.stalls:
            writer.write(whole[: len(whole) - len(body) + self.stalls[name]])
            await writer.drain()
            await asyncio.sleep(60)
        left = self.cut.get(name)
        if left is not None and self.cuts > 0:
            self.cuts -= 1
            left = min(left, len(body))
            at = len(whole) - len(body) + left
            self.sent[name] += left
            writer.write(whole[:at])
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()
            return
        self.sent[name] += len(body)
        writer.write(whole)


@contextmanager
def bulk_server() -> Iterator[BulkServer]:
    """The server, on a free port of this machine."""
    bulk = BulkServer()
    with serving(bulk.behave) as server:
        bulk.server, bulk.base = server, server.base
        yield bulk


def exported_from(
    url: str,
    directory: Path,
    *,
    heard: Callable[[News], None] = lambda _: None,
    wanted: Mapping[str, Any] | None = None,
    **how: Any,
) -> Exported:
    """An export of the types that these tests are about, with little patience."""

    async def run() -> Exported:
        network = Network()
        try:
            export = BulkExport(target=export_target(url), **({"types": TYPES} | dict(wanted or {})))
            auth = how.pop("auth", None)
            made = auth(network) if callable(auth) else auth
            return await export_to(
                directory, export, network, made, heard=heard, **({"patience": QUICK} | how)
            )
        finally:
            await network.aclose()

    return asyncio.run(run())


def contents(directory: Path) -> dict[str, bytes]:
    """The NDJSON files of a directory."""
    return {file.name: file.read_bytes() for file in sorted(directory.glob("**/*.ndjson"))}
