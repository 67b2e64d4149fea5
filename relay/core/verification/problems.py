"""What can be wrong with how a source's verification is configured."""

from enum import StrEnum


class VerificationErrorCode(StrEnum):
    """Why a scheme or a secret is not taken. Found when it is loaded, all at once."""

    SCHEME = "unknown_scheme"
    COLUMN = "unknown_column"
    FIXED = "fixed_column"
    VALUE = "wrong_column"
    DISAGREES = "columns_disagree"
    NO_SECRET = "no_secret"  # noqa: S105 the name of a fault, as are the others
    TOO_MANY = "too_many_secrets"
    BLANK = "blank_secret"
    SHORT = "short_secret"
    FORM = "wrong_secret_form"
    PUBLIC = "public_key_as_secret"
    PRIVATE = "private_key"
    TWICE = "repeated_secret"
    DATES = "wrong_secret_dates"
