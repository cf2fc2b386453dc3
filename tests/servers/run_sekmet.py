"""``python run_sekmet.py PORT FOLDER PID [SETTINGS]``: a SEKMET FHIR server.

It ends when the process ``PID`` does. ``SETTINGS`` are more of its settings, as JSON.

To be run in the environment of ``requirements/servers.txt``.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

import sekmet.fhir.search
import uvicorn
from sekmet.config import Settings
from sekmet.main import create_app

LONGEST_PAGE = 20


def serve(port: int, folder: str, process: int, more: dict[str, Any]) -> None:
    sekmet.fhir.search.MAX_COUNT = LONGEST_PAGE
    settings = Settings(
        base_url=f"http://127.0.0.1:{port}/fhir",
        data_dir=folder,
        simulator={"enabled": False},
        log_inbound=False,
        **more,
    )
    threading.Thread(target=end_with, args=(process,), daemon=True).start()
    uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_level="warning")


def end_with(process: int) -> None:
    while True:
        time.sleep(0.5)
        try:
            os.kill(process, 0)
        except OSError:
            os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), json.loads((*sys.argv, "{}")[4]))
