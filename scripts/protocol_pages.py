"""Write the reference pages of the bundled protocols to docs/protocols.

python scripts/protocol_pages.py
"""

from __future__ import annotations

from pathlib import Path

from app.rendering.protocol_page import protocol_page
from eligibility.loading import bundled_files, parse_protocol

FOLDER = Path(__file__).parents[1] / "docs" / "protocols"


def pages() -> dict[Path, str]:
    """Each page with its path."""
    found: dict[Path, str] = {}
    for file in bundled_files():
        protocol, _ = parse_protocol(file.read_text(encoding="utf-8"), file)
        found[FOLDER / f"{protocol.id}.md"] = protocol_page(protocol)
    return found


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(FOLDER.parents[1]))


if __name__ == "__main__":
    main()
