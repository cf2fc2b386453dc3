"""The code set files as rows, and the code sets that are made of them, licensed ones included."""

from __future__ import annotations

from fhir_mappings.catalogue import FOLDER, read_csv
from fhir_mappings.code_sets import load_code_sets

DATA = FOLDER / "codesets"
SETS = load_code_sets(licensed_snomed=True)
FILES = {path.stem: read_csv(path) for path in sorted(DATA.glob("*.csv")) if path.stem != "products"}
SNOMED = [*FILES["snomed_gps"], *FILES["snomed_licensed"]]
