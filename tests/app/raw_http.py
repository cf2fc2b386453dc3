"""Bytes sent to a service as they are, and what comes back."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable
from contextlib import suppress

from fhir.resources.R4B.operationoutcome import OperationOutcome

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def statuses(answer: bytes) -> list[int]:
    """Of all answers."""
    return [int(status) for status in _STATUS.findall(answer)]


def exchange(port: int, parts: Iterable[bytes]) -> tuple[bytes, int]:
    """What is answered until the connection is closed, and how many bytes could be sent until then."""
    sent = 0
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        # Whoever sends on is cut off; what was answered before can still be read.
        with suppress(OSError):
            for part in parts:
                connection.sendall(part)
                sent += len(part)
        with suppress(OSError):
            while more := connection.recv(65_536):
                answer += more
    return answer, sent


def refusal(answer: bytes) -> tuple[int, str]:
    """Status and issue code of the last answer, after which the connection is closed."""
    *_, last = _STATUS.finditer(answer)
    head, _, body = answer[last.start() :].partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head
    assert b"content-type: application/fhir+json" in head
    issue = OperationOutcome.model_validate(json.loads(body)).issue[0]
    return int(head.split()[1]), issue.code
