"""The bounds that a protocol file sets, where they are written: thresholds, lengths and windows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import yaml

from fhir_mappings.intervals import OPPOSITE

WITHIN: Final = "within"
"""The bound of a window: how far back from its anchor it reaches (``before``)."""

GREY: Final = "grey"
"""The far end of a grey zone."""

GATE: Final = "gate"
"""Stands for a criterion: who has the disease (``applies_to``)."""

_BOUNDS: Final = (*OPPOSITE, "length", "unchanged_for", "count")
KEYS: Final = (*_BOUNDS, GREY, WITHIN)
"""The keys of ``Bound``."""

_PART = re.compile(r"[a-z.-]")
_WINDOWS: Final = ("fresh", "during")


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """A bound, as it is written.

    Attributes:
        of: the criterion or part that sets it, ``gate``, or the name of a window that many share.
        names: what it is a bound of: a criterion input, drugs, events.
        key: ``at_least``, ``above``, ``at_most``, ``below``, ``length``, ``unchanged_for``, ``count``,
            ``grey`` or ``within``.
        value: the amounts, one for each unit; of a window the time.
        window: of ``within``: the name of the window, where it is one that others share.
        line: in the file.
    """

    of: str
    names: tuple[str, ...]
    key: str
    value: tuple[str, ...]
    line: int
    window: str | None = None

    def belongs_to(self, criterion: str) -> bool:
        """Whether it is of that criterion (in any case) or of a part of it: ``E9a.i`` of ``E9``."""
        of, low = self.of.lower(), criterion.lower()
        return of == low or (bool(low) and of.startswith(low) and _PART.match(of[len(low) :]) is not None)

    def __str__(self) -> str:
        shared = f" ({self.window})" if self.window else ""
        names = "/".join(self.names)
        return f"{self.of}: {names + ' ' if names else ''}{self.key} {' or '.join(self.value)}{shared}"


class Written(msgspec.Struct, frozen=True):
    """A bound with what stands for it in the text.

    Attributes:
        bound: the bound.
        nodes: of its values; of a window that others share, the one that names it.
        shared: whether it is written elsewhere, and only referred to here (a YAML alias).
    """

    bound: Bound
    nodes: tuple[yaml.ScalarNode, ...]
    shared: bool = False


def bounds_in(tree: yaml.Node) -> list[Written]:
    """All bounds of a protocol's YAML tree, in its order: those of windows by name first, then the gate's."""
    top = _mapping(tree)
    windows = {name: _mapping(node) for name, node in _mapping(top.get("freshness")).items()}
    found = [
        Written(_bound(name, (), WITHIN, (before,)), (before,))
        for name, window in windows.items()
        if isinstance(before := window.get("before"), yaml.ScalarNode)
    ]
    if "applies_to" in top:
        found += _in(top["applies_to"], GATE, windows, top["applies_to"])
    criteria = top.get("criteria")
    for criterion in criteria.value if isinstance(criteria, yaml.SequenceNode) else ():
        found += _in(criterion, "", windows, criterion)
    return found


_Windows = Mapping[str, Mapping[str, yaml.Node]]


def _in(node: yaml.Node, of: str, windows: _Windows, within: yaml.Node) -> Iterator[Written]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _in(item, of, windows, within)
        return
    if not isinstance(node, yaml.MappingNode):
        return
    entries = _mapping(node)
    own = entries.get("id")
    of = str(own.value) if isinstance(own, yaml.ScalarNode) else of
    names = _names(entries)
    if names:
        for one in _of_body(entries, of, names, windows):
            yield msgspec.structs.replace(one, shared=not all(_inside(n, within) for n in one.nodes))
    for key, below in entries.items():
        if key not in ("examples", "timeline", *_WINDOWS):
            yield from _in(below, of, windows, within)


def _of_body(
    entries: Mapping[str, yaml.Node], of: str, names: tuple[str, ...], windows: _Windows
) -> Iterator[Written]:
    for key, node in entries.items():
        if key in _BOUNDS:
            nodes = _scalars(node)
            if nodes:
                yield Written(_bound(of, names, key, nodes), nodes)
        elif key == "grey":
            to = _mapping(node).get("to")
            if isinstance(to, yaml.ScalarNode):
                yield Written(_bound(of, names, GREY, (to,)), (to,))
        elif key in _WINDOWS:
            before = _mapping(node).get("before")
            if isinstance(before, yaml.ScalarNode):
                yield Written(_bound(of, names, WITHIN, (before,)), (before,))
            elif isinstance(node, yaml.ScalarNode):
                named = windows.get(node.value, {}).get("before")
                if isinstance(named, yaml.ScalarNode):
                    bound = _bound(of, names, WITHIN, (named,), node)
                    yield Written(bound, (node,))


def _bound(
    of: str,
    names: tuple[str, ...],
    key: str,
    nodes: tuple[yaml.ScalarNode, ...],
    named: yaml.ScalarNode | None = None,
) -> Bound:
    at = named if named is not None else nodes[0]
    return Bound(
        of=of,
        names=names,
        key=key,
        value=tuple(" ".join(node.value.split()) for node in nodes),
        line=at.start_mark.line + 1,
        window=named.value if named is not None else None,
    )


def _names(entries: Mapping[str, yaml.Node]) -> tuple[str, ...]:
    for key in ("input", "history", "of", "kind"):
        if key in entries:
            return tuple(node.value for node in _scalars(entries[key]))
    return ()


def _scalars(node: yaml.Node) -> tuple[yaml.ScalarNode, ...]:
    """A scalar, or a list of nothing but scalars."""
    if isinstance(node, yaml.ScalarNode):
        return (node,)
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    return tuple(items) if all(isinstance(item, yaml.ScalarNode) for item in items) else ()


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value}


def _inside(node: yaml.Node, outer: yaml.Node) -> bool:
    first, last = outer.start_mark, outer.end_mark
    here = (node.start_mark.line, node.start_mark.column)
    return (first.line, first.column) <= here < (last.line, last.column)
