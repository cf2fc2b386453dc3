"""``all``, ``any``, ``not`` and ``at_least``: Kleene's logic over statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from eligibility.answers import Answer, at_least, conjoin, disjoin, negate
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.errors import BindingError
from eligibility.model import Model

if TYPE_CHECKING:
    from eligibility.kinds import Node


class AllNode(Model):
    """Every statement of the list holds."""

    kind_name: ClassVar[str] = "all"
    all: list[Node] = Field(min_length=1)

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the statements."""
        bound = [binding.bind(node, "all", i) for i, node in enumerate(self.all)]
        return lambda context: conjoin([evaluate(context) for evaluate in bound])


class AnyNode(Model):
    """At least one statement of the list holds."""

    kind_name: ClassVar[str] = "any"
    any: list[Node] = Field(min_length=1)

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the statements."""
        bound = [binding.bind(node, "any", i) for i, node in enumerate(self.any)]
        return lambda context: disjoin([evaluate(context) for evaluate in bound])


class NotNode(Model):
    """The statement does not hold."""

    kind_name: ClassVar[str] = "not"
    not_: Node = Field(alias="not")

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the statement with the polarity turned round."""
        with binding.polarity(not binding.positive):
            bound = binding.bind(self.not_, "not")
        return lambda context: negate(bound(context))


class AtLeastBody(Model):
    """Body of ``at_least``."""

    count: int = Field(ge=1)
    """How many must hold."""

    of: list[Node] = Field(min_length=1)
    """The statements."""


class AtLeastNode(Model):
    """At least so many of the statements hold."""

    kind_name: ClassVar[str] = "at_least"
    at_least: AtLeastBody

    def bind(self, binding: Binding) -> Evaluate:
        """Bind the statements.

        Raises:
            BindingError: more are asked for than there are.
        """
        count, nodes = self.at_least.count, self.at_least.of
        if count > len(nodes):
            raise BindingError(
                f"at least {count} of {len(nodes)} statements can never hold", "at_least", "count"
            )
        bound = [binding.bind(node, "at_least", "of", i) for i, node in enumerate(nodes)]

        def evaluate(context: Context) -> Answer:
            return at_least(count, [one(context) for one in bound])

        return evaluate
