"""``proven``: the statement is shown by data; whatever is open counts as not shown.

Only for the conditions of a ladder, where the rungs below say what an open question means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from eligibility.answers import Answer, State
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
        if not binding.in_case:
            raise BindingError(
                "'proven' may only stand in a case's 'when': elsewhere it would turn unknown into no"
            )
        bound = binding.bind(self.proven, "proven")

        def evaluate(context: Context) -> Answer:
            answer = bound(context)
            if answer.state is State.TRUE:
                return answer
            if answer.state in (State.FALSE, State.PRESUMED_FALSE):
                return msgspec.structs.replace(answer, state=State.FALSE, flips_on=None)
            # What is open decides nothing here, so nothing is told of it: the rungs below say what it means.
            return Answer(state=State.FALSE, reason=NOTHING, until=answer.until)

        return evaluate
