"""The kinds of statements that a protocol can make: one small module each.

A node of a protocol is a mapping with exactly one key, the name of its kind::

    all:
      - number: {input: upcr, at_least: 1.0 g/g, fresh: urine}
      - not: {found: {kind: [vaccination], of: [class_live_vaccine], during: {anchor: day0, before: 28 d}}}

Adding a kind means adding a module here and one line to ``Node``.
"""

from __future__ import annotations

from typing import Annotated, Any, Union

from pydantic import Discriminator, Tag

from eligibility.kinds.attest import AttestedNode, AttestNode
from eligibility.kinds.cases import CasesNode
from eligibility.kinds.category import CategoryNode
from eligibility.kinds.dose_run import DoseRunNode
from eligibility.kinds.exposed_for import ExposedForNode
from eligibility.kinds.found import FoundNode
from eligibility.kinds.logic import AllNode, AnyNode, AtLeastNode, NotNode
from eligibility.kinds.number import NumberNode
from eligibility.kinds.proven import ProvenNode, SeenNode
from eligibility.kinds.review import CarveOutNode, ReviewNode
from eligibility.kinds.stable_therapy import StableTherapyNode
from eligibility.kinds.table import TableNode


def _kind_of(value: Any) -> str | None:
    if isinstance(value, dict):
        return str(next(iter(value))) if len(value) == 1 else None
    return getattr(value, "kind_name", None)


Node = Annotated[
    Union[
        Annotated[AllNode, Tag("all")],
        Annotated[AnyNode, Tag("any")],
        Annotated[NotNode, Tag("not")],
        Annotated[AtLeastNode, Tag("at_least")],
        Annotated[NumberNode, Tag("number")],
        Annotated[CategoryNode, Tag("category")],
        Annotated[TableNode, Tag("table")],
        Annotated[FoundNode, Tag("found")],
        Annotated[DoseRunNode, Tag("dose_run")],
        Annotated[StableTherapyNode, Tag("stable_therapy")],
        Annotated[ExposedForNode, Tag("exposed_for")],
        Annotated[CasesNode, Tag("cases")],
        Annotated[ReviewNode, Tag("review")],
        Annotated[CarveOutNode, Tag("carve_out")],
        Annotated[AttestNode, Tag("attest")],
        Annotated[AttestedNode, Tag("attested")],
        Annotated[ProvenNode, Tag("proven")],
        Annotated[SeenNode, Tag("seen")],
    ],
    Discriminator(_kind_of),
]

for _model in (
    AllNode,
    AnyNode,
    NotNode,
    AtLeastNode,
    CasesNode,
    ReviewNode,
    CarveOutNode,
    AttestNode,
    AttestedNode,
    ProvenNode,
    SeenNode,
):
    _model.model_rebuild(_types_namespace={"Node": Node})

__all__ = ["Node"]
