"""Base of all models of the protocol language."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Immutable, and strict about keys: a misspelt one must not be a criterion that is never asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
