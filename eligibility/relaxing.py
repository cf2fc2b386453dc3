"""A protocol with another bound here or there, as a text: for asking what it would let in.

An edit names a criterion and one bound of it, as ``bounds_in`` tells them::

    I4: upcr at_least 0.5 g/g              another threshold
    I4: upcr at_least 0.5 g/g was 1.0 g/g  the same, where there are several
    E11: participation within 14 d         another window, for this criterion alone
    E2: within 14 d                        all windows of this criterion
    serology: within 180 d                 a window by its name, wherever it is used
    gate: upcr at_least 0.3 g/g            who has the disease

A threshold and its complement (*at least 1.0*, *below 1.0*) are one bound: both are rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec
import yaml

from eligibility.bounds import GREY, KEYS, Bound, Written, bounds_in
from eligibility.loading import parse_protocol
from eligibility.quantities import parse_duration, parse_threshold
from fhir_mappings.intervals import OPPOSITE, UPWARDS

SUFFIX: Final = "+relaxed"
"""What the version of a protocol gets to tell it from the one it was made of."""

_COMPLEMENTS: Final[dict[str, str]] = {str(key): str(other) for key, other in OPPOSITE.items()}
_EDIT = re.compile(
    rf"^\s*(?P<of>[^\s:]+)\s*:\s*(?:(?P<name>\S+)\s+)?(?P<key>{'|'.join(KEYS)})\s+(?P<value>.+?)"
    r"(?:\s+was\s+(?P<was>.+?))?\s*$"
)
_OR = re.compile(r"\s+or\s+")


class RelaxingError(ValueError):
    """An edit that cannot be made; the message says why, and what bounds there are."""


class Edit(msgspec.Struct, frozen=True):
    """Another value for a bound; ``was`` tells it from others of the same kind."""

    of: str
    name: str | None
    key: str
    value: tuple[str, ...]
    was: tuple[str, ...] | None = None


class Relaxed(msgspec.Struct, frozen=True):
    """A protocol with other bounds.

    Attributes:
        text: the protocol file.
        version: of the protocol, with ``SUFFIX``; the one in the text stays, so that what persons have
            answered for it counts as before.
        bounds: as they were before, each with its new value.
    """

    text: str
    version: str
    bounds: tuple[tuple[Bound, tuple[str, ...]], ...]

    @property
    def file(self) -> str:
        """The text with the version of its own, for a file."""
        tree = parse_protocol(self.text, "protocol")[1]
        (node,) = (value for key, value in tree.value if key.value == "version")
        criteria = ", ".join(dict.fromkeys(bound.of for bound, _ in self.bounds))
        note = f"# Relaxed: {criteria}. Its words (text, reading, gap) are still those of the original.\n"
        return note + _replaced(self.text, [(node, f'"{self.version}"')])

    @property
    def kept(self) -> tuple[Bound, ...]:
        """The other bounds of the criteria that were relaxed, which stay as they are."""
        criteria = {bound.of for bound, _ in self.bounds}
        edited = {(bound.of, bound.names, value) for bound, value in self.bounds}
        written = [one.bound for one in bounds_in(parse_protocol(self.text, "protocol")[1])]
        others = [
            one
            for one in written
            if one.of in criteria and (one.of, one.names, tuple(one.value)) not in edited
        ]
        return tuple({str(one): one for one in others}.values())


def parse_edit(text: str) -> Edit:
    """Read an edit.

    Raises:
        RelaxingError: it is of another form.
    """
    match = _EDIT.match(text)
    if match is None:
        raise RelaxingError(f"'{text}' is no edit such as 'I4: upcr at_least 0.5 g/g' or 'E2: within 14 d'")
    was = match["was"]
    return Edit(
        match["of"],
        match["name"],
        match["key"],
        tuple(_OR.split(match["value"])),
        tuple(_OR.split(was)) if was is not None else None,
    )


def relax(text: str, source: str, edits: Sequence[Edit]) -> Relaxed:
    """The protocol with these edits. Whether the new values fit their inputs, binding tells.

    Raises:
        RelaxingError: an edit names no bound, or more than one, or gives something of another kind.
        eligibility.errors.ProtocolError: the text is no protocol.
    """
    protocol, tree = parse_protocol(text, source)
    written = bounds_in(tree)
    replaced: list[tuple[yaml.Node, str]] = []
    bounds: list[tuple[Bound, tuple[str, ...]]] = []
    for edit in edits:
        for one in _meant(edit, written):
            if any(node is other for node in one.nodes for other, _ in replaced):
                raise RelaxingError(f"{edit.of}: two edits are of the same bound: {one.bound}")
            replaced += _rewritten(one, edit, text, tree)
            bounds.append((one.bound, edit.value))
    made = _replaced(text, replaced)
    _keep_grey_zones(made, source, {bound.of for bound, _ in bounds})
    return Relaxed(made, f"{protocol.version}{SUFFIX}", tuple(bounds))


def _meant(edit: Edit, written: Sequence[Written]) -> list[Written]:
    """What an edit is of: one bound, written once or, with its complement, several times."""
    of = [one for one in written if one.bound.belongs_to(edit.of)]
    if not of:
        known = ", ".join(dict.fromkeys(one.bound.of for one in written))
        raise RelaxingError(f"{edit.of} sets no bound; these do: {known}")
    # What an alias repeats is the same bound.
    named = list(
        {id(one.nodes[0]): one for one in of if edit.name is None or edit.name in one.bound.names}.values()
    )
    if edit.was is not None:
        named = [one for one in named if _same(one.bound.value, edit.was)]
    complement = _COMPLEMENTS.get(edit.key)
    fitting = [one for one in named if one.bound.key == edit.key] or [
        one for one in named if one.bound.key == complement
    ]
    there_is = f"; there is: {'; '.join(dict.fromkeys(str(one.bound) for one in of))}"
    if not fitting:
        asked = f"{edit.name or ''} {edit.key}".strip() + (f" {' or '.join(edit.was)}" if edit.was else "")
        raise RelaxingError(f"{edit.of} sets no such bound: {asked}{there_is}")
    if any(not _same(one.bound.value, fitting[0].bound.value) for one in fitting):
        raise RelaxingError(f"{edit.of} sets several such bounds; say which by 'was VALUE'{there_is}")
    values = fitting[0].bound.value
    either = (edit.key, complement)
    fitting = [one for one in named if one.bound.key in either and _same(one.bound.value, values)]
    shared = next((one for one in fitting if one.shared), None)
    if shared is not None:
        raise RelaxingError(
            f"{edit.of}: the bound is written in line {shared.bound.line} for several places at once; "
            "edit a copy of the file, and compare with that"
        )
    return fitting


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    return [_measure(text) for text in one] == [_measure(text) for text in other]


def _measure(text: str) -> object:
    for parse in (parse_duration, parse_threshold):
        try:
            return parse(text)
        except ValueError:
            continue
    return text


def _rewritten(one: Written, edit: Edit, text: str, tree: yaml.Node) -> list[tuple[yaml.Node, str]]:
    _refuse_misfit(one.bound, edit)
    if one.bound.window is None:
        return list(zip(one.nodes, edit.value, strict=True))
    # A window that others share: this criterion gets one of its own.
    return [(one.nodes[0], _own_window(one.bound.window, edit.value[0], text, tree))]


def _refuse_misfit(bound: Bound, edit: Edit) -> None:
    if len(bound.value) != len(edit.value):
        raise RelaxingError(
            f"{edit.of}: the bound is given in {len(bound.value)} units: {' or '.join(bound.value)}; "
            "give as many, with 'or' between them"
        )
    for old, new in zip(bound.value, edit.value, strict=True):
        if type(_measure(old)) is not type(_measure(new)):
            raise RelaxingError(f"{edit.of}: '{new}' is of another kind than '{old}'")


def _own_window(name: str, before: str, text: str, tree: yaml.Node) -> str:
    windows = next(value for key, value in tree.value if key.value == "freshness")
    window = next(value for key, value in windows.value if key.value == name)
    told = {key.value: text[value.start_mark.index : value.end_mark.index] for key, value in window.value} | {
        "before": before
    }
    return "{" + ", ".join(f"{key}: {value}" for key, value in told.items()) + "}"


def _replaced(text: str, edits: Sequence[tuple[yaml.Node, str]]) -> str:
    for node, new in sorted(edits, key=lambda edit: -edit[0].start_mark.index):
        text = text[: node.start_mark.index] + new + text[node.end_mark.index :]
    return text


def _keep_grey_zones(text: str, source: str, criteria: set[str]) -> None:
    """Refuse a threshold that has moved past its grey zone, which would then decide nothing.

    Raises:
        RelaxingError: there is one.
    """
    written = [one for one in bounds_in(parse_protocol(text, source)[1]) if one.bound.of in criteria]
    for at, grey in enumerate(written):
        # Both stand in one statement, the threshold before its zone.
        beside = [
            one for one in written[:at] if one.bound.key in OPPOSITE and one.bound.names == grey.bound.names
        ]
        if grey.bound.key != GREY or not beside:
            continue
        limit, far = (parse_threshold(one.bound.value[0]) for one in (beside[-1], grey))
        upwards = beside[-1].bound.key in UPWARDS
        if limit.unit == far.unit and (far.value >= limit.value if upwards else far.value <= limit.value):
            raise RelaxingError(
                f"{grey.bound.of}: the grey zone to {grey.bound.value[0]} would lie beyond the new "
                f"threshold; give it too, as in '{grey.bound.of}: {grey.bound.names[0]} {GREY} VALUE'"
            )
