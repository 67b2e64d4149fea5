"""Removes credentials from headers and parameters, so that they are neither stored nor available to mappings."""

from collections.abc import Mapping

from relay.core.verification.scheme import Field, FieldLocation, Scheme

_SECRET_HEADERS = frozenset(
    {
        "api-key",
        "apikey",
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-access-token",
        "x-api-key",
        "x-auth-token",
        "x-gitlab-token",
        "x-webhook-secret",
        "x-webhook-token",
    }
)

Texts = dict[str, str]


def strip_credentials(
    scheme: Scheme | None, headers: Mapping[str, str], query: Mapping[str, str]
) -> tuple[Texts, Texts]:
    """Return the headers, with lower-case names, and the query parameters, without credentials and the signature."""
    fields = scheme.secret_fields if scheme else ()
    names = {field.name for field in fields if field.location is FieldLocation.QUERY}
    safe_headers = {
        name.lower(): value
        for name, value in headers.items()
        if name.lower() not in _SECRET_HEADERS and not any(_is_in(name.lower(), field) for field in fields)
    }
    return safe_headers, {name: value for name, value in query.items() if name not in names}


def _is_in(header: str, field: Field) -> bool:
    """True if the field is this header, or one of a numbered group that contains it."""
    if field.location is FieldLocation.HEADERS:
        return header.startswith(field.name.lower())
    return field.location is FieldLocation.HEADER and header == field.name.lower()
