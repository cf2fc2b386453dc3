"""Who would enter a trial, and who would leave it, from one verdict to another."""

from __future__ import annotations

from typing import Final, Literal

Move = Literal["already", "enter", "leave", "in-view", "stay"]
MOVES: Final[tuple[Move, ...]] = ("already", "enter", "leave", "in-view", "stay")
"""Patients who are potentially eligible before and after; who become so; who no longer are; who become
undetermined and were not, nor potentially eligible; and all others."""


def move(before: str, after: str) -> Move:
    """From one verdict (or, of who was not screened, status) to another."""
    entered, enters = (state == "potentially-eligible" for state in (before, after))
    if entered:
        return "already" if enters else "leave"
    if enters:
        return "enter"
    return "in-view" if after == "undetermined" != before else "stay"
