"""Templates: text in a map that contains `{{ expressions }}`."""

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
    """Text with at least one expression. A template that is a single expression keeps the type of its value."""

    parts: tuple[str | Expression, ...]
    """Literal text and expressions, in order."""

    @property
    def text(self) -> str:
        """The template as written in the mapping."""
        return "".join(part if isinstance(part, str) else f"{{{{ {part.text} }}}}" for part in self.parts)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return tuple(part for part in self.parts if isinstance(part, Expression))

    def evaluate(self, scope: Any, counter: StepCounter) -> Any:
        """Return the value, or None if any expression inside the text has none.

        Raises NoValue and WorkLimitExceeded.
        """
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return self.parts[0].evaluate(scope, counter)
        texts: list[str] = []
        for part in self.parts:
            # A value is inserted as it is, even if it holds braces: a payload must never become an expression.
            value = part if isinstance(part, str) else part.evaluate(scope, counter)
            if value is None or (part is not value and is_empty(value)):
                return None  # `Viewed {{ item.title }}` without a title would be half a sentence
            if not isinstance(value, str | int | float):
                raise NoValue("cannot put a list or an object into text: use join(), or pick one value")
            texts.append(format_scalar(value))
        if sum(map(len, texts)) > TEXT_MAX:
            raise NoValue(f"produces text longer than {TEXT_MAX} characters")
        return "".join(texts)


def parse_template(text: str, *, path: str) -> str | Template | list[Problem]:
    """Return `text` itself if it holds no expression, else a Template, or every problem in its expressions."""
    if _OPEN not in text:
        return text
    pieces = _split_pieces(text)
    if pieces is None:
        message = "opens {{ without closing it: end the expression with }}"
        return [Problem(path, MappingErrorCode.SYNTAX_ERROR, message)]
    parts: list[str | Expression] = []
    problems: list[Problem] = []
    for piece, is_expression in pieces:
        parsed = parse_expression(piece, path=path) if is_expression else piece
        if isinstance(parsed, list):
            problems += parsed
        else:
            parts.append(parsed)
    return problems or Template(tuple(parts))


def strip_braces(text: str) -> str:
    """Remove the braces around an expression, which are optional in keys that take no literal, such as `when`."""
    stripped = text.strip()
    if stripped.startswith(_OPEN) and stripped.endswith(_CLOSE):
        return stripped.removeprefix(_OPEN).removesuffix(_CLOSE).strip()
    return stripped


def _split_pieces(text: str) -> Sequence[tuple[str, bool]] | None:
    """Split `text` into `(piece, is_expression)`. None if a brace is never closed."""
    pieces: list[tuple[str, bool]] = []
    position = 0
    while (start := text.find(_OPEN, position)) >= 0:
        if start > position:
            pieces.append((text[position:start], False))
        end = _find_close(text, start + 2)
        if end is None:
            return None
        pieces.append((text[start + 2 : end].strip(), True))
        position = end + 2
    if position < len(text):
        pieces.append((text[position:], False))
    return pieces


def _find_close(text: str, position: int) -> int | None:
    """Find the `}}` that ends the expression starting at `position`."""
    # JMESPath has braces and quotes of its own: `{a: {b: c}}` and `'}}'` do not end the expression.
    depth, quote = 0, ""
    while position < len(text):
        character = text[position]
        if quote:
            position += character == "\\"
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth == 0:
                return position if text.startswith(_CLOSE, position) else None
            depth -= 1
        position += 1
    return None
