"""The kinds of value in the configuration file, each with messages that say the remedy and never repeat the value."""

# ruff: noqa: ARG002, RUF012 marshmallow hands all of these to `_deserialize`, and reads messages from a class attribute

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields

from relay.config.api_keys import MIN_KEY_LENGTH, hash_key, parse_digest
from relay.config.yaml_document import FromEnvironment

NAME_PATTERN = "[a-z0-9][a-z0-9_-]{0,62}"
_NAME = re.compile(NAME_PATTERN)
_DECIMAL = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,9})?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%")

_NOTHING = {
    "required": "is missing",
    "null": "is empty: give it a value or remove the line",
}


class Text(fields.String):
    """A text with something in it."""

    default_error_messages = {**_NOTHING, "invalid": "must be text: put it in quotes"}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text != text.strip() or not text:
            raise ValidationError("must not be empty, nor begin or end with a blank")
        return text


class WholeNumber(fields.Integer):
    """A whole number; its digits may also come from `${NAME}`."""

    default_error_messages = {**_NOTHING, "invalid": "must be a whole number"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and re.fullmatch("[0-9]{1,12}", value):
            return int(value)
        return super()._validated(None if isinstance(value, str) else value)


class Choice(fields.Enum[StrEnum]):
    """One of an enumeration's values."""

    default_error_messages = {**_NOTHING, "unknown": "must be one of: {choices}"}

    def __init__(self, choices: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(choices, by_value=True, **kwargs)


class Share(fields.Field[float]):
    """A part of a whole: `80%` or `0.8`."""

    default_error_messages = {
        **_NOTHING,
        "invalid": "must be a share above 0 and up to 1, such as 80% or 0.8",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> float:
        share = _share(value)
        if share is None or not 0 < share <= 1:
            raise self.make_error("invalid")
        return share


def _share(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    if percent := _PERCENT.fullmatch(text):
        return float(percent[1]) / 100
    return float(text) if _DECIMAL.fullmatch(text) else None


class ApiKey(fields.Field[str]):
    """An API key of a source, read as the hex of its SHA-256. A plain key may not stand in the file itself."""

    default_error_messages = {
        **_NOTHING,
        "invalid": "must be sha256:<64 hex digits>, or ${{NAME}} of a plain key: `gong-relay key SOURCE` makes one",
        "plain": "holds a plain key: replace it by its sha256: line, or by ${{NAME}}; `gong-relay key SOURCE` makes a new one",
        "short": "comes from a variable that is too short: a key has {shortest} characters or more, and no blanks round it",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if digest := parse_digest(value):
            return digest
        if value.startswith("sha256:"):
            raise self.make_error("invalid")
        if not isinstance(value, FromEnvironment):
            raise self.make_error("plain")
        if len(value) < MIN_KEY_LENGTH or value != value.strip():
            raise self.make_error("short", shortest=MIN_KEY_LENGTH)
        return hash_key(value)


class ListOf(fields.List[Any]):
    """A list of values of one kind."""

    default_error_messages = {**_NOTHING, "invalid": "must be a list"}


class Section(fields.Nested):
    """A mapping with keys of its own."""

    default_error_messages = {**_NOTHING, "type": "must be a mapping"}


class NamedSections(fields.Dict):
    """Mappings of one kind, each under a name that the operator chose. What is right is kept beside what is wrong."""

    default_error_messages = {**_NOTHING, "invalid": "must be a mapping of names"}
    key_schema = {"pattern": f"^{NAME_PATTERN}$"}

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(values=Section(schema), **kwargs)
        self.schema = schema()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        right: dict[Any, Any] = {}
        wrong: dict[Any, Any] = {}
        for name, entry in value.items():
            try:
                right[name] = self._entry(name, entry)
            except ValidationError as error:
                wrong[str(name)] = error.messages
        if wrong:
            raise ValidationError(wrong, valid_data=right)
        return right

    def _entry(self, name: Any, entry: Any) -> Any:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValidationError(
                "is no good name: use a-z, 0-9, - and _, begin with a letter or digit, 63 characters at most"
            )
        if not isinstance(entry, Mapping):
            raise ValidationError("must be a mapping")
        return self.schema.load(entry)
