"""The words of a comparison of two versions of a protocol."""

from __future__ import annotations

from app.rendering.telling import tell
from eligibility.comparing import Change, Comparison


def summary(compared: Comparison) -> str:
    """Which versions, and how much changed."""
    told = {"protocol": compared.protocol, "older": compared.older, "newer": compared.newer}
    if not compared.changes:
        return tell("comparison.nothing", **told)
    asked = compared.criteria()
    if not asked:
        return tell("comparison.words-only", count=len(compared.changes), **told)
    return tell("comparison.summary", count=len(compared.changes), criteria=", ".join(asked), **told)


def heading(change: Change) -> str:
    """What changed, and whether it is new or gone."""
    kind = "new" if not change.before else "gone" if not change.after else "changed"
    return tell(f"comparison.{kind}", place=place(change))


def place(change: Change) -> str:
    """``I8: what is asked``."""
    what = tell(f"comparison.what.{change.what}")
    return tell("comparison.place", of=change.of.replace("_", " "), what=what) if change.of else what
