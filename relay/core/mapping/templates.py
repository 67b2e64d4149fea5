"""Texts of a mapping that may hold `{{ expressions }}`: alone one keeps its type, inside a text it is written into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.core.default_mapping.properties import format_scalar
from relay.core.errors import Problem
from relay.core.mapping.expressions import Expression
from relay.core.mapping.lint_expression import parse_expression
from relay.core.mapping.problems import MappingErrorCode
from relay.core.mapping.scalars import is_empty
from relay.core.mapping.work_limit import TEXT_MAX, NoValue, StepCounter

_OPEN, _CLOSE = "{{", "}}"
_QUOTES = "'\"`"


@dataclass(frozen=True, slots=True)
class Template:
    """A leaf with at least one expression. `parts` are literal texts and expressions, in their order."""

    parts: tuple[str | Expression, ...]

    @property
    def text(self) -> str:
        """As it is written in the mapping."""
        return "".join(part if isinstance(part, str) else f"{{{{ {part.text} }}}}" for part in self.parts)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return tuple(part for part in self.parts if isinstance(part, Expression))

    def evaluate(self, scope: Any, meter: StepCounter) -> Any:
        """The value, or None where a piece is missing: no half a sentence. Results are data, never read again."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return self.parts[0].evaluate(scope, meter)
        written: list[str] = []
        for part in self.parts:
            value = part if isinstance(part, str) else part.evaluate(scope, meter)
            if value is None or (part is not value and is_empty(value)):
                return None
            if not isinstance(value, str | int | float):
                raise NoValue(
                    "a list or an object has no place inside a text: use join() or take a part of it"
                )
            written.append(format_scalar(value))
        if sum(map(len, written)) > TEXT_MAX:
            raise NoValue(f"makes a text of more than {TEXT_MAX} characters")
        return "".join(written)


def parse_template(text: str, *, path: str) -> str | Template | list[Problem]:
    """A text without expressions as it is, a Template, or everything that is wrong."""
    if _OPEN not in text:
        return text
    pieces = _pieces(text)
    if pieces is None:
        return [
            Problem(
                path, MappingErrorCode.SYNTAX_ERROR, "opens {{ without closing it: end the expression with }}"
            )
        ]
    parts: list[str | Expression] = []
    problems: list[Problem] = []
    for piece, is_expression in pieces:
        read = parse_expression(piece, path=path) if is_expression else piece
        if isinstance(read, list):
            problems += read
        else:
            parts.append(read)
    return problems or Template(tuple(parts))


def strip_braces(text: str) -> str:
    """An expression where no literal may stand, as in `when`: braces round it are passed over."""
    stripped = text.strip()
    if stripped.startswith(_OPEN) and stripped.endswith(_CLOSE):
        return stripped.removeprefix(_OPEN).removesuffix(_CLOSE).strip()
    return stripped


def _pieces(text: str) -> Sequence[tuple[str, bool]] | None:
    """Literal pieces and expressions in turn; None when a brace is never closed."""
    pieces: list[tuple[str, bool]] = []
    place = 0
    while (start := text.find(_OPEN, place)) >= 0:
        if start > place:
            pieces.append((text[place:start], False))
        end = _end(text, start + 2)
        if end is None:
            return None
        pieces.append((text[start + 2 : end].strip(), True))
        place = end + 2
    if place < len(text):
        pieces.append((text[place:], False))
    return pieces


def _end(text: str, place: int) -> int | None:
    """Where the expression that starts here ends: `}}` in quotes, or closing two objects of its own, is none."""
    depth, quote = 0, ""
    while place < len(text):
        character = text[place]
        if quote:
            place += character == "\\"
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth == 0:
                return place if text.startswith(_CLOSE, place) else None
            depth -= 1
        place += 1
    return None
