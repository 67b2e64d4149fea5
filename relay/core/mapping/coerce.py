"""A body as it was mapped, made fit for Gong: values in their written form, and without what Gong would not take.

What cannot be made fit is left out with a word about it: a bad link is no reason to lose the event. Whether
enough is left is for the check of the body to say.
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
from relay.core.gong import formats as forms
from relay.core.gong.base_schema import NestedObject, ObjectSchema
from relay.core.gong.fields import AnyValue, Array, Integer, Number, OneOf, Properties, Text
from relay.core.gong.limits import MESSAGE_MAX, URL_MAX
from relay.core.gong.problems import printable_key
from relay.core.gong.validate import SCHEMAS
from relay.core.mapping import custom_fields as named
from relay.core.mapping.functions.dates import timestamp
from relay.core.mapping.functions.numbers import number
from relay.core.mapping.problems import EventProblemCode
from relay.core.mapping.scalars import flatten_scalars
from relay.core.mapping.tree import UnfilledObject
from relay.core.mapping.work_limit import NoValue

Hitches: TypeAlias = list[Problem]
Coercer: TypeAlias = Callable[[Any, str, Hitches], Any]
"""Value, its path, where to tell what happened inside. None: nothing is left. Unfit says why Gong would not take it."""

_UNKNOWN_TOLD = 10
"""A hostile payload may hold a hundred thousand keys."""
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "NumericContentDetails": ("value",),
    "CallUploadContext": ("objects",),
    "PartyUploadContext": ("objects",),
    "Company": ("domain", "companyBusinessContexts"),
}
"""Objects that say nothing without one of these, beside what Gong itself requires."""


def coerce_body(operation: Operation, body: Mapping[str, Any]) -> tuple[dict[str, Any], Hitches]:
    """The body that can be sent, and what was changed or left out on the way."""
    hitches: Hitches = []
    return _known(body, _fits(operation), "", hitches), hitches


@cache
def _fits(operation: Operation) -> Mapping[str, Coercer]:
    return {name: _fit_of(field) for name, field in SCHEMAS[operation].fields.items()}


def _fit_of(field: marshmallow_fields.Field[Any]) -> Coercer:
    return _MAKERS[type(field)](field)


def _tried(one: Coercer, value: Any, path: str, hitches: Hitches) -> Any:
    """The fit value, or None and a word about it."""
    try:
        return one(value, path, hitches)
    except NoValue as error:
        hitches.append(Problem(path, EventProblemCode.VALUE_DROPPED, f"is not sent: {error}"))
        return None


def _object(part: NestedObject) -> Coercer:
    shape, required = cast("ObjectSchema", part.schema), part.required
    fits = {name: _fit_of(inner) for name, inner in shape.fields.items()}
    if type(shape).__name__ == "Company":
        fits["domain"] = _company_domain
    musts = [name for name, inner in shape.fields.items() if inner.required]
    needs = _NEEDS.get(type(shape).__name__, ())

    def fitted(value: Any, path: str, hitches: Hitches) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            raise NoValue("it is no object")
        found = _known(value, fits, path, hitches)
        lacking = [name for name in musts if name not in found]
        if not lacking and needs and not any(name in found for name in needs):
            lacking = [" or ".join(needs)]
        if lacking and not required and isinstance(value, UnfilledObject):
            return None
        if found and lacking and not required:
            raise NoValue(f"it says nothing to Gong without {' and '.join(lacking)}")
        return found or None

    return fitted


def _known(
    value: Mapping[str, Any], fits: Mapping[str, Coercer], path: str, hitches: Hitches
) -> dict[str, Any]:
    found = {}
    for key, raw in value.items():
        if key in fits and (fitted := _tried(fits[key], raw, _below(path, key), hitches)) is not None:
            found[key] = fitted
    unknown = (key for key in value if key not in fits)
    for key in islice(unknown, _UNKNOWN_TOLD):
        message = "is not sent: Gong documents no such key here"
        hitches.append(Problem(_below(path, printable_key(key)), EventProblemCode.VALUE_DROPPED, message))
    return found


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _list(field: Array) -> Coercer:
    plain, limit = _fit_of(field.inner), field.limit
    names = named.named_value_format(field)

    def one(value: Any, path: str, hitches: Hitches) -> Any:
        return plain(named.coerce_entry(value, names, path, hitches) if names else value, path, hitches)

    def fitted(value: Any, path: str, hitches: Hitches) -> list[Any] | None:
        if names and isinstance(value, dict):
            value = names.from_object(flatten_scalars(value))
        found = value if isinstance(value, list) else [value]
        if len(found) > limit:
            message = f"is cut to its first {limit} items: it has {len(found)}"
            hitches.append(Problem(path, EventProblemCode.VALUE_CHANGED, message))
        kept = (_tried(one, each, f"{path}[{place}]", hitches) for place, each in enumerate(found[:limit]))
        return [each for each in kept if each is not None] or None

    return fitted


def _text(field: Text) -> Coercer:
    if field.format_check is not None:
        return _FORMS[field.format_check]
    limit, keep_lines = field.limit, field.limit == MESSAGE_MAX

    def fitted(value: Any, path: str, hitches: Hitches) -> str | None:
        if isinstance(value, str):
            text = clean_text(value, keep_lines=keep_lines)
        elif isinstance(value, list | dict):
            raise NoValue("it is no text: use join() or take a part of it")
        else:
            text = format_scalar(value)
        if len(text) > limit:
            hitches.append(Problem(path, EventProblemCode.VALUE_CHANGED, f"is cut to {limit} characters"))
            return truncate(text, limit)
        return text or None

    return fitted


def _formed(form: Callable[[Any], str], wrong: str) -> Coercer:
    def fitted(value: Any, _path: str, _hitches: Hitches) -> str:
        try:
            return form(value)
        except NoValue:
            raise
        except (ValueError, TypeError, AttributeError, ArithmeticError):
            raise NoValue(wrong) from None

    return fitted


def _company_domain(value: Any, path: str, hitches: Hitches) -> str:
    found: str = _FORMS[forms.check_domain](value, path, hitches)
    if is_free_mail(found):
        raise NoValue("it belongs to a mail provider, whose users are no company")
    return found


def _safe_url(value: str) -> str:
    url = strip_url_secrets(value.strip())
    if len(url) > URL_MAX or forms.check_url(url):
        raise ValueError
    return url


def _id(value: Any) -> str:
    """Only as text: what it becomes depends on the source."""
    if isinstance(value, list | dict):
        raise TypeError
    return clean_text(format_scalar(value))


def _choice(field: OneOf) -> Coercer:
    choices = field.choices
    by_case = {choice.lower(): choice for choice in choices}

    def fitted(value: Any, _path: str, _hitches: Hitches) -> str:
        if isinstance(value, str) and (found := by_case.get(value.strip().lower())):
            return found
        raise NoValue(f"it is none of {', '.join(choices)}")

    return fitted


def _whole(value: Any, path: str, hitches: Hitches) -> int:
    return round(_number(value, path, hitches))


def _number(value: Any, _path: str, _hitches: Hitches) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NoValue("it is no number")
    found = number(value)
    if found - found != 0:  # infinite
        raise NoValue("it is no number")
    return found


def _text_map(value: Any, _path: str, _hitches: Hitches) -> dict[str, str] | None:
    if not isinstance(value, dict):
        raise NoValue("it is no object")
    return {key: format_scalar(each) for key, each in flatten_scalars(value).items()} or None


_FORMS: Mapping[forms.FormatCheck, Coercer] = {
    forms.check_timestamp: _formed(
        timestamp, "it is no date and time that can be read: timestamp() takes more kinds"
    ),
    forms.check_url: _formed(_safe_url, "it is no absolute http or https URL"),
    forms.check_email: _formed(normalize_email, "it is no e-mail address"),
    forms.check_domain: _formed(normalize_domain, "it is no domain of a company"),
    forms.check_event_id: _formed(_id, "it is no text or number"),
}

_MAKERS: Mapping[type, Callable[[Any], Coercer]] = {
    NestedObject: _object,
    Array: _list,
    Text: _text,
    OneOf: _choice,
    Integer: lambda _: _whole,
    Number: lambda _: _number,
    Properties: lambda _: _text_map,
    AnyValue: lambda _: lambda value, _path, _hitches: value,
}
