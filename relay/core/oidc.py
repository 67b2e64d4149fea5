"""Signing in by a company's own accounts: what its OpenID provider tells of itself, is asked, and what its word is worth."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from relay.core.roles import OPERATOR_ROLES, Role

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_NAMES = 500
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class OidcApp:
    """The relay as the provider knows it. `roles` are by the values of `claim`; a value without one lets nobody in."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str
    roles: Mapping[str, Role]
    scope: str


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """Where the provider is asked what."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in: a name to show, and which of the configured values of the claim were told."""

    name: str
    values: tuple[str, ...]


def parse_provider(told: Any, issuer: str) -> OidcProvider:
    """The provider's own document. ValueError where it speaks for another issuer or leads over an open network."""
    if not isinstance(told, Mapping) or told.get("issuer") != issuer:
        raise ValueError(f"the document does not speak for {issuer}, letter by letter")
    addresses = [told.get(name) for name in _ENDPOINTS]
    for name, address in zip(_ENDPOINTS, addresses, strict=True):
        if not isinstance(address, str) or not is_secure_url(address):
            raise ValueError(f"its {name} is no https address")
    return OidcProvider(*map(str, addresses))


def is_secure_url(address: str) -> bool:
    """Whether nobody on the way can read or change what is sent there: https, or this very machine."""
    parts = urlsplit(address)
    on_this_machine = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or on_this_machine)


def compute_pkce_challenge(verifier: str) -> str:
    """What the provider is told of a verifier beforehand (PKCE, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class LoginSecrets:
    """One way to the provider: what it must send back, and what only we know until then."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def build_login_url(app: OidcApp, endpoint: str, question: LoginSecrets, *, redirect_uri: str) -> str:
    """Where a browser is sent to sign in."""
    told = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": app.scope,
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": compute_pkce_challenge(question.verifier),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(told)}"


def identify(app: OidcApp, claims: Mapping[str, Any]) -> Identity:
    """Who the claims of a verified token speak of."""
    told = claims.get(app.claim)
    listed = told if isinstance(told, list) else [told]
    names = [value for value in listed[:_MOST_NAMES] if isinstance(value, str)]
    return Identity(_name(claims)[:_LONGEST], tuple(sorted(set(names) & set(app.roles))))


def _name(claims: Mapping[str, Any]) -> str:
    """A name to show, never one that the configuration could give a person: those hold neither `@` nor blanks."""
    email = str(claims.get("email", ""))
    if "@" in email and claims.get("email_verified", True) is True:
        return email
    return f"account {claims.get('preferred_username') or claims.get('sub')}"


def find_role(app: OidcApp, identity: Identity) -> Role | None:
    """The highest role that today's settings give somebody; None where they give none."""
    roles = {app.roles[value] for value in identity.values if value in app.roles}
    return max(roles, key=OPERATOR_ROLES.index, default=None)


def dump_identity(identity: Identity) -> str:
    return json.dumps([identity.name, list(identity.values)])


def load_identity(text: str) -> Identity:
    name, values = json.loads(text)
    return Identity(name, tuple(values))
