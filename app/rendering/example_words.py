"""The charts of examples in words, for a clinician who checks them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eligibility.protocol import Example
from fhir_mappings.facts import EVENT_TYPES, Vocabulary

_BESIDE = ("start", "end", "ongoing", "on")


def chart_words(example: Example, vocabulary: Vocabulary) -> str:
    """What an example's chart holds, in one cell of a table."""
    chart = example.chart
    told = [
        *_patient(chart.get("patient", {})),
        *(_result(entry, vocabulary) for entry in chart.get("results", [])),
        *(_event(entry, vocabulary) for entry in chart.get("events", [])),
        *(_assessment(entry, vocabulary) for entry in chart.get("assessments", [])),
        *(_answer(entry) for entry in chart.get("answers", [])),
    ]
    if chart.get("not_retrieved"):
        told.append(f"not retrieved: {', '.join(chart['not_retrieved'])}")
    dates = [f"{name.replace('day0', 'day 0')} on {day}" for name, day in example.anchors.items()]
    if "as_of" in example.model_fields_set:
        dates.insert(0, f"judged on {example.as_of}")
    return "; ".join([*(told or ["nothing on the whole record"]), *dates])


def outcome_words(example: Example) -> str:
    """What must come out."""
    words: str = example.outcome
    if example.leaning:
        words += f", leaning {example.leaning}"
    if example.clears_on:
        words += f", clears on {example.clears_on}"
    if example.why:
        words += f" ({example.why.replace('-', ' ')})"
    if example.needs:
        words += f"; needed: {', '.join(example.needs)}"
    if example.grade:
        words += f"; grade: {example.grade}"
    return words


def _patient(patient: dict[str, Any]) -> Iterator[str]:
    if "sex" in patient:
        yield str(patient["sex"])
    if "born" in patient:
        yield f"born {patient['born']}"
    if patient.get("deceased"):
        yield "has died"


def _result(entry: dict[str, Any], vocabulary: Vocabulary) -> str:
    name = next(key for key in entry if vocabulary.input(key) is not None)
    described = vocabulary.input(name)
    label = described.label if described is not None else name
    limits = [
        f"{side} limit {entry[key]}"
        for side, key in (("upper", "upper_limit"), ("lower", "lower_limit"))
        if key in entry
    ]
    if "unusable" in entry:
        limits.append(f"{str(entry['unusable']).replace('-', ' ')}: {entry.get('detail', '')}".rstrip(": "))
    if "role" in entry:
        limits.append(str(entry["role"]))
    beside = f" ({', '.join(limits)})" if limits else ""
    return f"{label} {entry[name]}{beside}{_when(entry)}"


def _event(entry: dict[str, Any], vocabulary: Vocabulary) -> str:
    kind = next(key for key in entry if key in EVENT_TYPES)
    named = [entry[kind]] if isinstance(entry[kind], str) else entry[kind] or []
    what = str(entry.get("label") or " and ".join(vocabulary.concept_label(name) for name in named))
    beside = [
        _attribute(name, value) for name, value in entry.items() if name not in (kind, "label", *_BESIDE)
    ]
    told = f" ({', '.join(beside)})" if beside else ""
    return f"{kind}{': ' if what else ''}{what}{told}{_when(entry)}"


def _attribute(name: str, value: Any) -> str:
    words = name.replace("_", " ")
    if value is True:
        return words
    if value is False:
        return f"not {words}"
    if name == "per_day":
        amount = f"{value[0]} to {value[1]}" if isinstance(value, list) else value
        return f"{amount} mg a day"
    if name in ("clinical", "route", "status", "text"):
        return str(value)
    listed = ", ".join(str(item) for item in value) if isinstance(value, list) else value
    return f"{words} {listed}"


def _assessment(entry: dict[str, Any], vocabulary: Vocabulary) -> str:
    described = vocabulary.input(str(entry["instrument"]))
    told = [described.label if described is not None else str(entry["instrument"]), "form"]
    if "total" in entry:
        told.append(f"with a total of {entry['total']}")
    if entry.get("items"):
        items = [f"{name.replace('_', ' ')} {_yes(value)}" for name, value in entry["items"].items()]
        told.append(f"({', '.join(items)})")
    complete = ["complete"] if entry.get("complete") else []
    return " ".join([*complete, *told]) + _when(entry)


def _yes(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _answer(entry: dict[str, Any]) -> str:
    return f"answered {_yes(entry['value'])}: {str(entry['question']).rpartition('/')[2]}{_when(entry)}"


def _when(entry: dict[str, Any]) -> str:
    if "on" in entry:
        return f" on {entry['on']}"
    start, end = entry.get("start"), entry.get("end")
    if start and end:
        return f" on {start}" if start == end else f" from {start} to {end}"
    if end:
        return f" until {end}"
    if start:
        return f" since {start}" if entry.get("ongoing") else f" from {start}"
    return ""
