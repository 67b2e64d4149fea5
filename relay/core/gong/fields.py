"""The kinds of value that Gong bodies are made of, as marshmallow fields stricter than marshmallow's own."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from relay.core.gong import formats as forms
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

_TOLD = {
    "required": (ErrorCode.REQUIRED, "is required"),
    "null": (ErrorCode.NULL, "must not be null: omit the key"),
}


class GongField(fields.Field[Any]):
    """A field that says what is wrong in our codes."""

    def make_error(self, key: str, **_details: Any) -> ValidationError:
        return field_error(*_TOLD[key])

    def _validate(self, value: Any) -> None:
        """Nothing is left to do: a value is checked while it is read, and no field here holds validators."""


class Text(GongField, fields.String):
    """A string of at most `limit` characters, in one written form where it has one.

    `non_blank` says that it must not be blank where it is given; a required one must not, unless `non_blank` is False.
    """

    def __init__(
        self,
        limit: int = TEXT_MAX,
        format_check: forms.FormatCheck | None = None,
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
                ErrorCode.FORMAT, "holds NUL or half a surrogate pair, which no system stores: remove it"
            )
        if len(value) > self.limit:
            raise field_error(
                ErrorCode.LENGTH, f"must be at most {self.limit} characters long, and has {len(value)}"
            )
        if self.non_blank and not value.strip():
            raise field_error(ErrorCode.LENGTH, "must not be blank")
        if self.format_check and (wrong := self.format_check(value)):
            raise field_error(ErrorCode.FORMAT, wrong)
        return value


class OneOf(GongField, fields.String):
    """One of the strings that Gong lists, in Gong's own case."""

    def __init__(self, *choices: str, required: bool = False) -> None:
        super().__init__(required=required, metadata={"enum": list(choices)})
        self.choices = choices

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> str:
        if not isinstance(value, str):
            raise field_error(ErrorCode.TYPE, "must be a string")
        if value not in self.choices:
            raise field_error(ErrorCode.ENUM, f"must be {' or '.join(self.choices)}, exactly so written")
        return value


class Integer(GongField, fields.Integer):
    """A whole JSON number of 32 bits. `7.0`, `"7"` and `true` are none."""

    def __init__(self, low: int = INT32_MIN, *, required: bool = False) -> None:
        super().__init__(strict=True, required=required, metadata={"minimum": low, "maximum": INT32_MAX})
        self.low = low

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise field_error(ErrorCode.TYPE, "must be a whole number: no fraction, no quotes")
        if not self.low <= value <= INT32_MAX:
            raise field_error(ErrorCode.RANGE, f"must lie between {self.low} and {INT32_MAX}")
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
            raise field_error(ErrorCode.RANGE, f"must lie between {self.low:g} and {self.high:g}")
        return value


class Array(GongField, fields.List[Any]):
    """A JSON array of at most `limit` items. A longer one is not read further."""

    def __init__(
        self, item: fields.Field[Any], limit: int = ITEMS_MAX, *, min_items: int = 0, required: bool = False
    ) -> None:
        super().__init__(item, required=required, metadata={"maxItems": limit, "minItems": min_items})
        self.limit = limit
        self.min_items = min_items

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> list[Any]:
        if not isinstance(value, list):
            raise field_error(ErrorCode.TYPE, "must be an array")
        if len(value) > self.limit:
            raise field_error(
                ErrorCode.LENGTH, f"must hold at most {self.limit} items, and holds {len(value)}"
            )
        if len(value) < self.min_items:
            raise field_error(ErrorCode.LENGTH, f"must hold at least {self.min_items} item")
        _raise_any({place: validation_errors(self.inner, item) for place, item in enumerate(value)})
        return value


_TEXT = Text()


class Properties(GongField, fields.Dict):
    """An object of the sender's own keys, whose values are strings."""

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise field_error(ErrorCode.TYPE, "must be an object")
        if len(value) > CUSTOM_FIELDS_MAX:
            raise field_error(
                ErrorCode.LENGTH, f"must hold at most {CUSTOM_FIELDS_MAX} keys, and holds {len(value)}"
            )
        _raise_any(
            {
                key: validation_errors(_TEXT, key) or validation_errors(_TEXT, item)
                for key, item in value.items()
            }
        )
        return value


class AnyValue(GongField, fields.Raw):
    """Any JSON value but null."""


def _raise_any(complaints_at: Mapping[Any, Any]) -> None:
    if wrong := {key: found for key, found in complaints_at.items() if found}:
        raise ValidationError(wrong)


def validation_errors(field: fields.Field[Any], value: object) -> list[Any] | dict[Any, Any]:
    """What a field finds wrong in one value, as marshmallow nests it."""
    try:
        field.deserialize(value)
    except ValidationError as error:
        return error.messages
    return []


def is_storable(text: str) -> bool:
    """Whether UTF-8 and every database can hold it."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def event_id(*, required: bool = False) -> Text:
    return Text(EVENT_ID_MAX, forms.check_event_id, required=required)


def timestamp() -> Text:
    return Text(format_check=forms.check_timestamp, required=True)


def url(*, required: bool = False) -> Text:
    return Text(URL_MAX, forms.check_url, required=required)


def email(*, required: bool = False) -> Text:
    return Text(format_check=forms.check_email, required=required)


def domain(*, required: bool = False) -> Text:
    return Text(format_check=forms.check_domain, required=required)
