"""``proven`` and ``seen``: the statement is shown by data; what is open counts as not shown.

``proven`` takes every open question so; ``seen`` only those of values that were never measured or are stale:
a value that is there but unreadable, or that was not retrieved, stays open.

Only for the conditions of a ladder, where the rungs below say what an open question means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from eligibility.answers import Answer, State, ways
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.errors import BindingError
from eligibility.messages import NOTHING
from eligibility.model import Model

if TYPE_CHECKING:
    from eligibility.kinds import Node


class ProvenNode(Model):
    """Holds when the statement is true by data, and does not hold otherwise."""

    kind_name: ClassVar[str] = "proven"
    proven: Node

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the statement.

        Raises:
            BindingError: used outside a case's condition, where it would turn "unknown" into "no".
        """
        _only_in_a_case(binding, "proven")
        bound = binding.bind(self.proven, "proven")

        def evaluate(context: Context) -> Answer:
            return _shown(bound(context))

        return evaluate


class SeenNode(Model):
    """Like ``proven``, but an unreadable, contradictory, coarse or unretrieved value stays open."""

    kind_name: ClassVar[str] = "seen"
    seen: Node

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the statement.

        Raises:
            BindingError: used outside a case's condition.
        """
        _only_in_a_case(binding, "seen")
        bound = binding.bind(self.seen, "seen")

        def evaluate(context: Context) -> Answer:
            answer = bound(context)
            if answer.state is State.MISSING and any(n.why not in _NOT_THERE for n in answer.needs):
                return answer
            return _shown(answer)

        return evaluate


_NOT_THERE = frozenset({"never-measured", "stale"})


def _only_in_a_case(binding: Binding, kind: str) -> None:
    if not binding.in_case:
        raise BindingError(
            f"'{kind}' may only stand in a case's 'when': elsewhere it would turn unknown into no"
        )


def _shown(answer: Answer) -> Answer:
    if answer.state is State.TRUE:
        return answer
    if answer.state in (State.FALSE, State.PRESUMED_FALSE):
        shown = msgspec.structs.replace(answer, state=State.FALSE, flips_on=None)
    else:
        # What is open decides nothing here, so nothing is told of it: the rungs below say what it means.
        shown = Answer(state=State.FALSE, reason=NOTHING, scores=answer.scores)
    return msgspec.structs.replace(shown, mend=lambda wanted: ways(answer, wanted))
