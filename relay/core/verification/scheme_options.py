"""The scheme that a source asks for: a row of the table by its name, changed where it may be, or one of its own."""

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


def build_scheme(name: str, columns: Mapping[str, object], *, path: str = "verify") -> Scheme:
    """The scheme `name` with these columns set. Raises Invalid with every problem."""
    scheme = CUSTOM if name == CUSTOM.name else SCHEMES.get(name)
    if scheme is None:
        message = f"is no scheme that the relay knows{_nearest(name, [*SCHEMES, CUSTOM.name])}"
        raise ValidationFailed(
            [Problem(join_path(path, "scheme"), VerificationErrorCode.UNKNOWN_SCHEME, message)]
        )
    read: dict[str, Any] = {}
    problems: list[Problem] = []
    for column, given in columns.items():
        try:
            read[column] = _read(scheme, column, given)
        except _Wrong as error:
            problems.append(Problem(join_path(path, column), error.fault, str(error)))
    if not problems:
        scheme = _with(scheme, read)
        problems = [
            Problem(join_path(path, column), VerificationErrorCode.CONFLICTING_OPTIONS, message)
            for column, message in find_conflicts(scheme)
        ]
    if problems:
        raise ValidationFailed(problems)
    return scheme


def find_conflicts(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """The columns of a scheme that contradict others, each with what is wrong."""
    if scheme.algorithm is Algorithm.NONE:
        if scheme.name != "none":
            yield "algorithm", "is none; write scheme: none, so that everyone sees that nothing is checked"
        return
    if scheme.signature is None:
        yield "signature", "is missing; say where the signature stands, for example header:x-signature"
    if scheme.secret_format not in _KEY_FORMS[scheme.algorithm]:
        forms = ", ".join(_KEY_FORMS[scheme.algorithm])
        yield "secret_format", f"does not fit {scheme.algorithm}, whose keys are written as: {forms}"
    yield from _of_signed(scheme)


def _of_signed(scheme: Scheme) -> Iterator[tuple[str, str]]:
    is_token = scheme.algorithm is Algorithm.TOKEN
    if is_token == bool(scheme.signed):
        yield "signed", "goes with all algorithms but token, which signs nothing"
    if scheme.encoding is Encoding.PLAIN and not is_token:
        yield "encoding", "is plain, which only a token is; name hex, base64 or base64url"
    if SignedPart.TIMESTAMP in scheme.signed and scheme.timestamp is None:
        yield "timestamp", "is missing, and {timestamp} is signed; say where it stands"
    if SignedPart.TIMESTAMP not in scheme.signed and scheme.timestamp:
        yield "timestamp", "is not signed, so that it proves nothing; remove it, or put {timestamp} in signed"
    if SignedPart.ID in scheme.signed and scheme.id is None:
        yield "id", "is missing, and {id} is signed; say where it stands"


class _Wrong(Exception):
    """This column cannot be set so."""

    def __init__(self, fault: VerificationErrorCode, message: str) -> None:
        super().__init__(message)
        self.fault = fault


def _read(scheme: Scheme, column: str, given: object) -> Any:
    if column not in _READERS:
        raise _Wrong(
            VerificationErrorCode.UNKNOWN_OPTION,
            f"is no column of a scheme{_nearest(column, list(_READERS))}",
        )
    if scheme is not CUSTOM and column not in _settable(scheme):
        raise _Wrong(
            VerificationErrorCode.FIXED_OPTION,
            f"is fixed by scheme {scheme.name}; remove it, or write scheme: custom",
        )
    try:
        read = _READERS[column](given)
    except ValueError as error:
        raise _Wrong(VerificationErrorCode.INVALID_OPTION, str(error)) from None
    if scheme is not CUSTOM and column == "algorithm" and read not in HASHES:
        raise _Wrong(VerificationErrorCode.INVALID_OPTION, f"must be one of: {', '.join(HASHES)}")
    return read


def _settable(scheme: Scheme) -> frozenset[str]:
    timed = {"tolerance_seconds"} if scheme.timestamp else set()
    return _SETTABLE.get(scheme.name, frozenset()) | timed


def _with(scheme: Scheme, read: Mapping[str, Any]) -> Scheme:
    """The scheme with the columns set. A prefix belongs to the signature's place, and a list to both places."""
    columns = (
        {**_USUAL.get(read.get("algorithm", scheme.algorithm), {}), **read}
        if scheme is CUSTOM
        else dict(read)
    )
    prefix, separator = columns.pop("prefix", ""), columns.pop("separator", "")
    timestamp_prefix = columns.pop("timestamp_prefix", "")
    if "signature" in columns:
        columns["signature"] = replace(columns["signature"], prefix=prefix, separator=separator)
    if timestamp_prefix and "timestamp" in columns:
        columns["timestamp"] = replace(columns["timestamp"], prefix=timestamp_prefix, separator=separator)
    return replace(scheme, **columns)


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(sorted(names))}"


def _one_of(choices: type[Choice]) -> Callable[[object], Choice]:
    def read(given: object) -> Choice:
        if not isinstance(given, str) or given not in set(choices):
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return choices(given)

    return read


def _text(given: object) -> str:
    if not isinstance(given, str) or not given.isascii() or not 0 < len(given) <= TEXT_MAX:
        raise ValueError(f"must be text in ASCII, of {TEXT_MAX} characters at most; put it in quotes")
    return given


def _seconds(given: object) -> int:
    if type(given) is not int or not 1 <= given <= RETRY_PERIOD_SECONDS_MAX:
        raise ValueError(f"must be a whole number of seconds from 1 to {RETRY_PERIOD_SECONDS_MAX}")
    return given


def _truth(given: object) -> bool:
    if not isinstance(given, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 the caller collects values that are wrong
    return given


def _escapes(given: object) -> frozenset[str]:
    escapes = given if isinstance(given, list) else []
    if not escapes or not all(isinstance(escape, str) and _is_escape(escape) for escape in escapes):
        raise ValueError('must be a list of percent escapes, such as ["%3A", "%2F"]')
    return frozenset(escape.upper() for escape in escapes)


def _is_escape(text: str) -> bool:
    return len(text) == len("%3A") and text[0] == "%" and set(text[1:]) <= set("0123456789abcdefABCDEF")


def _place(given: object) -> Field:
    return parse_field(_text(given))


_READERS: Mapping[str, Callable[[object], Any]] = {
    "algorithm": _one_of(Algorithm),
    "signature": _place,
    "prefix": _text,
    "separator": _text,
    "signed": lambda given: parse_template(_text(given)),
    "encoding": _one_of(Encoding),
    "secret_format": _one_of(SecretFormat),
    "timestamp": _place,
    "timestamp_prefix": _text,
    "timestamp_format": _one_of(TimestampFormat),
    "tolerance_seconds": _seconds,
    "id": _place,
    "json_field": _text,
    "body_digest": _place,
    "url_decode": _escapes,
    "optional_port": _truth,
    "unique_signature": _truth,
}

OPTIONS = tuple(_READERS)
"""The name of every column that `custom` may set."""

_SETTABLE = {"twilio": frozenset({"algorithm"}), "api-key": frozenset({"signature", "prefix"})}

_SHARED = (SecretFormat.TEXT, SecretFormat.HEX, SecretFormat.BASE64, SecretFormat.WHSEC)
_KEY_FORMS: Mapping[Algorithm, tuple[SecretFormat, ...]] = {
    **dict.fromkeys(HASHES, _SHARED),
    Algorithm.ED25519: (SecretFormat.WHPK, SecretFormat.BASE64, SecretFormat.HEX, SecretFormat.PUBLIC_KEY),
    Algorithm.ECDSA_P256: (SecretFormat.PUBLIC_KEY,),
    Algorithm.TOKEN: (SecretFormat.TEXT, SecretFormat.USER_PASSWORD),
}
_USUAL: Mapping[Algorithm, Mapping[str, Any]] = {
    Algorithm.TOKEN: {"signed": (), "encoding": Encoding.PLAIN},
    Algorithm.ED25519: {"secret_format": SecretFormat.WHPK, "encoding": Encoding.BASE64},
    Algorithm.ECDSA_P256: {"secret_format": SecretFormat.PUBLIC_KEY, "encoding": Encoding.BASE64},
}
"""What `custom` takes unless it says otherwise, where the algorithm makes the usual choice impossible."""
