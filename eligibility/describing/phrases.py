"""Phrases that several kinds of statement share: windows, thresholds, lists, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eligibility.binding import Binding
from eligibility.errors import BindingError
from eligibility.quantities import COMPARED, parse_duration, parse_threshold
from eligibility.windows import LATEST, Window
from fhir_mappings.facts import InputDescription, Vocabulary

OUTCOMES = {
    "pass": "does not stand in the way",
    "presumed": "presumably does not stand in the way (to be confirmed)",
    "review-pass": "a person has to judge; until then it does not stand in the way",
    "attest": "only a person can say",
    "missing": "open: data are missing",
    "review-fail": "a person has to judge; until then it stands in the way",
    "fail": "stands in the way",
}
_ANCHORS = {"day0": "day 0"}
_END = {"as_of": "", "anchor": ", and not after {anchor}", "day0": ", or up to day 0"}


class Phrases:
    """Words for the parts of a protocol's statements.

    Args:
        vocabulary: names of inputs and code sets, with their labels.
        freshness: the protocol's named windows.
    """

    def __init__(self, vocabulary: Vocabulary, freshness: Mapping[str, Window]) -> None:
        self.vocabulary = vocabulary
        self.freshness = freshness
        self._binding = Binding(vocabulary, "", freshness)

    def input(self, name: str) -> str:
        """The label of an input."""
        described = self.vocabulary.input(name)
        return described.label if described is not None else name

    def concepts(self, names: Iterable[str]) -> str:
        """The labels of code sets and classes, each with its name, which leads to its codes."""
        return either([f"{self.vocabulary.concept_label(name)} (`{name}`)" for name in names])

    def window(self, window: Window | str | None) -> str:
        """``within 28 days before screening``; ``at any time`` without a window."""
        if isinstance(window, str):
            window = self.freshness.get(window)
        if window is None:
            return "at any time"
        anchor = self._anchor(window.anchor)
        rests = f" ({window.assumption})" if window.assumption else ""
        if window.gap:
            gap = length(window.gap)
            since = f"from {length(window.before)} before {anchor} " if window.before else ""
            return f"{since}up to {gap} before {anchor}{rests}"
        end = "" if window.anchor.startswith(LATEST) else _END[window.until].format(anchor=anchor)
        if window.before is None:
            return f"up to {anchor}{end}{rests}"
        return f"within {length(window.before)} before {anchor}{end}{rests}"

    def comparison(self, described: InputDescription | None, body: Any) -> str:
        """``at least 1 g/g`` with the thresholds as written and, where it differs, as they are compared."""
        written = getattr(body, body.comparison)
        texts = written if isinstance(written, list) else [written]
        return f"{COMPARED[body.comparison]} {' or '.join(self.amount(described, text) for text in texts)}"

    def amount(self, described: InputDescription | None, text: str) -> str:
        """A threshold as written and, if it is in another unit, as it is compared."""
        threshold = parse_threshold(text)
        if threshold.unit in ("ULN", "LLN"):
            side = "upper" if threshold.unit == "ULN" else "lower"
            times = "" if threshold.value == 1 else f"{threshold.value:g} times "
            return f"{times}the {side} limit of that very result ({threshold.unit})"
        if described is None or threshold.unit in (None, described.unit):
            return f"{threshold}{' years' if described is not None and described.unit == 'a' else ''}"
        try:
            canonical = self._binding.threshold(described, text).canonical
        except BindingError:
            return str(threshold)
        if canonical is None or abs(canonical - threshold.value) < 1e-12:
            return str(threshold)
        return f"{threshold} (= {canonical:.6g} {described.unit})"

    def _anchor(self, name: str) -> str:
        if name.startswith(LATEST):
            return f"the latest {self.input(name.removeprefix(LATEST))}"
        return _ANCHORS.get(name, name)


def length(text: str) -> str:
    """``28 days``."""
    return str(parse_duration(text))


def either(items: Iterable[str], word: str = "or") -> str:
    """``a, b or c``."""
    listed = list(items)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {word} {listed[-1]}"


def plain(value: object) -> str:
    """An attribute's value or a category, without hyphens; yes and no for truth values."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("-", " ")
