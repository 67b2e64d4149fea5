"""Error codes for the `verify` section of a source."""

# ruff: noqa: S105 - these are error codes, not passwords

from enum import StrEnum


class VerificationErrorCode(StrEnum):
    """Why a scheme or a secret is not valid. All errors are reported together when the configuration is loaded."""

    UNKNOWN_SCHEME = "unknown_scheme"
    UNKNOWN_OPTION = "unknown_option"
    FIXED_OPTION = "fixed_option"
    INVALID_OPTION = "invalid_option"
    CONFLICTING_OPTIONS = "conflicting_options"
    MISSING_SECRET = "missing_secret"
    TOO_MANY_SECRETS = "too_many_secrets"
    EMPTY_SECRET = "empty_secret"
    SECRET_WHITESPACE = "secret_whitespace"
    SHORT_SECRET = "short_secret"
    INVALID_SECRET_FORMAT = "invalid_secret_format"
    PUBLIC_KEY = "public_key_as_secret"
    PRIVATE_KEY = "private_key"
    DUPLICATE_SECRET = "duplicate_secret"
    INVALID_SECRET_DATES = "invalid_secret_dates"
