"""The JSON Schema of protocol files, for editors."""

from __future__ import annotations

from typing import Any

from eligibility.protocol import Protocol


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a protocol file."""
    schema = Protocol.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trialcards protocol",
        **{key: value for key, value in schema.items() if key != "title"},
    }
