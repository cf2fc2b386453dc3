"""The application as a browser reaches it: over HTTP, at an address that it knows."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.request_heads import BoundedHeads
from tests.app.service import application
from tests.listening import listening


@contextmanager
def serving(**settings: Any) -> Iterator[str]:
    """The address of the application with these settings; its clock stands still (``tests.app.service``)."""
    with socket.socket() as at:
        at.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{at.getsockname()[1]}"
        served = application(**{"log_level": "error", "base_url": address, **settings})
        with listening(served, at, http=BoundedHeads, ws="none", server_header=False):
            yield address
