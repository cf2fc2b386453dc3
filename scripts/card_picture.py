"""Draw the first card that a demonstration patient really gets, as the picture in the README.

    python scripts/card_picture.py docs/images/card.png [patient]

Fires the hook at the application in this process, draws the response with the demonstration page's own
template and style, and photographs it with a headless Chromium. Neither running nor testing needs this.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from app.cli_serve import DEMO_PATIENT
from app.rendering.cards import cards_fragment
from app.routes.demo import HOOK_PATH
from app.server import create_app
from app.settings import Settings

WIDTH = 860
STYLES = Path(__file__).parent.parent / "app" / "demo" / "static"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><style>{style}
body {{ padding: 14px 16px 2px; background: #f3f5f7 }}</style><body>{cards}
<script>document.documentElement.dataset.height = document.body.scrollHeight</script></body></html>"""


def main(target: Path, patient: str = DEMO_PATIENT) -> None:
    """Write the picture of the patient's first card to ``target``."""
    cards = json.loads(asyncio.run(fire(patient)))["cards"]
    drawing = cards_fragment(json.dumps({"cards": cards[:1]}).encode())
    style = "".join((STYLES / name).read_text("utf-8") for name in ("demo.css", "cards.css"))
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "card.html"
        page.write_text(PAGE.format(style=style, cards=drawing), "utf-8")
        drawn = browse(page, "--dump-dom", f"--window-size={WIDTH},200").stdout
        height = re.search(r'data-height="(\d+)"', drawn)
        if height is None:
            raise SystemExit("Chromium did not draw the page")
        target.parent.mkdir(parents=True, exist_ok=True)
        browse(page, f"--screenshot={target.resolve()}", f"--window-size={WIDTH},{height[1]}")


async def fire(patient: str) -> bytes:
    """The response to the hook for this patient, from the application in this process."""
    application = create_app(Settings(open=True))
    transport = httpx.ASGITransport(app=application)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://picture") as client,
    ):
        request = await client.get(f"/demo/requests/{patient}")
        response = await client.post(HOOK_PATH, content=request.content)
    return response.raise_for_status().content


def browse(page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Chromium once, without window, network chatter or profile."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("no Chromium found; on Debian: apt install chromium")
    command = [
        found,
        "--headless",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--force-device-scale-factor=2",
        *arguments,
        page.as_uri(),
    ]
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")
    return subprocess.run(command, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
