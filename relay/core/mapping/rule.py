"""A source's mapping, ready to run: where its items are, and its rules in their order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.core.call import Operation
from relay.core.mapping.expressions import Expression
from relay.core.mapping.tree import MapTree
from relay.core.mapping.visit_sessions import RuleAggregate
from relay.core.priority import Priority


@dataclass(frozen=True, slots=True)
class Rule:
    """One `when → to → map`. `when` None holds always; `items` fans one item out into several events.

    `aggregate` has the events of one session become one call.
    """

    name: str
    when: Expression | None
    to: Operation
    items: Expression | None
    priority: Priority
    tree: MapTree
    aggregate: RuleAggregate | None = None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything that reads the payload."""
        own = [each for each in (self.when, self.items) if each]
        by = self.aggregate.key_template.expressions if self.aggregate and self.aggregate.key_template else ()
        leaves = [each for template in self.tree.templates.values() for each in template.expressions]
        return (*own, *by, *leaves)


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """`items` None takes the body itself: each element of an array, or the one object.

    `version` is short and the same for the same mapping, wherever it is read: events keep it, to be explained by.
    `spec` is the whole mapping as it was read, a preset's part with it, for people.
    """

    items: Expression | None
    rules: tuple[Rule, ...]
    version: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
