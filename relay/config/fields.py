"""Marshmallow schemas and fields of the configuration file. Their messages name the remedy and never repeat a value."""

# ruff: noqa: ARG002, RUF012 - marshmallow passes all of these to `_deserialize`, and reads messages from a class attribute

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from relay.config.api_keys import MIN_KEY_LENGTH, hash_key, parse_digest
from relay.config.yaml_document import FromEnvironment
from relay.core.mapping.problems import did_you_mean
from relay.core.secret import WithheldSecret

NAME_PATTERN = "[a-z0-9][a-z0-9_-]{0,62}"
_NAME = re.compile(NAME_PATTERN)
_DECIMAL = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,9})?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%")

_NO_VALUE = {
    "required": "is missing",
    "null": "is empty: give it a value or remove the line",
}


def in_range(low: int, high: int) -> validate.Range:
    """Return a validator for numbers from `low` to `high`."""
    return validate.Range(low, high, error="must be from {min} to {max}")


class StrictSchema(Schema):
    """A schema that rejects unknown keys and suggests the nearest known one."""

    error_messages = {"type": "must be a mapping"}

    class Meta:
        unknown = RAISE

    def handle_error(self, error: ValidationError, data: Any, **_: Any) -> None:
        if isinstance(data, Mapping) and isinstance(error.messages, dict):
            error.messages.update({key: [self._suggest(key)] for key in data if key not in self.fields})

    def _suggest(self, key: Any) -> str:
        return f"there is no such key{did_you_mean(str(key), list(self.fields))}"


class Text(fields.String):
    """Text that is not empty and has no spaces before or after it."""

    default_error_messages = {**_NO_VALUE, "invalid": "must be text: put it in quotes"}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text != text.strip() or not text:
            raise ValidationError("must not be empty, nor begin or end with a space")
        return text


class SecretText(Text):
    """Text that only some processes read: for the others, the placeholder stays."""

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        if isinstance(value, WithheldSecret):
            return value
        return super().deserialize(value, attr, data, **kwargs)


class WholeNumber(fields.Integer):
    """A whole number. A variable's text of digits counts as one."""

    default_error_messages = {**_NO_VALUE, "invalid": "must be a whole number"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and re.fullmatch("[0-9]{1,12}", value):
            return int(value)
        return super()._validated(None if isinstance(value, str) else value)


class Choice(fields.Enum[StrEnum]):
    """A value of an enumeration."""

    default_error_messages = {**_NO_VALUE, "unknown": "must be one of: {choices}"}

    def __init__(self, choices: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(choices, by_value=True, **kwargs)


class Share(fields.Field[float]):
    """A share above 0 and up to 1: `80%` or `0.8`."""

    default_error_messages = {
        **_NO_VALUE,
        "invalid": "must be a share above 0 and up to 1, such as 80% or 0.8",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> float:
        share = _parse_share(value)
        if share is None or not 0 < share <= 1:
            raise self.make_error("invalid")
        return share


def _parse_share(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    if percent := _PERCENT.fullmatch(text):
        return float(percent[1]) / 100
    return float(text) if _DECIMAL.fullmatch(text) else None


class ApiKey(fields.Field[str | WithheldSecret]):
    """An API key, loaded as the hex of its SHA-256. The file itself must not contain a plain key."""

    default_error_messages = {
        **_NO_VALUE,
        "invalid": "must be sha256:<64 hex digits>, or ${{NAME}} of a plain key: `gong-relay key SOURCE` creates one",
        "plain": "is a plain key: replace it with its sha256: line, or with ${{NAME}}; `gong-relay key SOURCE` creates a new one",
        "short": "is too short: the key in this variable must have at least {shortest} characters, and no spaces before or after it",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str | WithheldSecret:
        if isinstance(value, WithheldSecret):
            return value
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

    default_error_messages = {**_NO_VALUE, "invalid": "must be a list"}


class Section(fields.Nested):
    """A nested mapping with its own schema."""

    default_error_messages = {**_NO_VALUE, "type": "must be a mapping"}


class NamedSections(fields.Dict):
    """Sections of one schema, each under a name that the operator chose. An invalid section does not affect the others."""

    default_error_messages = {**_NO_VALUE, "invalid": "must be a mapping of names"}
    key_schema = {"pattern": f"^{NAME_PATTERN}$"}

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(values=Section(schema), **kwargs)
        self.schema = schema()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        valid: dict[Any, Any] = {}
        errors: dict[Any, Any] = {}
        for name, entry in value.items():
            try:
                valid[name] = self._load_entry(name, entry)
            except ValidationError as error:
                errors[str(name)] = error.messages
        if errors:
            # Checks that compare entries still run on the valid ones.
            raise ValidationError(errors, valid_data=valid)
        return valid

    def _load_entry(self, name: Any, entry: Any) -> Any:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValidationError(
                "is not a valid name: use a-z, 0-9, - and _, begin with a letter or digit, at most 63 characters"
            )
        if not isinstance(entry, Mapping):
            raise ValidationError("must be a mapping")
        return self.schema.load(entry)
