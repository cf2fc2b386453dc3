"""Pages packed with gzip for browsers that take it, so that long charts stay quick on a slow line."""

from __future__ import annotations

import gzip
import secrets
from io import BytesIO
from typing import Final

from fastapi import Request, Response

_LEAST: Final = 1_000
"""Bytes below which packing gains nothing."""
_MOST_PADDING: Final = 100
_LEVEL: Final = 6


def pack(request: Request, answer: Response) -> None:
    """Pack what a page holds, where its reader takes gzip.

    The name in the gzip header is as long as chance will have it: of a page that has something secret beside
    something that another chose, as an address, the packed length must tell nothing (BREACH, CVE-2013-3587;
    Palacios et al. 2022, "Heal the Breach").
    """
    answer.headers.add_vary_header("Accept-Encoding")
    body = bytes(answer.body)
    if len(body) < _LEAST or not _takes_gzip(request.headers.get("accept-encoding", "")):
        return
    written = BytesIO()
    padding = "x" * secrets.randbelow(_MOST_PADDING)
    with gzip.GzipFile(padding, "wb", _LEVEL, written, mtime=0) as packing:
        packing.write(body)
    answer.body = written.getvalue()
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(len(answer.body))


def _takes_gzip(accepted: str) -> bool:
    for one in accepted.split(","):
        name, _, weight = one.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
