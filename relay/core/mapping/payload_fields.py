"""Lists the fields of a payload, each with the expression that reads it and the words that its name consists of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from relay.core.printable import escape_json

Step: TypeAlias = str | int

FIELDS_MAX = 300
DEPTH_MAX = 8

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class PayloadField:
    """One value that is text, a number, or true or false."""

    steps: tuple[Step, ...]
    """The keys and indexes that lead to it from the item."""
    value: Any

    @property
    def expression(self) -> str:
        """The expression that reads it, such as `item.signers[0].email`."""
        return "item" + "".join(_render_step(step) for step in self.steps)

    @property
    def name(self) -> str:
        """Its own name in snake case: `event_id` for `data.eventId`."""
        return "_".join(_split_words(self._names[-1])) if self._names else ""

    @property
    def words(self) -> frozenset[str]:
        """The words of its own name."""
        return frozenset(_split_words(self._names[-1])) if self._names else frozenset()

    @property
    def path_words(self) -> frozenset[str]:
        """The words of all names on its path, its own included."""
        return frozenset(word for name in self._names for word in _split_words(name))

    @property
    def parent(self) -> tuple[Step, ...]:
        return self.steps[:-1]

    @property
    def depth(self) -> int:
        """How many names precede the last one in the path."""
        return max(len(self._names) - 1, 0)

    @property
    def _names(self) -> list[str]:
        return [step for step in self.steps if isinstance(step, str)]


def list_fields(item: Any) -> list[PayloadField]:
    """Return the fields that have a value, in the payload's order. A list is represented by its first element."""
    return list(_walk(item, ()))[:FIELDS_MAX]


def _walk(value: Any, steps: tuple[Step, ...]) -> Iterator[PayloadField]:
    if len(steps) > DEPTH_MAX:
        return
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _walk(child, (*steps, name))
    elif isinstance(value, list):
        # The elements of a list look alike, so the first stands for all.
        yield from _walk(value[0] if value else None, (*steps, 0))
    elif value is not None and value != "":
        yield PayloadField(steps, value)


def _render_step(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    # JMESPath reads any other name only in double quotes, with JSON's escapes.
    return f".{step}" if _PLAIN_NAME.fullmatch(step) else f".{escape_json(orjson.dumps(step).decode())}"


def _split_words(name: str) -> list[str]:
    """Return `["event", "id"]` for `eventId`, `event_id` and `Event ID`."""
    return [word.lower() for word in _WORD.findall(name)]
