"""A source's mapping, ready to run: where its items are, and its rules in their order."""

from dataclasses import dataclass
from enum import StrEnum

from relay.core.call import Operation
from relay.core.rules.expressions import Expression
from relay.core.rules.tree import Tree


class Lane(StrEnum):
    """Which events go first, and which wait first when the day's budget runs short."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Rule:
    """One `when → to → map`. `when` None holds always; `items` fans one item out into several events."""

    name: str
    when: Expression | None
    to: Operation
    items: Expression | None
    lane: Lane
    tree: Tree

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything that reads the payload."""
        own = [each for each in (self.when, self.items) if each]
        leaves = [each for template in self.tree.templates.values() for each in template.expressions]
        return (*own, *leaves)


@dataclass(frozen=True, slots=True)
class Compiled:
    """`items` None takes the body itself: each element of an array, or the one object."""

    items: Expression | None
    rules: tuple[Rule, ...]
