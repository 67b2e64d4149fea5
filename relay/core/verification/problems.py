"""Error codes for the `verify` section of a source."""

# ruff: noqa: S105 - these are error codes, not passwords

from collections.abc import Mapping
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


VERIFICATION_ERROR_REMEDIES: Mapping[VerificationErrorCode, str] = {
    VerificationErrorCode.UNKNOWN_SCHEME: "Use a [scheme](verification.md#schemes) of the table, or `custom`. The message suggests the closest name.",
    VerificationErrorCode.UNKNOWN_OPTION: "There is no such [option](verification.md#custom-schemes). The message suggests the closest name.",
    VerificationErrorCode.FIXED_OPTION: "The scheme determines this option. Remove it, or define your own scheme with `custom`.",
    VerificationErrorCode.INVALID_OPTION: "The option has an invalid value. The message says what is allowed.",
    VerificationErrorCode.CONFLICTING_OPTIONS: "Two options contradict each other, or one requires another that is missing, such as `timestamp` if the timestamp is signed.",
    VerificationErrorCode.MISSING_SECRET: "Set the secret that the sender signs with, under `secrets`.",
    VerificationErrorCode.TOO_MANY_SECRETS: "Keep at most three, and none with the scheme `none`.",
    VerificationErrorCode.EMPTY_SECRET: "The secret is empty. Check the variable or file that it comes from.",
    VerificationErrorCode.SECRET_WHITESPACE: "The secret begins or ends with a space or a newline. Check the variable or file that it comes from.",
    VerificationErrorCode.SHORT_SECRET: "Generate a secret of at least 16 bytes at the sender. A shorter one can be guessed.",
    VerificationErrorCode.INVALID_SECRET_FORMAT: "The secret does not have the format that the scheme uses. Copy all of it, with its prefix and padding.",
    VerificationErrorCode.PUBLIC_KEY: "This is a public key, which anyone may know. Set the shared secret.",
    VerificationErrorCode.PRIVATE_KEY: "This is the key that the sender signs with. Set the public key, and generate a new key pair at the sender, because this private key is no longer secret.",
    VerificationErrorCode.DUPLICATE_SECRET: "The same secret is configured twice. Remove one.",
    VerificationErrorCode.INVALID_SECRET_DATES: "The secret expires before it becomes valid. Correct its dates.",
}
"""The text of docs/errors.md for each code."""
