"""Error and warning codes for values of a Gong body, and how they travel through marshmallow."""

from enum import StrEnum
from typing import Any, NamedTuple

from marshmallow import ValidationError

KEY_LENGTH_MAX = 80


class ErrorCode(StrEnum):
    """Why a value is rejected. Programs and metrics rely on these codes: add, never rename."""

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
    """Why a value that Gong accepts may not have the effect that the sender expects."""

    ASSOCIATION = "association"
    CRM_SYSTEM = "crm_system"
    CONFLICTING_DETAILS = "conflicting_details"
    DUPLICATE_NAME = "duplicate_name"
    FREE_MAIL = "free_mail"
    NO_EVENT_ID = "no_event_id"
    MULTIPLE_OPPORTUNITIES = "multiple_opportunities"
    SECRET_IN_URL = "secret_in_url"  # noqa: S105 - a warning code


class FieldError(NamedTuple):
    """A code and its message. The message never contains the value: it may be shown to people without access to payloads."""

    code: ErrorCode
    message: str


def field_error(code: ErrorCode, message: str) -> ValidationError:
    """Wrap a FieldError in the exception that a marshmallow field raises. marshmallow adds the path."""
    return ValidationError([FieldError(code, message)])


def flatten_errors(messages: Any, path: str = "") -> list[tuple[str, FieldError]]:
    """Flatten marshmallow's tree of errors into paths: `{"a": {0: {"b": [error]}}}` becomes `a[0].b`."""
    if isinstance(messages, list):
        return [(path, error) for error in messages]
    return [
        error for key, inner in messages.items() for error in flatten_errors(inner, _extend_path(path, key))
    ]


def _extend_path(path: str, key: object) -> str:
    if key == "_schema":  # marshmallow's name for the object itself
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{printable_key(str(key))}" if path else printable_key(str(key))


def printable_key(key: str) -> str:
    """Return a sender's key in a form that is safe to show in a path."""
    # The key may be very long, or contain control characters or lone surrogates.
    clipped = key if len(key) <= KEY_LENGTH_MAX else key[: KEY_LENGTH_MAX - 1] + "…"
    return clipped if clipped.isprintable() else clipped.encode("unicode_escape").decode()
