"""A request without what proves its sender: that is never kept, and never in a mapping's reach."""

from collections.abc import Mapping

from relay.core.verification.scheme import FieldLocation, Scheme

_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})

Texts = dict[str, str]


def strip_credentials(
    scheme: Scheme | None, headers: Mapping[str, str], query: Mapping[str, str]
) -> tuple[Texts, Texts]:
    """Headers, by lower-case names, and query parameters, without credentials and without the scheme's signature."""
    told = {name.lower(): value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
    proof = scheme.signature if scheme else None
    if proof is None:
        return told, dict(query)
    name = proof.name.lower()
    if proof.location is FieldLocation.HEADERS:
        return {key: value for key, value in told.items() if not key.startswith(name)}, dict(query)
    if proof.location is FieldLocation.QUERY:
        return told, {key: value for key, value in query.items() if key != proof.name}
    return {key: value for key, value in told.items() if key != name}, dict(query)
