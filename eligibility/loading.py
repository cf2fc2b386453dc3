"""Loading protocol files: YAML with line numbers, validated, bound, every problem reported with its line."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from eligibility.bound import BoundProtocol, bind
from eligibility.errors import Location, ProtocolError, ProtocolProblem
from eligibility.model import Model
from eligibility.prose import Translations
from eligibility.protocol import Protocol
from eligibility.suggestions import did_you_mean
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
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key is a word", key_node.start_mark)
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key '{key}' is given twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


def _date(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        raise yaml.constructor.ConstructorError(
            None, None, f"there is no day {node.value}", node.start_mark
        ) from None


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date)


def parse_protocol(text: str, source: Path | str) -> tuple[Protocol, yaml.Node]:
    """A protocol from YAML, with the YAML tree for line numbers.

    Raises:
        ProtocolError: not YAML, or not a protocol.
    """
    tree, document = _read(text, source)
    translations = Translations(document)
    try:
        protocol = Protocol.model_validate(document, context=translations)
    except ValidationError as error:
        problems = [
            located(tree, ProtocolProblem(found["loc"], _reason(found)))
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise ProtocolError(source, problems) from None
    unused = [
        located(tree, ProtocolProblem(("translations", *where), "this translates words that the file lacks"))
        for where in translations.unused
    ]
    if unused:
        raise ProtocolError(source, unused)
    return protocol, tree


def _read(text: str, source: Path | str) -> tuple[yaml.Node, dict[Any, Any]]:
    """The YAML tree and the document.

    Raises:
        ProtocolError: not YAML, or not a mapping.
    """
    try:
        tree = yaml.compose(text, Loader=_Loader)
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        reason = f"not readable as YAML: {error.problem}"
        if "yaml.org,2002:merge" in reason:
            reason = "merge keys ('<<') are not read: write out what they stand for"
        where = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise ProtocolError(source, [ProtocolProblem((), reason, *where)]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = "not readable as YAML: a character that YAML does not allow"
        raise ProtocolError(source, [ProtocolProblem((), reason, line)]) from None
    except RecursionError:
        raise ProtocolError(source, [ProtocolProblem((), "nested too deeply", None)]) from None
    if tree is None or not isinstance(document, dict):
        raise ProtocolError(source, [ProtocolProblem((), "a protocol is a YAML mapping", 1, 1)])
    return tree, document


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
        raise ProtocolError(source, [located(tree, problem) for problem in problems])
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


def located(tree: yaml.Node, problem: ProtocolProblem) -> ProtocolProblem:
    """A problem with line, column and place: those of the deepest key or item on the way to its location.

    Parts that are no key or index of the document (names of union members) are passed over. What stands
    behind an alias is told where it is written.
    """
    found = _walk(tree, problem.location)
    line, column = found.mark.line + 1, found.mark.column + 1
    return dataclasses.replace(problem, location=found.place, line=line, column=column, of=found.of)


class _Found(NamedTuple):
    mark: yaml.Mark
    place: Location
    of: str


def _walk(tree: yaml.Node, location: Location) -> _Found:
    node = tree
    mark = tree.start_mark
    of = ""
    place: list[str | int] = []
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            # A key that is missing belongs to the mapping that lacks it; a tag of a union to none.
            if found is None:
                continue
            mark, node = found[0].start_mark, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            mark = node.start_mark
        else:
            continue
        place.append(part)
        of = _id_in(node) or of
    return _Found(mark, tuple(place), of)


def _id_in(node: yaml.Node) -> str:
    entries = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((str(value.value) for key, value in entries if key.value == "id"), "")


def _reason(found: ErrorDetails) -> str:
    """Pydantic's words, or plainer ones where it speaks of its own machinery."""
    context = found.get("ctx", {})
    if found["type"] == "union_tag_not_found":
        return "a statement is a mapping with exactly one key: the name of its kind"
    if found["type"] == "union_tag_invalid":
        tag, known = context["tag"], context["expected_tags"]
        close = did_you_mean(tag, re.findall(r"'(\w+)'", known))
        return f"there is no kind of statement '{tag}'{close} (there are: {known})"
    if found["type"] == "missing":
        return f"the key '{found['loc'][-1]}' is missing"
    if found["type"] == "extra_forbidden":
        key = str(found["loc"][-1])
        return f"there is no such key here: '{key}'{did_you_mean(key, _keys() - {key})}"
    if found["type"] == "too_short":
        return f"the list needs {context['min_length']} or more entries"
    return found["msg"].removeprefix("Value error, ")


@functools.cache
def _keys() -> frozenset[str]:
    """All keys of the language."""
    found: set[str] = set()
    models = list(Model.__subclasses__())
    while models:
        model = models.pop()
        models.extend(model.__subclasses__())
        found.update(field.alias or name for name, field in model.model_fields.items())
    return frozenset(found)
