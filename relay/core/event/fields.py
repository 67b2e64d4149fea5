"""marshmallow fields for the values in an event. Null, blank strings and empty objects count as absent."""

from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing

from relay.core.email_address import normalize_domain, normalize_email
from relay.core.event.model import Scalar
from relay.core.event.sanitize import clean_text, strip_url_secrets, truncate
from relay.core.gong import formats
from relay.core.gong.limits import INT32_MAX, INT32_MIN, ITEMS_MAX, TEXT_MAX, URL_MAX
from relay.core.gong.problems import ErrorCode, field_error
from relay.core.timestamps import REMEDY, parse_timestamp

PROPERTIES_MAX = 40
"""Fewer than a Gong body accepts: the relay needs some for values that have no field of their own there."""
PROPERTY_NAME_MAX = 200
_INTEGER_LIMIT = 10**19

Normalizer = Callable[[str], str]
"""Returns the text in its normal form, or raises ValueError with what is wrong."""


def is_blank(value: object) -> bool:
    """True for null, a blank string, and an object or array with only blank values."""
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, dict):
        return all(map(is_blank, value.values()))
    return value is None or (isinstance(value, list) and all(map(is_blank, value)))


class EventField(fields.Field[Any]):
    """A field that treats a blank value as absent. Subclasses read all other values."""

    def deserialize(self, value: Any, *_context: Any, **_options: Any) -> Any:
        if value is missing or is_blank(value):
            if self.required:
                raise field_error(ErrorCode.REQUIRED, "is required")
            return missing
        return self._read(value)

    def _read(self, value: Any) -> Any:
        raise NotImplementedError


class Text(EventField):
    """Text of at most `limit` characters, without control characters, in its normal form if it has one.

    `keep_lines` keeps line breaks and tabs.
    """

    def __init__(
        self,
        limit: int = TEXT_MAX,
        normalize: Normalizer | None = None,
        *,
        required: bool = False,
        keep_lines: bool = False,
    ) -> None:
        super().__init__(required=required)
        self.limit = limit
        self.normalize = normalize
        self.keep_lines = keep_lines

    def _read(self, value: Any) -> Any:
        text = self._clean(value)
        if self.normalize:
            try:
                text = self.normalize(text)
            except ValueError as error:
                raise field_error(ErrorCode.FORMAT, str(error)) from None
        if len(text) > self.limit:
            raise field_error(
                ErrorCode.LENGTH, f"must be at most {self.limit} characters long, but has {len(text)}"
            )
        return text

    def _clean(self, value: Any) -> str:
        if not isinstance(value, str):
            raise field_error(ErrorCode.TYPE, "must be text in quotes")
        text = clean_text(value, keep_lines=self.keep_lines)
        if not text:
            raise field_error(ErrorCode.LENGTH, "contains only control characters; send text or leave it out")
        return text


class Title(Text):
    """Text that is truncated, not rejected, if it is too long: the sender does not control a page's title."""

    def _read(self, value: Any) -> str:
        return truncate(self._clean(value), self.limit)


class Choice(EventField):
    """One of a few words. Case does not matter."""

    def __init__(self, *words: str, required: bool = False) -> None:
        super().__init__(required=required)
        self.words = {str(word): word for word in words}

    def _read(self, value: Any) -> str:
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in self.words:
            return self.words[word]
        matches = get_close_matches(word[:TEXT_MAX], self.words, n=1)
        question = f"; did you mean {matches[0]}?" if matches else ""
        raise field_error(ErrorCode.ENUM, f"must be one of {', '.join(self.words)}{question}")


class Integer(EventField):
    """A 32-bit integer, as in Gong's API."""

    def _read(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise field_error(
                ErrorCode.TYPE,
                "must be a whole number without quotes; put other values into content.properties",
            )
        if not INT32_MIN <= value <= INT32_MAX:
            raise field_error(ErrorCode.RANGE, f"must be between {INT32_MIN} and {INT32_MAX}")
        return value


class Timestamp(EventField):
    """A date and time as ISO 8601, or as seconds or milliseconds since 1970."""

    def _read(self, value: Any) -> datetime:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise field_error(ErrorCode.TYPE, f"must be a date and time; {REMEDY}")
        try:
            return parse_timestamp(value)
        except ValueError as error:
            raise field_error(ErrorCode.FORMAT, str(error)) from None


class ScalarMap(EventField):
    """An object with arbitrary names. Its values are text, numbers or booleans and keep their types."""

    def _read(self, value: Any) -> dict[str, Scalar]:
        if not isinstance(value, dict):
            raise field_error(ErrorCode.TYPE, "must be an object with names and values")
        items = {name: item for name, item in value.items() if not is_blank(item)}
        if len(items) > PROPERTIES_MAX:
            raise field_error(
                ErrorCode.LENGTH, f"must have at most {PROPERTIES_MAX} properties, but has {len(items)}"
            )
        properties: dict[str, Scalar] = {}
        errors: dict[str, Any] = {}
        for name, item in items.items():
            try:
                properties[_read_name(name, properties)] = _read_scalar(item)
            except ValidationError as error:
                errors[name] = error.messages
        if errors:
            raise ValidationError(errors)
        return properties


def _read_name(name: str, properties: Mapping[str, Scalar]) -> str:
    cleaned = clean_text(name)
    if not cleaned or len(cleaned) > PROPERTY_NAME_MAX:
        raise field_error(ErrorCode.LENGTH, f"must have a name of 1 to {PROPERTY_NAME_MAX} characters")
    if cleaned in properties:
        raise field_error(ErrorCode.RULE, "differs from another property name only by spaces")
    return cleaned


_PROPERTY_TEXT = Text()


def _read_scalar(value: Any) -> Scalar:
    # Check for a boolean first, because in Python a boolean is also an integer.
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not (isfinite(value) if isinstance(value, float) else abs(value) < _INTEGER_LIMIT):
            raise field_error(
                ErrorCode.RANGE, "must be a finite number of at most 19 digits; send it as text"
            )
        return value
    if isinstance(value, str):
        text: str = _PROPERTY_TEXT.deserialize(value)
        return text
    raise field_error(
        ErrorCode.TYPE, "must be text, a number or a boolean; give each nested value its own name"
    )


class NestedObject(EventField):
    """An object inside an object. `build` receives its values by name and may reject the combination."""

    def __init__(self, schema: Schema, build: Callable[..., Any], *, required: bool = False) -> None:
        super().__init__(required=required)
        self.schema = schema
        self.build = build

    def _read(self, value: Any) -> Any:
        return self.build(**self.schema.load(value))


class Array(EventField):
    """A JSON array. Blank items are left out, because form tools send empty rows."""

    def __init__(self, item: fields.Field[Any], limit: int = ITEMS_MAX, *, required: bool = False) -> None:
        super().__init__(required=required)
        self.item = item
        self.limit = limit

    def _read(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise field_error(ErrorCode.TYPE, "must be an array in square brackets")
        if len(value) > self.limit:
            raise field_error(ErrorCode.LENGTH, f"must have at most {self.limit} items, but has {len(value)}")
        items = []
        errors: dict[int, Any] = {}
        for index, element in enumerate(value):
            try:
                items.append(self.item.deserialize(element))
            except ValidationError as error:
                errors[index] = error.messages
        if errors:
            raise ValidationError(errors)
        return tuple(item for item in items if item is not missing)


def email(*, required: bool = False) -> Text:
    return Text(normalize=normalize_email, required=required)


def domain(*, required: bool = False) -> Text:
    return Text(normalize=normalize_domain, required=required)


def url() -> Text:
    return Text(URL_MAX, normalize=_normalize_url)


def _normalize_url(text: str) -> str:
    # Sellers see this URL, so it must not carry a token.
    stripped = strip_url_secrets(text)
    if message := formats.check_url(stripped):
        raise ValueError(message)
    return stripped
