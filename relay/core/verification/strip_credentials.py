"""Removes credentials from a request, so that they are neither stored nor available to mappings."""

from collections.abc import Mapping

from relay.core.verification.scheme import FieldLocation, Scheme

_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})

Texts = dict[str, str]


def strip_credentials(
    scheme: Scheme | None, headers: Mapping[str, str], query: Mapping[str, str]
) -> tuple[Texts, Texts]:
    """Return the headers, with lower-case names, and the query parameters, without credentials and the signature."""
    safe_headers = {
        name.lower(): value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS
    }
    signature = scheme.signature if scheme else None
    if signature is None:
        return safe_headers, dict(query)
    name = signature.name.lower()
    if signature.location is FieldLocation.HEADERS:
        return {key: value for key, value in safe_headers.items() if not key.startswith(name)}, dict(query)
    if signature.location is FieldLocation.QUERY:
        return safe_headers, {key: value for key, value in query.items() if key != signature.name}
    return {key: value for key, value in safe_headers.items() if key != name}, dict(query)
