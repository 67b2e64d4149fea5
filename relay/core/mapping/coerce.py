"""Coerces a mapped body into what Gong accepts: rewrites values in Gong's formats, and drops those Gong would reject.

Each change is a warning, because one bad link is no reason to lose an event. Whether the rest is a valid body is
checked afterwards.
"""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from typing import Any, TypeAlias, cast

from marshmallow import fields as marshmallow_fields

from relay.core.call import Operation
from relay.core.default_mapping.properties import format_scalar
from relay.core.email_address import is_free_mail, normalize_domain, normalize_email
from relay.core.errors import Problem
from relay.core.event.sanitize import clean_text, strip_url_secrets, truncate
from relay.core.gong import formats
from relay.core.gong.base_schema import NestedObject, ObjectSchema
from relay.core.gong.fields import AnyValue, Array, Integer, Number, OneOf, Properties, Text
from relay.core.gong.limits import MESSAGE_MAX, URL_MAX
from relay.core.gong.problems import printable_key
from relay.core.gong.validate import SCHEMAS
from relay.core.mapping.custom_fields import coerce_entry, find_value_format
from relay.core.mapping.functions.dates import timestamp
from relay.core.mapping.functions.numbers import number
from relay.core.mapping.problems import EventProblemCode
from relay.core.mapping.scalars import flatten_scalars
from relay.core.mapping.tree import UnfilledObject
from relay.core.mapping.work_limit import NoValue

Warnings: TypeAlias = list[Problem]
Coercer: TypeAlias = Callable[[Any, str, Warnings], Any]
"""`coerce(value, path, warnings)` returns the value for Gong, or None if nothing of it is left.

Adds to `warnings` what it changed inside the value. Raises NoValue if Gong would reject the whole value.
"""

_UNKNOWN_KEYS_REPORTED = 10
"""A hostile payload may hold a hundred thousand unknown keys."""
_REQUIRED_ANY: Mapping[str, tuple[str, ...]] = {
    "NumericContentDetails": ("value",),
    "CallUploadContext": ("objects",),
    "PartyUploadContext": ("objects",),
    "Company": ("domain", "companyBusinessContexts"),
}
"""Objects that are of no use without at least one of these keys, although Gong accepts them."""


def coerce_body(operation: Operation, body: Mapping[str, Any]) -> tuple[dict[str, Any], Warnings]:
    """Return the body to send, and a warning for each value that was changed or dropped."""
    warnings: Warnings = []
    return _coerce_keys(body, _make_body_coercers(operation), "", warnings), warnings


@cache
def _make_body_coercers(operation: Operation) -> Mapping[str, Coercer]:
    # Depends only on Gong's schema, so it is built once for each operation.
    return {name: _make_coercer(field) for name, field in SCHEMAS[operation].fields.items()}


def _make_coercer(field: marshmallow_fields.Field[Any]) -> Coercer:
    return _FACTORIES[type(field)](field)


def _coerce_or_drop(coerce: Coercer, value: Any, path: str, warnings: Warnings) -> Any:
    """Coerce one value. If Gong would reject it, add a warning and return None."""
    try:
        return coerce(value, path, warnings)
    except NoValue as error:
        warnings.append(Problem(path, EventProblemCode.VALUE_DROPPED, f"is not sent: {error}"))
        return None


def _make_object_coercer(field: NestedObject) -> Coercer:
    schema, is_required = cast("ObjectSchema", field.schema), field.required
    coercers = {name: _make_coercer(inner) for name, inner in schema.fields.items()}
    if type(schema).__name__ == "Company":
        # Elsewhere a mail provider's domain is fine; as a company's it is not.
        coercers["domain"] = _coerce_company_domain
    required_keys = [name for name, inner in schema.fields.items() if inner.required]
    required_any = _REQUIRED_ANY.get(type(schema).__name__, ())

    def coerce(value: Any, path: str, warnings: Warnings) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            raise NoValue("it is not an object")
        coerced = _coerce_keys(value, coercers, path, warnings)
        missing = [name for name in required_keys if name not in coerced]
        if not missing and required_any and not any(name in coerced for name in required_any):
            missing = [" or ".join(required_any)]
        if missing and not is_required and isinstance(value, UnfilledObject):
            return None  # the payload has nothing for this object: nothing to warn about
        # A required object is kept although it is incomplete: the check of the body then names the missing key.
        if coerced and missing and not is_required:
            raise NoValue(f"it is of no use to Gong without {' and '.join(missing)}")
        return coerced or None

    return coerce


def _coerce_keys(
    value: Mapping[str, Any], coercers: Mapping[str, Coercer], path: str, warnings: Warnings
) -> dict[str, Any]:
    coerced = {}
    for key, raw in value.items():
        if key not in coercers:
            continue
        result = _coerce_or_drop(coercers[key], raw, _join_key(path, key), warnings)
        if result is not None:
            coerced[key] = result
    unknown_keys = (key for key in value if key not in coercers)
    for key in islice(unknown_keys, _UNKNOWN_KEYS_REPORTED):
        message = "is not sent: Gong documents no such key here"
        key_path = _join_key(path, printable_key(key))
        warnings.append(Problem(key_path, EventProblemCode.VALUE_DROPPED, message))
    return coerced


def _join_key(path: str, key: str) -> str:
    # Unlike join_path, this takes a key that starts with "[" or is empty for what it is.
    return f"{path}.{key}" if path else key


def _make_array_coercer(field: Array) -> Coercer:
    coerce_inner, limit = _make_coercer(field.inner), field.limit
    value_format = find_value_format(field)

    def coerce_item(value: Any, path: str, warnings: Warnings) -> Any:
        if value_format:
            value = coerce_entry(value, value_format, path, warnings)
        return coerce_inner(value, path, warnings)

    def coerce(value: Any, path: str, warnings: Warnings) -> list[Any] | None:
        if value_format and isinstance(value, dict):
            value = value_format.from_object(flatten_scalars(value))
        # Senders often send a single value where there could be several.
        items = value if isinstance(value, list) else [value]
        if len(items) > limit:
            message = f"is cut to its first {limit} items: it has {len(items)}"
            warnings.append(Problem(path, EventProblemCode.VALUE_CHANGED, message))
        coerced = (
            _coerce_or_drop(coerce_item, item, f"{path}[{index}]", warnings)
            for index, item in enumerate(items[:limit])
        )
        return [item for item in coerced if item is not None] or None

    return coerce


def _make_text_coercer(field: Text) -> Coercer:
    if field.format_check is not None:
        return _COERCERS_BY_FORMAT[field.format_check]
    # Only a message has lines; every other text of Gong's is shown on one.
    limit, keep_lines = field.limit, field.limit == MESSAGE_MAX

    def coerce(value: Any, path: str, warnings: Warnings) -> str | None:
        if isinstance(value, str):
            text = clean_text(value, keep_lines=keep_lines)
        elif isinstance(value, list | dict):
            raise NoValue("it is not text: use join(), or pick one value")
        else:
            text = format_scalar(value)
        if len(text) > limit:
            message = f"is cut to {limit} characters"
            warnings.append(Problem(path, EventProblemCode.VALUE_CHANGED, message))
            return truncate(text, limit)
        return text or None

    return coerce


def _make_format_coercer(convert: Callable[[Any], str], error_message: str) -> Coercer:
    """Make a coercer of a conversion that may raise on odd values."""

    def coerce(value: Any, _path: str, _warnings: Warnings) -> str:
        try:
            return convert(value)
        except NoValue:
            raise
        except (ValueError, TypeError, AttributeError, ArithmeticError):
            raise NoValue(error_message) from None

    return coerce


def _coerce_company_domain(value: Any, path: str, warnings: Warnings) -> str:
    domain: str = _COERCERS_BY_FORMAT[formats.check_domain](value, path, warnings)
    if is_free_mail(domain):
        # Gong would show everyone who uses gmail.com as people of one company.
        raise NoValue("it is the domain of a mail provider, not of a company")
    return domain


def _make_url_safe(value: str) -> str:
    # Every seller sees the link in Gong, so tokens and signatures in its query must go.
    url = strip_url_secrets(value.strip())
    # A cut URL leads nowhere, so a long one is dropped instead.
    if len(url) > URL_MAX or formats.check_url(url):
        raise ValueError
    return url


def _make_id_text(value: Any) -> str:
    # Only made text here. The engine turns it into the event's id, which depends on the source.
    if isinstance(value, list | dict):
        raise TypeError
    return clean_text(format_scalar(value))


def _make_choice_coercer(field: OneOf) -> Coercer:
    choices = field.choices
    # Gong's words are in upper case, and partners write `mobile` or `Mobile`.
    choices_by_lower_case = {choice.lower(): choice for choice in choices}

    def coerce(value: Any, _path: str, _warnings: Warnings) -> str:
        if isinstance(value, str) and (choice := choices_by_lower_case.get(value.strip().lower())):
            return choice
        raise NoValue(f"it is not one of {', '.join(choices)}")

    return coerce


def _coerce_integer(value: Any, path: str, warnings: Warnings) -> int:
    # Partners send percentages such as 61.7, and Gong accepts only whole numbers.
    return round(_coerce_number(value, path, warnings))


def _coerce_number(value: Any, _path: str, _warnings: Warnings) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NoValue("it is not a number")
    result = number(value)
    if result - result != 0:  # infinite
        raise NoValue("it is not a number")
    return result


def _coerce_properties(value: Any, _path: str, _warnings: Warnings) -> dict[str, str] | None:
    if not isinstance(value, dict):
        raise NoValue("it is not an object")
    return {key: format_scalar(scalar) for key, scalar in flatten_scalars(value).items()} or None


_COERCERS_BY_FORMAT: Mapping[formats.FormatCheck, Coercer] = {
    formats.check_timestamp: _make_format_coercer(
        timestamp, "it is not a date and time in a format that can be read: timestamp() reads more formats"
    ),
    formats.check_url: _make_format_coercer(_make_url_safe, "it is not an absolute http or https URL"),
    formats.check_email: _make_format_coercer(normalize_email, "it is not an e-mail address"),
    formats.check_domain: _make_format_coercer(normalize_domain, "it is not a company's domain"),
    formats.check_event_id: _make_format_coercer(_make_id_text, "it is neither text nor a number"),
}

_FACTORIES: Mapping[type, Callable[[Any], Coercer]] = {
    NestedObject: _make_object_coercer,
    Array: _make_array_coercer,
    Text: _make_text_coercer,
    OneOf: _make_choice_coercer,
    Integer: lambda _: _coerce_integer,
    Number: lambda _: _coerce_number,
    Properties: lambda _: _coerce_properties,
    AnyValue: lambda _: lambda value, _path, _warnings: value,
}
