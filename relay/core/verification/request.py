"""A request as a verifier sees it, and how a value is found in it: once and in ASCII, or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from relay.core.errors import BadRequest
from relay.core.strict_json import parse_json
from relay.core.verification.form_encoding import parse_form, parse_pairs
from relay.core.verification.rejection import RejectionReason, VerificationFailed
from relay.core.verification.scheme import Field, FieldLocation

Value = TypeVar("Value")

VALUES_MAX = 16
"""Signatures in one request. Each is compared with every key."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """`public_url` is the configured address without its query, never what the Host header says.

    `headers` are a list, so that one sent twice is seen; `query_string` and `body` are as they came.
    """

    method: str
    public_url: str
    headers: Sequence[tuple[str, str]]
    query_string: bytes
    body: bytes


def get_content_type(request: SignedRequest) -> str:
    """What the Content-Type header says, or nothing."""
    return next(iter(_headers(request, "content-type")), "")


def parse_json_body(request: SignedRequest, json_field: str = "") -> Any:
    """The JSON of the body, or of one field of its form."""
    raw = request.body
    if json_field:
        fields = parse_form(get_content_type(request), raw)
        raw = _single(read_value for name, read_value in fields if name == json_field.encode())
    try:
        return parse_json(raw)
    except BadRequest:
        raise VerificationFailed(RejectionReason.UNREADABLE) from None


def read_values(field: Field, request: SignedRequest, document: Any) -> list[str]:
    """What stands at a field: one value, or those of a list that begin with its prefix, which is cut off."""
    texts = _texts(field, request, document)
    if not all(text.isascii() for text in texts):
        raise VerificationFailed(RejectionReason.MALFORMED)
    if field.separator:
        texts = [item for text in texts for item in text.split(field.separator)]
    found = [text[len(field.prefix) :] for text in texts if _begins(text, field)]
    if len(found) > VALUES_MAX:
        raise VerificationFailed(RejectionReason.REPEATED)
    return found


def read_value(field: Field, request: SignedRequest, document: Any) -> str:
    """The one value that stands at a field. Rejected when there is none, an empty one, or more than one."""
    found = _single(read_values(field, request, document))
    if not found:
        raise VerificationFailed(RejectionReason.MISSING)
    return found


def _begins(text: str, field: Field) -> bool:
    if field.ignore_case:
        return text[: len(field.prefix)].lower() == field.prefix.lower()
    return text.startswith(field.prefix)


def _texts(field: Field, request: SignedRequest, document: Any) -> list[str]:
    """The raw texts at a place. A header may stand once under each of its names, anything else once."""
    match field.location:
        case FieldLocation.HEADER:
            return _at_most_one(_headers(request, field.name))
        case FieldLocation.HEADERS:
            names = [f"{field.name}{number}" for number in range(1, VALUES_MAX + 1)]
            return [text for name in names for text in _at_most_one(_headers(request, name))]
        case FieldLocation.QUERY:
            return _at_most_one(_named(field.name, parse_pairs(request.query_string)))
        case FieldLocation.FORM:
            return _at_most_one(_named(field.name, parse_form(get_content_type(request), request.body)))
        case FieldLocation.JSON:
            return _member(document, field.name.split("."))


def _headers(request: SignedRequest, name: str) -> list[str]:
    return [text for sent, text in request.headers if sent.lower() == name]


def _named(name: str, fields: Iterable[tuple[bytes, bytes]]) -> list[str]:
    return [text.decode("latin-1") for sent, text in fields if sent == name.encode()]


def _member(document: Any, path: Sequence[str]) -> list[str]:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    if isinstance(document, str):
        return [document]
    return [str(document)] if type(document) is int else []


def _at_most_one(found: list[str]) -> list[str]:
    if len(found) > 1:
        raise VerificationFailed(RejectionReason.REPEATED)
    return found


def _single(found: Iterable[Value]) -> Value:
    once = list(found)
    if not once:
        raise VerificationFailed(RejectionReason.MISSING)
    if len(once) > 1:
        raise VerificationFailed(RejectionReason.REPEATED)
    return once[0]
