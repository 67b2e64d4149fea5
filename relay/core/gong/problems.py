"""Error and warning codes for values of a Gong body, and how they travel through marshmallow."""

from collections.abc import Mapping
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
    RESERVED = "reserved"


ERROR_MEANINGS: Mapping[ErrorCode, str] = {
    ErrorCode.REQUIRED: "The value is missing, null or blank, and the event needs it.",
    ErrorCode.UNKNOWN: "The key is unknown. The message suggests the key that was probably meant.",
    ErrorCode.NULL: "The value is null. Omit the key.",
    ErrorCode.TYPE: "The value has the wrong JSON type: text instead of a number, or one value instead of a list.",
    ErrorCode.ENUM: "The value is not one of the allowed words. The message lists them.",
    ErrorCode.FORMAT: "The value has the wrong format: it is not an email address, a URL or a timestamp.",
    ErrorCode.RANGE: "The number is too small or too large, or the timestamp is in the future.",
    ErrorCode.LENGTH: "The text is too long or too short, or the list has too many items.",
    ErrorCode.RULE: "The value contradicts another field, such as a person beside a tracking id.",
    ErrorCode.RESERVED: "The id begins with the name of another source, whose ids Gong would confuse with it. Send the id without this prefix.",
}
"""The text of docs/errors.md for each code."""


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
    ID_IN_USE = "id_in_use"


WARNING_MEANINGS: Mapping[WarningCode, str] = {
    WarningCode.ASSOCIATION: "Nothing in the event identifies a person, an account or a deal for certain, so Gong may never show it. Add an email address, a CRM id or a company domain.",
    WarningCode.CRM_SYSTEM: "Gong documents only Salesforce and Generic as supported CRM systems here.",
    WarningCode.CONFLICTING_DETAILS: "The event has more than one of progress, step and search. Gong's card shows one.",
    WarningCode.DUPLICATE_NAME: "A property's name is used twice. Gong does not document which value it keeps.",
    WarningCode.FREE_MAIL: "The company's domain belongs to an email provider, so unrelated people would be shown as one company.",
    WarningCode.NO_EVENT_ID: "Without an eventId, Gong cannot recognize a repeated call.",
    WarningCode.MULTIPLE_OPPORTUNITIES: "Gong accepts one opportunity per account.",
    WarningCode.SECRET_IN_URL: "The URL contains a key or a signature, and every seller can see it.",
    WarningCode.ID_IN_USE: "Another source has sent this eventId to the same company. So that Gong does not discard the event as a repeated one, the relay sends it under its source's prefix.",
}
"""The text of docs/errors.md for each code."""


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
