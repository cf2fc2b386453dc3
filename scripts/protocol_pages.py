"""Write docs/clinical-readings.md from the bundled protocols.

python scripts/protocol_pages.py
"""

from __future__ import annotations

from pathlib import Path

from app.rendering.clinical_readings import clinical_readings
from eligibility.loading import bundled_files, parse_protocol
from fhir_mappings.vocabulary import vocabulary

PAGE = Path(__file__).parents[1] / "docs" / "clinical-readings.md"


def page() -> str:
    """The page as it should be."""
    protocols = [parse_protocol(file.read_text(encoding="utf-8"), file)[0] for file in bundled_files()]
    return clinical_readings(protocols, vocabulary())


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(PAGE.parents[1]))


if __name__ == "__main__":
    main()
