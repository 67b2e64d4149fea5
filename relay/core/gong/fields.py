"""marshmallow fields for the values in Gong bodies, stricter than marshmallow's own."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from relay.core.gong import formats
from relay.core.gong.limits import (
    CUSTOM_FIELDS_MAX,
    EVENT_ID_MAX,
    INT32_MAX,
    INT32_MIN,
    ITEMS_MAX,
    TEXT_MAX,
    URL_MAX,
)
from relay.core.gong.problems import ErrorCode, field_error

_MESSAGES = {
    "required": (ErrorCode.REQUIRED, "is required"),
    "null": (ErrorCode.NULL, "must not be null: omit the key"),
}


class GongField(fields.Field[Any]):
    """A field that reports errors with our codes."""

    def make_error(self, key: str, **_details: Any) -> ValidationError:
        return field_error(*_MESSAGES[key])

    def _validate(self, value: Any) -> None:
        """Do nothing. These fields check a value while they read it and have no validators."""


class Text(GongField, fields.String):
    """A string of at most `limit` characters.

    `format_check` returns what is wrong with the text, or None. `non_blank` rejects a blank string; by default it
    equals `required`.
    """

    def __init__(
        self,
        limit: int = TEXT_MAX,
        format_check: formats.FormatCheck | None = None,
        *,
        required: bool = False,
        non_blank: bool | None = None,
    ) -> None:
        super().__init__(required=required, metadata={"maxLength": limit})
        self.limit = limit
        self.format_check = format_check
        self.non_blank = required if non_blank is None else non_blank

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> str:
        if not isinstance(value, str):
            raise field_error(ErrorCode.TYPE, "must be a string")
        if not is_storable(value):
            raise field_error(
                ErrorCode.FORMAT,
                "contains NUL or an unpaired surrogate, which databases cannot store: remove it",
            )
        if len(value) > self.limit:
            raise field_error(
                ErrorCode.LENGTH, f"must be at most {self.limit} characters long, but has {len(value)}"
            )
        if self.non_blank and not value.strip():
            raise field_error(ErrorCode.LENGTH, "must not be blank")
        if self.format_check and (problem := self.format_check(value)):
            raise field_error(ErrorCode.FORMAT, problem)
        return value


class OneOf(GongField, fields.String):
    """One of the strings that Gong lists. Case matters."""

    def __init__(self, *choices: str, required: bool = False) -> None:
        super().__init__(required=required, metadata={"enum": list(choices)})
        self.choices = choices

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> str:
        if not isinstance(value, str):
            raise field_error(ErrorCode.TYPE, "must be a string")
        if value not in self.choices:
            raise field_error(
                ErrorCode.ENUM, f"must be {' or '.join(self.choices)}, in exactly this spelling"
            )
        return value


class Integer(GongField, fields.Integer):
    """A 32-bit integer. Rejects `7.0`, `"7"` and `true`."""

    def __init__(self, low: int = INT32_MIN, *, required: bool = False) -> None:
        super().__init__(strict=True, required=required, metadata={"minimum": low, "maximum": INT32_MAX})
        self.low = low

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise field_error(ErrorCode.TYPE, "must be a whole number, without a fraction or quotes")
        if not self.low <= value <= INT32_MAX:
            raise field_error(ErrorCode.RANGE, f"must be between {self.low} and {INT32_MAX}")
        return value


class Number(GongField, fields.Float):
    """A JSON number from `low` to `high`."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__(metadata={"minimum": low, "maximum": high})
        self.low = low
        self.high = high

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise field_error(ErrorCode.TYPE, "must be a number, without quotes")
        if not self.low <= value <= self.high:
            raise field_error(ErrorCode.RANGE, f"must be between {self.low:g} and {self.high:g}")
        return value


class Array(GongField, fields.List[Any]):
    """A JSON array of `min_items` to `limit` items."""

    def __init__(
        self, item: fields.Field[Any], limit: int = ITEMS_MAX, *, min_items: int = 0, required: bool = False
    ) -> None:
        super().__init__(item, required=required, metadata={"maxItems": limit, "minItems": min_items})
        self.limit = limit
        self.min_items = min_items

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> list[Any]:
        if not isinstance(value, list):
            raise field_error(ErrorCode.TYPE, "must be an array")
        # Check the length first, so that a huge array costs nothing.
        if len(value) > self.limit:
            raise field_error(ErrorCode.LENGTH, f"must have at most {self.limit} items, but has {len(value)}")
        if len(value) < self.min_items:
            raise field_error(ErrorCode.LENGTH, f"must have at least {self.min_items} item")
        _raise_errors({index: validation_errors(self.inner, item) for index, item in enumerate(value)})
        return value


_TEXT = Text()


class Properties(GongField, fields.Dict):
    """An object with arbitrary keys and string values."""

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise field_error(ErrorCode.TYPE, "must be an object")
        if len(value) > CUSTOM_FIELDS_MAX:
            raise field_error(
                ErrorCode.LENGTH, f"must have at most {CUSTOM_FIELDS_MAX} keys, but has {len(value)}"
            )
        _raise_errors(
            {
                key: validation_errors(_TEXT, key) or validation_errors(_TEXT, item)
                for key, item in value.items()
            }
        )
        return value


class AnyValue(GongField, fields.Raw):
    """Any JSON value except null."""


def _raise_errors(errors_by_key: Mapping[Any, Any]) -> None:
    if errors := {key: messages for key, messages in errors_by_key.items() if messages}:
        raise ValidationError(errors)


def validation_errors(field: fields.Field[Any], value: object) -> list[Any] | dict[Any, Any]:
    """Return the errors of one value, nested as marshmallow nests them."""
    try:
        field.deserialize(value)
    except ValidationError as error:
        return error.messages
    return []


def is_storable(text: str) -> bool:
    """True if UTF-8 and every database can store the text."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def event_id(*, required: bool = False) -> Text:
    return Text(EVENT_ID_MAX, formats.check_event_id, required=required)


def timestamp() -> Text:
    return Text(format_check=formats.check_timestamp, required=True)


def url(*, required: bool = False) -> Text:
    return Text(URL_MAX, formats.check_url, required=required)


def email(*, required: bool = False) -> Text:
    return Text(format_check=formats.check_email, required=required)


def domain(*, required: bool = False) -> Text:
    return Text(format_check=formats.check_domain, required=required)
