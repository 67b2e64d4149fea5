"""The language in which bodies are described as tables, and the walk that finds every place where a body breaks one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from relay.sandbox import formats as grammar

Shape = Mapping[str, "Field"]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a body: `reads` is what the JSON reader takes, `strictly` a narrower form for strict fidelity.

    `leaked` marks keys that stand in Gong's schema by accident of its generator, without a meaning.
    """

    reads: Callable[[Any], bool]
    strictly: Callable[[Any], bool] | None = None
    shape: Shape | None = None
    many: bool = False
    required: bool = False
    leaked: bool = False
    blank_ok: bool = True


@dataclass(frozen=True, slots=True)
class Breach:
    """One place where a body breaks its shape."""

    path: str
    kind: Literal["missing", "blank", "malformed", "unknown"]


def breaches(shape: Shape, body: Mapping[str, Any], *, strict: bool, under: str = "") -> Iterator[Breach]:
    """Every breach, in the order of the table. A null counts as absent, as it does for Gong's JSON reader."""
    for name, field in shape.items():
        if (value := body.get(name)) is None:
            if field.required:
                yield Breach(f"{under}{name}", "missing")
        # Most values are plain and read well: they are done with here, for each step further costs every call.
        elif strict or field.many or field.shape is not None or not field.reads(value):
            yield from _field_breaches(field, value, f"{under}{name}", strict=strict)
    if strict:
        for name in body:
            if name not in shape or shape[name].leaked:
                yield Breach(f"{under}{name}", "unknown")


def _field_breaches(field: Field, value: object, path: str, *, strict: bool) -> Iterator[Breach]:
    if not field.many:
        yield from _value_breaches(field, value, path, strict=strict)
    elif not isinstance(value, list):
        yield Breach(path, "malformed")
    else:
        for index, item in enumerate(value):
            yield from _value_breaches(field, item, f"{path}[{index}]", strict=strict)


def _value_breaches(field: Field, value: Any, path: str, *, strict: bool) -> Iterator[Breach]:
    if not field.reads(value):
        yield Breach(path, "malformed")
    elif field.shape is not None:
        yield from breaches(field.shape, value, strict=strict, under=f"{path}.")
    elif not strict:
        return
    elif not field.blank_ok and not value.strip():
        yield Breach(path, "blank")
    elif field.strictly is not None and not field.strictly(value):
        yield Breach(path, "malformed")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_int32(value: object) -> bool:
    return type(value) is int and value in grammar.INT32


def _is_number(value: object) -> bool:
    return type(value) in {int, float}


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_lenient_stamp(value: object) -> bool:
    return isinstance(value, str) and grammar.is_lenient_stamp(value)


TEXT = Field(_is_text)
EMAIL = Field(_is_text, grammar.is_email)
DOMAIN = Field(_is_text, grammar.is_domain)
URL = Field(_is_text, grammar.is_url)
STAMP = Field(_is_lenient_stamp, grammar.is_stamp)
EVENT_ID = Field(_is_text, grammar.is_event_id, blank_ok=False)
INT32 = Field(_is_int32)
NUMBER = Field(_is_number)
TEXT_MAP = Field(_is_text_map)
ANYTHING = Field(lambda _: True)


def choice(*words: str) -> Field:
    return Field(lambda value: isinstance(value, str) and value in words)


def one(shape: Shape) -> Field:
    return Field(_is_object, shape=shape)


def many(item: Field | Shape) -> Field:
    """A list of such values, or of objects of such a shape."""
    return replace(item if isinstance(item, Field) else one(item), many=True)


def must(field: Field) -> Field:
    return replace(field, required=True)


def leaked(field: Field) -> Field:
    return replace(field, leaked=True)
