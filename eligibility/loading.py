"""Loading protocol files: YAML with line numbers, validated, bound, every problem reported with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from eligibility.errors import Location, ProtocolError, ProtocolProblem
from eligibility.protocol import Protocol
from eligibility.screening import BoundProtocol, bind
from fhir_mappings.facts import Vocabulary


class _Loader(yaml.CSafeLoader):
    """Safe YAML 1.2: ``on``, ``no`` and ``yes`` are words, and a key given twice is refused."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def _unique_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key '{key}' is given twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def parse_protocol(text: str, source: Path | str) -> tuple[Protocol, yaml.Node]:
    """A protocol from YAML, with the YAML tree for line numbers.

    Raises:
        ProtocolError: not YAML, or not a protocol.
    """
    try:
        tree = yaml.compose(text, Loader=_Loader)
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        reason = f"not readable as YAML: {error.problem}"
        raise ProtocolError(source, [ProtocolProblem((), reason, mark.line + 1 if mark else None)]) from None
    if tree is None or not isinstance(document, dict):
        raise ProtocolError(source, [ProtocolProblem((), "a protocol is a YAML mapping", 1)])
    try:
        return Protocol.model_validate(document), tree
    except ValidationError as error:
        problems = [
            ProtocolProblem(_place(tree, found["loc"]), _reason(found), line_of(tree, found["loc"]))
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise ProtocolError(source, problems) from None


def load_protocol(path: Path, vocabulary: Vocabulary) -> BoundProtocol:
    """Read, validate and bind one file.

    Raises:
        ProtocolError: it cannot be used; every problem has its line.
        OSError: it cannot be read.
    """
    return bind_text(path.read_text(encoding="utf-8"), path, vocabulary)


def bind_text(text: str, source: Path | str, vocabulary: Vocabulary) -> BoundProtocol:
    """Validate and bind the text of a protocol.

    Raises:
        ProtocolError: it cannot be used; every problem has its line.
    """
    protocol, tree = parse_protocol(text, source)
    bound, problems = bind(protocol, vocabulary)
    if bound is None:
        located = [ProtocolProblem(p.location, p.reason, line_of(tree, p.location)) for p in problems]
        raise ProtocolError(source, located)
    return bound


def bundled_files() -> list[Path]:
    """The protocol files that come with the package."""
    folder = Path(str(files("eligibility"))) / "protocols"
    return sorted(folder.glob("*.yaml"))


def load_bundled(vocabulary: Vocabulary) -> dict[str, BoundProtocol]:
    """The protocols that come with the package, by id.

    Raises:
        ProtocolError: one of them cannot be used.
    """
    return load_all(bundled_files(), vocabulary)


def load_all(paths: Iterable[Path], vocabulary: Vocabulary) -> dict[str, BoundProtocol]:
    """Several protocols, by id.

    Raises:
        ProtocolError: one of them cannot be used, or two have the same id.
    """
    loaded: dict[str, BoundProtocol] = {}
    for path in paths:
        bound = load_protocol(path, vocabulary)
        identifier = bound.protocol.id
        if identifier in loaded:
            raise ProtocolError(
                path, [ProtocolProblem(("id",), f"'{identifier}' is the id of another file", 1)]
            )
        loaded[identifier] = bound
    return loaded


def line_of(tree: yaml.Node, location: Iterable[str | int]) -> int:
    """The line (1-based) of the deepest key or item on the way to a location.

    Parts that are no key or index of the document (names of union members) are passed over.
    """
    line, _ = _walk(tree, location)
    return line


def _place(tree: yaml.Node, location: Iterable[str | int]) -> Location:
    _, place = _walk(tree, location)
    return place


def _walk(tree: yaml.Node, location: Iterable[str | int]) -> tuple[int, Location]:
    node = tree
    line = int(tree.start_mark.line) + 1
    place: list[str | int] = []
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            # A key that is missing belongs to the mapping that lacks it; a tag of a union to none.
            if found is None:
                continue
            line, node = int(found[0].start_mark.line) + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = int(node.start_mark.line) + 1
        else:
            continue
        place.append(part)
    return line, tuple(place)


def _reason(found: ErrorDetails) -> str:
    """Pydantic's words, or plainer ones where it speaks of its own machinery."""
    context = found.get("ctx", {})
    if found["type"] == "union_tag_not_found":
        return "a statement is a mapping with exactly one key: the name of its kind"
    if found["type"] == "union_tag_invalid":
        return f"there is no kind of statement '{context['tag']}' (there are: {context['expected_tags']})"
    if found["type"] == "missing":
        return f"the key '{found['loc'][-1]}' is missing"
    if found["type"] == "extra_forbidden":
        return "there is no such key here"
    return found["msg"].removeprefix("Value error, ")
