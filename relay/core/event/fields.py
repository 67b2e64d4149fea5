"""The kinds of value that an event is made of, as marshmallow fields. Null, blanks and empty objects count as absent."""

from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing

from relay.core.email_address import normalize_domain, normalize_email
from relay.core.event.model import Scalar
from relay.core.event.sanitize import clean_text, strip_url_secrets, truncate
from relay.core.gong import formats as forms
from relay.core.gong.limits import INT32_MAX, INT32_MIN, ITEMS_MAX, TEXT_MAX, URL_MAX
from relay.core.gong.problems import ErrorCode, field_error
from relay.core.timestamps import REMEDY, parse_timestamp

PROPERTIES_MAX = 40
"""Fewer than Gong's body takes: some places are for what has no field of its own there."""
PROPERTY_NAME_MAX = 200
_INTEGER_LIMIT = 10**19

Normalizer = Callable[[str], str]
"""Brings a text into its normal form, or raises ValueError with what is wrong."""


def is_blank(value: object) -> bool:
    """Whether there is nothing in it: null, blank, or made of such parts only."""
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, dict):
        return all(map(is_blank, value.values()))
    return value is None or (isinstance(value, list) and all(map(is_blank, value)))


class EventField(fields.Field[Any]):
    """A field whose value is absent when it says nothing. What else there is, each kind reads in its own way."""

    def deserialize(self, value: Any, *_where: Any, **_options: Any) -> Any:
        if value is missing or is_blank(value):
            if self.required:
                raise field_error(ErrorCode.REQUIRED, "is required")
            return missing
        return self._read(value)

    def _read(self, value: Any) -> Any:
        raise NotImplementedError


class Text(EventField):
    """Clean text of at most `limit` characters, in its normal form where it has one."""

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
                ErrorCode.LENGTH, f"must be at most {self.limit} characters long, and has {len(text)}"
            )
        return text

    def _clean(self, value: Any) -> str:
        if not isinstance(value, str):
            raise field_error(ErrorCode.TYPE, "must be text, in quotes")
        text = clean_text(value, keep_lines=self.keep_lines)
        if not text:
            raise field_error(
                ErrorCode.LENGTH, "holds nothing but control characters; send text or leave it out"
            )
        return text


class Title(Text):
    """Text that is shortened where others are refused: a page's title is not in its sender's hands."""

    def _read(self, value: Any) -> str:
        return truncate(self._clean(value), self.limit)


class Choice(EventField):
    """One of a few words, in any case."""

    def __init__(self, *words: str, required: bool = False) -> None:
        super().__init__(required=required)
        self.words = {str(word): word for word in words}

    def _read(self, value: Any) -> str:
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in self.words:
            return self.words[word]
        near = get_close_matches(word[:TEXT_MAX], self.words, n=1)
        question = f"; did you mean {near[0]}?" if near else ""
        raise field_error(ErrorCode.ENUM, f"must be one of {', '.join(self.words)}{question}")


class Integer(EventField):
    """A whole JSON number of 32 bits, as Gong takes it."""

    def _read(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise field_error(
                ErrorCode.TYPE, "must be a whole number without quotes; put any other into content.properties"
            )
        if not INT32_MIN <= value <= INT32_MAX:
            raise field_error(ErrorCode.RANGE, f"must lie between {INT32_MIN} and {INT32_MAX}")
        return value


class Timestamp(EventField):
    def _read(self, value: Any) -> datetime:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise field_error(ErrorCode.TYPE, f"must be a moment; {REMEDY}")
        try:
            return parse_timestamp(value)
        except ValueError as error:
            raise field_error(ErrorCode.FORMAT, str(error)) from None


class ScalarMap(EventField):
    """An object of the sender's own names, whose values are text, numbers or booleans and keep their type."""

    def _read(self, value: Any) -> dict[str, Scalar]:
        if not isinstance(value, dict):
            raise field_error(ErrorCode.TYPE, "must be an object of names and values")
        told = {name: item for name, item in value.items() if not is_blank(item)}
        if len(told) > PROPERTIES_MAX:
            raise field_error(
                ErrorCode.LENGTH, f"must hold at most {PROPERTIES_MAX} properties, and holds {len(told)}"
            )
        read: dict[str, Scalar] = {}
        wrong: dict[str, Any] = {}
        for name, item in told.items():
            try:
                read[_fresh_name(name, read)] = _scalar(item)
            except ValidationError as error:
                wrong[name] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return read


def _fresh_name(name: str, taken: Mapping[str, Scalar]) -> str:
    tidy = clean_text(name)
    if not tidy or len(tidy) > PROPERTY_NAME_MAX:
        raise field_error(ErrorCode.LENGTH, f"must have a name of 1 to {PROPERTY_NAME_MAX} characters")
    if tidy in taken:
        raise field_error(ErrorCode.RULE, "has the name of another property, but for spaces around it")
    return tidy


_PROPERTY_TEXT = Text()


def _scalar(value: Any) -> Scalar:
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
        ErrorCode.TYPE, "must be text, a number or a boolean; give each inner value a name of its own"
    )


class NestedObject(EventField):
    """An object inside an object. `build` takes its values by name, and may refuse them together."""

    def __init__(self, schema: Schema, build: Callable[..., Any], *, required: bool = False) -> None:
        super().__init__(required=required)
        self.schema = schema
        self.build = build

    def _read(self, value: Any) -> Any:
        return self.build(**self.schema.load(value))


class Array(EventField):
    """A JSON array. Items that say nothing are left out: form tools send blank rows."""

    def __init__(self, item: fields.Field[Any], limit: int = ITEMS_MAX, *, required: bool = False) -> None:
        super().__init__(required=required)
        self.item = item
        self.limit = limit

    def _read(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise field_error(ErrorCode.TYPE, "must be an array, in square brackets")
        if len(value) > self.limit:
            raise field_error(
                ErrorCode.LENGTH, f"must hold at most {self.limit} items, and holds {len(value)}"
            )
        read = []
        wrong: dict[int, Any] = {}
        for place, each in enumerate(value):
            try:
                read.append(self.item.deserialize(each))
            except ValidationError as error:
                wrong[place] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return tuple(each for each in read if each is not missing)


def email(*, required: bool = False) -> Text:
    return Text(normalize=normalize_email, required=required)


def domain(*, required: bool = False) -> Text:
    return Text(normalize=normalize_domain, required=required)


def url() -> Text:
    return Text(URL_MAX, normalize=_showable_url)


def _showable_url(text: str) -> str:
    bare = strip_url_secrets(text)
    if wrong := forms.check_url(bare):
        raise ValueError(wrong)
    return bare
