"""Builds the scheme of a source: a known scheme, possibly with some options changed, or a custom one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.verification.key import HASHES
from relay.core.verification.known_schemes import CUSTOM, SCHEMES
from relay.core.verification.problems import VerificationErrorCode
from relay.core.verification.scheme import (
    RETRY_PERIOD_SECONDS_MAX,
    Algorithm,
    Encoding,
    Field,
    Scheme,
    SecretFormat,
    SignedPart,
    TimestampFormat,
    parse_field,
    parse_template,
)

Choice = TypeVar("Choice", bound=StrEnum)
TEXT_MAX = 200


def build_scheme(name: str, options: Mapping[str, object], *, path: str = "verify") -> Scheme:
    """Build the scheme `name` with these options. Raises ValidationFailed with every problem."""
    scheme = CUSTOM if name == CUSTOM.name else SCHEMES.get(name)
    if scheme is None:
        message = f"is not a known scheme{_suggest(name, [*SCHEMES, CUSTOM.name])}"
        raise ValidationFailed(
            [Problem(join_path(path, "scheme"), VerificationErrorCode.UNKNOWN_SCHEME, message)]
        )
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for option, raw in options.items():
        try:
            values[option] = _read_option(scheme, option, raw)
        except _InvalidOption as error:
            problems.append(Problem(join_path(path, option), error.code, str(error)))
    if not problems:
        scheme = _apply_options(scheme, values)
        problems = [
            Problem(join_path(path, option), VerificationErrorCode.CONFLICTING_OPTIONS, message)
            for option, message in find_conflicts(scheme)
        ]
    if problems:
        raise ValidationFailed(problems)
    return scheme


def find_conflicts(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Yield the options of a scheme that contradict others, each with a message."""
    if scheme.algorithm is Algorithm.NONE:
        if scheme.name != "none":
            yield "algorithm", "is none; write scheme: none, so that it is obvious that nothing is verified"
        return
    if scheme.signature is None:
        yield "signature", "is missing; set where the signature is, for example header:x-signature"
    if scheme.secret_format not in _SECRET_FORMATS[scheme.algorithm]:
        formats = ", ".join(_SECRET_FORMATS[scheme.algorithm])
        yield (
            "secret_format",
            f"does not fit {scheme.algorithm}, whose secrets have one of the formats: {formats}",
        )
    yield from _find_signed_conflicts(scheme)


def _find_signed_conflicts(scheme: Scheme) -> Iterator[tuple[str, str]]:
    is_token = scheme.algorithm is Algorithm.TOKEN
    if is_token and scheme.signed:
        yield "signed", "is not used by algorithm token, which signs nothing; remove it"
    if not is_token and not scheme.signed:
        yield "signed", f"is required for algorithm {scheme.algorithm}; set the text that is signed"
    if scheme.encoding is Encoding.PLAIN and not is_token:
        yield "encoding", "is plain, which only a token may be; use hex, base64 or base64url"
    if SignedPart.TIMESTAMP in scheme.signed and scheme.timestamp is None:
        yield "timestamp", "is missing, but {timestamp} is signed; set where it is"
    if SignedPart.TIMESTAMP not in scheme.signed and scheme.timestamp:
        yield "timestamp", "is not signed, so it cannot be trusted; remove it, or add {timestamp} to signed"
    if SignedPart.ID in scheme.signed and scheme.id is None:
        yield "id", "is missing, but {id} is signed; set where it is"


class _InvalidOption(Exception):
    """The option cannot have this value."""

    def __init__(self, code: VerificationErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def _read_option(scheme: Scheme, option: str, raw: object) -> Any:
    if option not in _READERS:
        raise _InvalidOption(
            VerificationErrorCode.UNKNOWN_OPTION,
            f"is not an option of a scheme{_suggest(option, list(_READERS))}",
        )
    if scheme is not CUSTOM and option not in _settable_options(scheme):
        raise _InvalidOption(
            VerificationErrorCode.FIXED_OPTION,
            f"is fixed by scheme {scheme.name}; remove it, or use scheme: custom",
        )
    try:
        value = _READERS[option](raw)
    except ValueError as error:
        raise _InvalidOption(VerificationErrorCode.INVALID_OPTION, str(error)) from None
    if scheme is not CUSTOM and option == "algorithm" and value not in HASHES:
        raise _InvalidOption(VerificationErrorCode.INVALID_OPTION, f"must be one of: {', '.join(HASHES)}")
    return value


def _settable_options(scheme: Scheme) -> frozenset[str]:
    timestamp_options = {"tolerance_seconds"} if scheme.timestamp else set()
    return _SETTABLE.get(scheme.name, frozenset()) | timestamp_options


def _apply_options(scheme: Scheme, values: Mapping[str, Any]) -> Scheme:
    fields = dict(values)
    if scheme is CUSTOM:
        fields = {**_DEFAULTS.get(values.get("algorithm", scheme.algorithm), {}), **fields}
    # `prefix` belongs to the field of the signature. `separator` applies to the timestamp, too, because senders that
    # send a list put both into one header.
    prefix, separator = fields.pop("prefix", ""), fields.pop("separator", "")
    timestamp_prefix = fields.pop("timestamp_prefix", "")
    if "signature" in fields:
        fields["signature"] = replace(fields["signature"], prefix=prefix, separator=separator)
    if timestamp_prefix and "timestamp" in fields:
        fields["timestamp"] = replace(fields["timestamp"], prefix=timestamp_prefix, separator=separator)
    return replace(scheme, **fields)


def _suggest(name: str, names: list[str]) -> str:
    matches = get_close_matches(name, names, n=1)
    return f"; did you mean {matches[0]}?" if matches else f"; known: {', '.join(sorted(names))}"


def _one_of(choices: type[Choice]) -> Callable[[object], Choice]:
    def read(raw: object) -> Choice:
        if not isinstance(raw, str) or raw not in set(choices):
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return choices(raw)

    return read


def _read_text(raw: object) -> str:
    if not isinstance(raw, str) or not raw.isascii() or not 0 < len(raw) <= TEXT_MAX:
        raise ValueError(f"must be ASCII text of at most {TEXT_MAX} characters; put it in quotes")
    return raw


def _read_seconds(raw: object) -> int:
    if type(raw) is not int or not 1 <= raw <= RETRY_PERIOD_SECONDS_MAX:
        raise ValueError(f"must be a whole number of seconds from 1 to {RETRY_PERIOD_SECONDS_MAX}")
    return raw


def _read_boolean(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 the caller collects ValueErrors
    return raw


def _read_escapes(raw: object) -> frozenset[str]:
    escapes = raw if isinstance(raw, list) else []
    if not escapes or not all(isinstance(escape, str) and _is_escape(escape) for escape in escapes):
        raise ValueError('must be a list of percent escapes, such as ["%3A", "%2F"]')
    return frozenset(escape.upper() for escape in escapes)


def _is_escape(text: str) -> bool:
    return len(text) == len("%3A") and text[0] == "%" and set(text[1:]) <= set("0123456789abcdefABCDEF")


def _read_field(raw: object) -> Field:
    return parse_field(_read_text(raw))


_READERS: Mapping[str, Callable[[object], Any]] = {
    "algorithm": _one_of(Algorithm),
    "signature": _read_field,
    "prefix": _read_text,
    "separator": _read_text,
    "signed": lambda raw: parse_template(_read_text(raw)),
    "encoding": _one_of(Encoding),
    "secret_format": _one_of(SecretFormat),
    "timestamp": _read_field,
    "timestamp_prefix": _read_text,
    "timestamp_format": _one_of(TimestampFormat),
    "tolerance_seconds": _read_seconds,
    "id": _read_field,
    "json_field": _read_text,
    "body_digest": _read_field,
    "url_decode": _read_escapes,
    "optional_port": _read_boolean,
    "unique_signature": _read_boolean,
}

OPTIONS = tuple(_READERS)
"""The options that `custom` accepts."""

_SETTABLE = {"twilio": frozenset({"algorithm"}), "api-key": frozenset({"signature", "prefix"})}

_SHARED_SECRET_FORMATS = (SecretFormat.TEXT, SecretFormat.HEX, SecretFormat.BASE64, SecretFormat.WHSEC)
_SECRET_FORMATS: Mapping[Algorithm, tuple[SecretFormat, ...]] = {
    **dict.fromkeys(HASHES, _SHARED_SECRET_FORMATS),
    Algorithm.ED25519: (SecretFormat.WHPK, SecretFormat.BASE64, SecretFormat.HEX, SecretFormat.PUBLIC_KEY),
    Algorithm.ECDSA_P256: (SecretFormat.PUBLIC_KEY,),
    Algorithm.TOKEN: (SecretFormat.TEXT, SecretFormat.USER_PASSWORD),
}
_DEFAULTS: Mapping[Algorithm, Mapping[str, Any]] = {
    Algorithm.TOKEN: {"signed": (), "encoding": Encoding.PLAIN},
    Algorithm.ED25519: {"secret_format": SecretFormat.WHPK, "encoding": Encoding.BASE64},
    Algorithm.ECDSA_P256: {"secret_format": SecretFormat.PUBLIC_KEY, "encoding": Encoding.BASE64},
}
"""Defaults of `custom` for algorithms that the general defaults do not fit."""
