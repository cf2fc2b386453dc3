"""Walking the models of a protocol, each with its place in the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from eligibility.errors import Location

Placed = tuple[Location, BaseModel]


def walk(value: Any, location: Location = ()) -> Iterator[Placed]:
    """Every model below a value, and itself, from the top; places are the keys and indices of the file."""
    if isinstance(value, BaseModel):
        yield location, value
        for name, inner in fields_of(value):
            yield from walk(inner, (*location, name))
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            yield from walk(inner, (*location, i))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from walk(inner, (*location, str(name)))


def fields_of(model: BaseModel) -> Iterator[tuple[str, Any]]:
    """The fields of a model by the names that they have in a file."""
    for name, field in type(model).model_fields.items():
        yield field.alias or name, getattr(model, name)


def is_statement(value: Any) -> bool:
    """Whether a model is a statement: a mapping with one key, its kind."""
    return isinstance(value, BaseModel) and hasattr(type(value), "kind_name")


def statements(value: Any, location: Location = ()) -> Iterator[Placed]:
    """Every statement below a value, and itself, from the top."""
    return ((place, model) for place, model in walk(value, location) if is_statement(model))
