"""The values of a payload, each with the expression that reads it and the words that its names are made of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

Step: TypeAlias = str | int

FIELDS_MAX = 300
DEPTH_MAX = 8

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class PayloadField:
    """One value that is text, a number, or true or false. `steps` lead to it from the item."""

    steps: tuple[Step, ...]
    value: Any

    @property
    def expression(self) -> str:
        """`item.signers[0].email`; a name that JMESPath would misread is quoted."""
        return "item" + "".join(_written(step) for step in self.steps)

    @property
    def name(self) -> str:
        """Its own name: `event_id` of `data.eventId`."""
        return "_".join(_words(self._names[-1])) if self._names else ""

    @property
    def words(self) -> frozenset[str]:
        """Those of its own name."""
        return frozenset(_words(self._names[-1])) if self._names else frozenset()

    @property
    def path_words(self) -> frozenset[str]:
        """Those of every name on the way to it, and of its own."""
        return frozenset(word for name in self._names for word in _words(name))

    @property
    def parent(self) -> tuple[Step, ...]:
        return self.steps[:-1]

    @property
    def depth(self) -> int:
        """How many names stand before its own."""
        return max(len(self._names) - 1, 0)

    @property
    def _names(self) -> list[str]:
        return [step for step in self.steps if isinstance(step, str)]


def list_fields(item: Any) -> list[PayloadField]:
    """The leaves in the payload's own order, of a list only those of its first element. Null and blank are none."""
    return list(_below(item, ()))[:FIELDS_MAX]


def _below(value: Any, steps: tuple[Step, ...]) -> Iterator[PayloadField]:
    if len(steps) > DEPTH_MAX:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _below(inner, (*steps, name))
    elif isinstance(value, list):
        yield from _below(value[0] if value else None, (*steps, 0))
    elif value is not None and value != "":
        yield PayloadField(steps, value)


def _written(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN.fullmatch(step) else f".{orjson.dumps(step).decode()}"


def _words(name: str) -> list[str]:
    """`eventId`, `event_id` and `Event ID` are one."""
    return [word.lower() for word in _WORD.findall(name)]
