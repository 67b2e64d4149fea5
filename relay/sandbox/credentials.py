"""Credentials of API calls: Basic and Bearer headers, API keys, scopes and trusted IPs."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

Network = IPv4Network | IPv6Network

_SCHEMES: Final = frozenset({"basic", "bearer"})


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated API key or OAuth app, by its public name."""

    name: str
    scopes: frozenset[str] | None = None
    """None allows all scopes."""

    trusted_ips: tuple[Network, ...] = ()
    """Networks that the caller may call from. Empty allows all."""


@dataclass(frozen=True, slots=True)
class Key:
    """An API key of one company."""

    caller: Caller
    secret: str = field(repr=False)
    expires_at: float | None = None


def parse_authorization(authorization: str | None) -> tuple[str, str]:
    """Split a header into its lower-case scheme and its token; two empty strings without a header."""
    scheme, _, token = (authorization or "").partition(" ")
    return scheme.lower(), token.strip()


def parse_basic_credentials(authorization: str | None) -> tuple[str, str]:
    """Return the name and the secret in a Basic header; two empty strings for any other header."""
    scheme, token = parse_authorization(authorization)
    if scheme != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def secrets_match(candidate: str, secret: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(candidate.encode(), secret.encode())


def is_trusted_address(networks: tuple[Network, ...], address: str) -> bool:
    """True if the address is in one of the networks, or if there are none. A malformed address is in no network."""
    if not networks:
        return True
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False


def redact_authorization(authorization: str | None) -> str | None:
    """Return the header's scheme without its credentials."""
    if authorization is None:
        return None
    scheme = authorization.partition(" ")[0]
    # A value without a known scheme may be a bare secret.
    return f"{scheme} [redacted]" if scheme.lower() in _SCHEMES else "[redacted]"
