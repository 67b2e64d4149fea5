"""What a caller may show to prove who it is, and what that lets it do."""

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
    """Who calls: an API key or an OAuth app, by its public name. No scopes: all of them. No trusted addresses: any."""

    name: str
    scopes: frozenset[str] | None = None
    trusted_ips: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """An API key of one company."""

    caller: Caller
    secret: str = field(repr=False)
    expires_at: float | None = None


def token_of(authorization: str | None) -> tuple[str, str]:
    """The scheme in lower case and what follows it; two empty texts for no header."""
    scheme, _, token = (authorization or "").partition(" ")
    return scheme.lower(), token.strip()


def basic(authorization: str | None) -> tuple[str, str]:
    """Name and secret of a Basic header; two empty texts when it is none."""
    scheme, token = token_of(authorization)
    if scheme != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())


def is_trusted(networks: tuple[Network, ...], address: str) -> bool:
    """Whether a call may come from there. An address that cannot be read is in no network."""
    if not networks:
        return True
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False


def redacted(authorization: str | None) -> str | None:
    """That a header was there, and of which scheme; a text without a scheme may be a secret itself."""
    if authorization is None:
        return None
    scheme = authorization.partition(" ")[0]
    return f"{scheme} [redacted]" if scheme.lower() in _SCHEMES else "[redacted]"
