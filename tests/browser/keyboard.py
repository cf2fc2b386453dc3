"""A page walked with the keyboard alone."""

from __future__ import annotations

from typing import NamedTuple

from playwright.sync_api import Page


class Stop(NamedTuple):
    """An element that Tab reaches."""

    role: str
    name: str
    """As a screen reader is given them."""

    marked: bool
    """It looks otherwise than without focus (WCAG 2.4.7)."""

    seen: bool
    """It is in the window and nothing lies over it (WCAG 2.4.11)."""


_PREPARE = """() => {
  const look = (element) => {
    const style = getComputedStyle(element);
    return [style.outline, style.boxShadow, style.border, style.backgroundColor, style.textDecoration].join();
  };
  // Focus, not the last click, is where Tab starts from.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  const looks = new Map();
  for (const element of document.querySelectorAll("*")) {
    if (element.tabIndex >= 0) looks.set(element, look(element));
  }
  return { look, looks, met: new Set() };
}"""
_STOP = """(walk) => {
  const element = document.activeElement;
  // A field for a date is one element with a stop for each of its parts.
  if (element === walk.last && element.type === "date") return "part";
  walk.last = element;
  if (!element || element === document.body || walk.met.has(element)) return null;
  walk.met.add(element);
  const box = element.getClientRects()[0] ?? element.getBoundingClientRect();
  const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return [
    element.computedRole, element.computedName,
    walk.look(element) !== walk.looks.get(element),
    element.contains(over) || (over?.closest("label")?.control === element),
  ];
}"""


def walk(page: Page, most: int = 500) -> list[Stop]:
    """Press Tab from the top of the page until all stops have been met, or ``most`` of them.

    A group of radio buttons is one stop, as for whoever walks it.
    """
    state = page.evaluate_handle(_PREPARE)
    stops: list[Stop] = []
    while len(stops) < most:
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP, state)
        if stop is None:
            break
        if stop == "part":
            continue
        stops.append(Stop(*stop))
    return stops


def assert_walkable(page: Page) -> list[Stop]:
    """The stops of the page, each of which has a name, looks focused, and is in sight."""
    stops = walk(page)
    assert [stop for stop in stops if not (stop.name and stop.marked and stop.seen)] == []
    return stops
