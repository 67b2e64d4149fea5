"""Schemas of request bodies: field types, and a validator that lists every violation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Literal

from relay.sandbox import formats

Shape = Mapping[str, "Field"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a body."""

    is_readable: Callable[[Any], bool]
    """What Gong's JSON reader accepts, at every fidelity."""

    is_valid: Callable[[Any], bool] | None = None
    """A narrower check that only strict fidelity applies."""

    _: KW_ONLY
    shape: Shape | None = None
    """The fields of a nested object."""

    is_list: bool = False
    required: bool = False
    undocumented: bool = False
    """In Gong's schema only because its generator put it there; strict fidelity rejects it as unknown."""

    allow_blank: bool = True


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a body does not match its shape."""

    path: str
    kind: Literal["missing", "blank", "malformed", "unknown"]


def find_violations(
    shape: Shape, body: Mapping[str, Any], *, strict: bool, prefix: str = ""
) -> Iterator[Violation]:
    """Yield every violation, in the order of the shape's fields. A null counts as missing, as in Gong's JSON reader."""
    for name, field in shape.items():
        if (value := body.get(name)) is None:
            if field.required:
                yield Violation(f"{prefix}{name}", "missing")
        # Most values are plain and readable. Skip them here: a further function call per value slows every request.
        elif strict or field.is_list or field.shape is not None or not field.is_readable(value):
            yield from _field_violations(field, value, f"{prefix}{name}", strict=strict)
    if strict:
        for name in body:
            if name not in shape or shape[name].undocumented:
                yield Violation(f"{prefix}{name}", "unknown")


def _field_violations(field: Field, value: object, path: str, *, strict: bool) -> Iterator[Violation]:
    if not field.is_list:
        yield from _value_violations(field, value, path, strict=strict)
    elif not isinstance(value, list):
        yield Violation(path, "malformed")
    else:
        for index, item in enumerate(value):
            yield from _value_violations(field, item, f"{path}[{index}]", strict=strict)


def _value_violations(field: Field, value: Any, path: str, *, strict: bool) -> Iterator[Violation]:
    if not field.is_readable(value):
        yield Violation(path, "malformed")
    elif field.shape is not None:
        yield from find_violations(field.shape, value, strict=strict, prefix=f"{path}.")
    elif not strict:
        return
    elif not field.allow_blank and not value.strip():
        yield Violation(path, "blank")
    elif field.is_valid is not None and not field.is_valid(value):
        yield Violation(path, "malformed")


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_int32(value: object) -> bool:
    return type(value) is int and value in formats.INT32


def _is_number(value: object) -> bool:
    return type(value) in {int, float}


def _is_string_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_lenient_timestamp(value: object) -> bool:
    return isinstance(value, str) and formats.is_lenient_timestamp(value)


TEXT = Field(is_readable=_is_string)
EMAIL = Field(is_readable=_is_string, is_valid=formats.is_email)
DOMAIN = Field(is_readable=_is_string, is_valid=formats.is_domain)
URL = Field(is_readable=_is_string, is_valid=formats.is_url)
TIMESTAMP = Field(is_readable=_is_lenient_timestamp, is_valid=formats.is_timestamp)
EVENT_ID = Field(is_readable=_is_string, is_valid=formats.is_event_id, allow_blank=False)
INT32 = Field(is_readable=_is_int32)
NUMBER = Field(is_readable=_is_number)
TEXT_MAP = Field(is_readable=_is_string_map)
ANYTHING = Field(is_readable=lambda _: True)


def choice_of(*choices: str) -> Field:
    return Field(is_readable=lambda value: isinstance(value, str) and value in choices)


def object_of(shape: Shape) -> Field:
    return Field(is_readable=_is_object, shape=shape)


def list_of(item: Field | Shape) -> Field:
    """A list whose items match a field or a shape."""
    return replace(item if isinstance(item, Field) else object_of(item), is_list=True)


def required(field: Field) -> Field:
    return replace(field, required=True)


def undocumented(field: Field) -> Field:
    return replace(field, undocumented=True)
