"""A request as a verifier sees it, and how a value is found in it: once and in ASCII, or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from relay.core.errors import BadRequest
from relay.core.strict_json import parse
from relay.core.verification.form_encoding import form_fields, pairs
from relay.core.verification.rejection import Reason, Rejected
from relay.core.verification.scheme import Field, Where

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


def content_type(request: SignedRequest) -> str:
    """What the Content-Type header says, or nothing."""
    return next(iter(_headers(request, "content-type")), "")


def json_document(request: SignedRequest, json_field: str = "") -> Any:
    """The JSON of the body, or of one field of its form."""
    raw = request.body
    if json_field:
        fields = form_fields(content_type(request), raw)
        raw = _single(value for name, value in fields if name == json_field.encode())
    try:
        return parse(raw)
    except BadRequest:
        raise Rejected(Reason.UNREADABLE) from None


def values(field: Field, request: SignedRequest, document: Any) -> list[str]:
    """What stands at a field: one value, or those of a list that begin with its prefix, which is cut off."""
    texts = _texts(field, request, document)
    if not all(text.isascii() for text in texts):
        raise Rejected(Reason.MALFORMED)
    if field.separator:
        texts = [item for text in texts for item in text.split(field.separator)]
    found = [text[len(field.prefix) :] for text in texts if _begins(text, field)]
    if len(found) > VALUES_MAX:
        raise Rejected(Reason.REPEATED)
    return found


def value(field: Field, request: SignedRequest, document: Any) -> str:
    """The one value that stands at a field. Rejected when there is none, an empty one, or more than one."""
    found = _single(values(field, request, document))
    if not found:
        raise Rejected(Reason.MISSING)
    return found


def _begins(text: str, field: Field) -> bool:
    if field.any_case:
        return text[: len(field.prefix)].lower() == field.prefix.lower()
    return text.startswith(field.prefix)


def _texts(field: Field, request: SignedRequest, document: Any) -> list[str]:
    """The raw texts at a place. A header may stand once under each of its names, anything else once."""
    match field.where:
        case Where.HEADER:
            return _at_most_one(_headers(request, field.name))
        case Where.HEADERS:
            names = [f"{field.name}{number}" for number in range(1, VALUES_MAX + 1)]
            return [text for name in names for text in _at_most_one(_headers(request, name))]
        case Where.QUERY:
            return _at_most_one(_named(field.name, pairs(request.query_string)))
        case Where.FORM:
            return _at_most_one(_named(field.name, form_fields(content_type(request), request.body)))
        case Where.JSON:
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
        raise Rejected(Reason.REPEATED)
    return found


def _single(found: Iterable[Value]) -> Value:
    once = list(found)
    if not once:
        raise Rejected(Reason.MISSING)
    if len(once) > 1:
        raise Rejected(Reason.REPEATED)
    return once[0]
