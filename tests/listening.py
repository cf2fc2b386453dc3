"""An application that is served on a free port of this machine while a test looks at it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def listening(application: Any, at: socket.socket | None = None, **config: Any) -> Iterator[int]:
    """The port on which an ASGI application listens, or the socket ``at`` does.

    Args:
        application: what is served.
        at: a bound socket, for an application that has to know its address beforehand.
        config: how uvicorn serves it.
    """
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, **config))
    thread = threading.Thread(target=server.run, args=([at],) if at is not None else ())
    thread.start()
    try:
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
