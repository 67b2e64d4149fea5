"""A request to verify, and strict access to its values: a value must be present once and in ASCII."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from relay.core.errors import BadRequest
from relay.core.strict_json import parse_json
from relay.core.verification.form_encoding import parse_form, parse_pairs
from relay.core.verification.rejection import RejectionReason, VerificationFailed
from relay.core.verification.scheme import Field, FieldLocation

Item = TypeVar("Item")

VALUES_MAX = 16
"""The most signatures in one request. Each is compared with every key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request, unparsed, as signatures cover it."""

    method: str
    public_url: str
    """The configured address, without a query. It never comes from the Host header."""
    headers: Sequence[tuple[str, str]]
    """A list, so that a repeated header is noticed."""
    query_string: bytes
    body: bytes


def get_content_type(request: SignedRequest) -> str:
    """Return the Content-Type header, or an empty string."""
    return next(iter(_headers(request, "content-type")), "")


def parse_json_body(request: SignedRequest, json_field: str = "") -> Any:
    """Parse the body as JSON, or the form field `json_field` of the body."""
    raw = request.body
    if json_field:
        fields = parse_form(get_content_type(request), raw)
        raw = _only_item(content for name, content in fields if name == json_field.encode())
    try:
        return parse_json(raw)
    except BadRequest:
        raise VerificationFailed(RejectionReason.UNREADABLE) from None


def read_values(field: Field, request: SignedRequest, document: Any) -> list[str]:
    """Return the values at a field without its prefix. Values with another prefix are left out."""
    texts = _read_texts(field, request, document)
    if not all(text.isascii() for text in texts):
        raise VerificationFailed(RejectionReason.MALFORMED)
    if field.separator:
        texts = [item for text in texts for item in text.split(field.separator)]
    values = [text[len(field.prefix) :] for text in texts if _has_prefix(text, field)]
    if len(values) > VALUES_MAX:
        raise VerificationFailed(RejectionReason.REPEATED)
    return values


def read_value(field: Field, request: SignedRequest, document: Any) -> str:
    """Return the only value at a field. Raises VerificationFailed if there is none, an empty one, or more than one."""
    text = _only_item(read_values(field, request, document))
    if not text:
        raise VerificationFailed(RejectionReason.MISSING)
    return text


def _has_prefix(text: str, field: Field) -> bool:
    if field.ignore_case:
        return text[: len(field.prefix)].lower() == field.prefix.lower()
    return text.startswith(field.prefix)


def _read_texts(field: Field, request: SignedRequest, document: Any) -> list[str]:
    """Return the unparsed strings at a field. Each header, parameter and form field may be present only once."""
    match field.location:
        case FieldLocation.HEADER:
            return _at_most_one(_headers(request, field.name))
        case FieldLocation.HEADERS:
            names = [f"{field.name}{number}" for number in range(1, VALUES_MAX + 1)]
            return [text for name in names for text in _at_most_one(_headers(request, name))]
        case FieldLocation.QUERY:
            return _at_most_one(_values_named(field.name, parse_pairs(request.query_string)))
        case FieldLocation.FORM:
            return _at_most_one(
                _values_named(field.name, parse_form(get_content_type(request), request.body))
            )
        case FieldLocation.JSON:
            return _json_member(document, field.name.split("."))


def _headers(request: SignedRequest, name: str) -> list[str]:
    return [text for header, text in request.headers if header.lower() == name]


def _values_named(name: str, fields: Iterable[tuple[bytes, bytes]]) -> list[str]:
    # Latin-1 keeps every byte, so that read_values() can reject what is not ASCII.
    return [text.decode("latin-1") for field_name, text in fields if field_name == name.encode()]


def _json_member(document: Any, path: Sequence[str]) -> list[str]:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    if isinstance(document, str):
        return [document]
    # A timestamp may be a number in JSON. `type` excludes booleans.
    return [str(document)] if type(document) is int else []


def _at_most_one(texts: list[str]) -> list[str]:
    if len(texts) > 1:
        raise VerificationFailed(RejectionReason.REPEATED)
    return texts


def _only_item(iterable: Iterable[Item]) -> Item:
    items = list(iterable)
    if not items:
        raise VerificationFailed(RejectionReason.MISSING)
    if len(items) > 1:
        raise VerificationFailed(RejectionReason.REPEATED)
    return items[0]
