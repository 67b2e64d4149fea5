"""A source's compiled mapping: where its items are, and its rules in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.core.call import Operation
from relay.core.mapping.expressions import Expression
from relay.core.mapping.tree import MapTree
from relay.core.mapping.visit_sessions import RuleAggregate
from relay.core.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: the items it applies to, and the call it builds from them."""

    name: str
    when: Expression | None
    """Matches every item if None."""
    to: Operation
    items: Expression | None
    """Splits one item into several events."""
    priority: Priority
    tree: MapTree
    aggregate: RuleAggregate | None = None
    """Sends the events of one session as one call."""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression of the rule that reads the payload."""
        expressions = [expression for expression in (self.when, self.items) if expression]
        if self.aggregate and self.aggregate.key_template:
            expressions += self.aggregate.key_template.expressions
        for template in self.tree.templates.values():
            expressions += template.expressions
        return tuple(expressions)


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """All rules of a source, ready to run."""

    items: Expression | None
    """Finds the items in the payload. None: the body itself, as one item or as an array of them."""
    rules: tuple[Rule, ...]
    version: str = ""
    """A short hash of `spec`. Stored with each receipt, to show whether the mapping has changed since."""
    spec: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The mapping as written, merged with its preset, for display."""
