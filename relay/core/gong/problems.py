"""What can be wrong with one value of a Gong body, and how a marshmallow field says so."""

from enum import StrEnum
from typing import Any, NamedTuple

from marshmallow import ValidationError

KEY_LENGTH_MAX = 80


class ErrorCode(StrEnum):
    """Why a value is refused. Programs and metrics rely on these words: add, never rename."""

    REQUIRED = "required"
    UNKNOWN = "unknown"
    NULL = "null"
    TYPE = "type"
    ENUM = "enum"
    FORMAT = "format"
    RANGE = "range"
    LENGTH = "length"
    RULE = "rule"


class WarningCode(StrEnum):
    """Why a value that Gong takes is still worth a word to the operator."""

    ASSOCIATION = "association"
    CRM_SYSTEM = "crm_system"
    DETAILS = "conflicting_details"
    DUPLICATE_NAME = "duplicate_name"
    FREE_MAIL = "free_mail"
    NO_EVENT_ID = "no_event_id"
    OPPORTUNITIES = "multiple_opportunities"
    SECRET_IN_URL = "secret_in_url"  # noqa: S105 - the name of a warning


class FieldError(NamedTuple):
    """A code and its message. It never repeats the value: people who may not read payloads do read messages."""

    code: ErrorCode
    message: str


def field_error(code: ErrorCode, message: str) -> ValidationError:
    """What a field raises. marshmallow carries the fault untouched and adds the path."""
    return ValidationError([FieldError(code, message)])


def flatten_errors(messages: Any, path: str = "") -> list[tuple[str, FieldError]]:
    """Flatten marshmallow's tree of errors into paths: `{"a": {0: {"b": [fault]}}}` is `a[0].b`."""
    if isinstance(messages, list):
        return [(path, fault) for fault in messages]
    return [found for key, below in messages.items() for found in flatten_errors(below, _step(path, key))]


def _step(path: str, key: object) -> str:
    if key == "_schema":  # marshmallow's name for the object itself
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{printable_key(str(key))}" if path else printable_key(str(key))


def printable_key(key: str) -> str:
    """A key as a path may show it: it came from outside, and may be endless or not even be Unicode."""
    clipped = key if len(key) <= KEY_LENGTH_MAX else key[: KEY_LENGTH_MAX - 1] + "…"
    return clipped if clipped.isprintable() else clipped.encode("unicode_escape").decode()
