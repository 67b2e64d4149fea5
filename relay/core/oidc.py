"""OpenID Connect: the provider's metadata, login URLs, and the identity and role of a verified ID token."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from relay.core.roles import OPERATOR_ROLES, Role
from relay.core.secret import WithheldSecret

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MAX_VALUES = 500
_MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcApp:
    """The relay as registered with the provider."""

    issuer: str
    client_id: str
    client_secret: str | WithheldSecret = field(repr=False)
    claim: str
    """The claim whose values decide about the role."""
    roles: Mapping[str, Role]
    """The role of each value. Other values give none."""
    scope: str


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """The provider's endpoints."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in: a name to show, and those values of the claim that have a role."""

    name: str
    values: tuple[str, ...]


def parse_provider(metadata: Any, issuer: str) -> OidcProvider:
    """Parse the provider's metadata. Raises ValueError if it is another issuer's or names a URL without https."""
    if not isinstance(metadata, Mapping) or metadata.get("issuer") != issuer:
        raise ValueError(f"the metadata's issuer is not exactly {issuer}")
    addresses = [metadata.get(name) for name in _ENDPOINTS]
    for name, address in zip(_ENDPOINTS, addresses, strict=True):
        if not isinstance(address, str) or not is_secure_url(address):
            raise ValueError(f"its {name} is not an https URL")
    return OidcProvider(*map(str, addresses))


def is_secure_url(address: str) -> bool:
    """True for https and for loopback addresses: nothing on the network can read or change what is sent there."""
    parts = urlsplit(address)
    on_this_machine = parts.scheme == "http" and parts.hostname in _LOOPBACK
    # An account in an address would be printed wherever the address is.
    return bool(parts.hostname) and "@" not in parts.netloc and (parts.scheme == "https" or on_this_machine)


def compute_pkce_challenge(verifier: str) -> str:
    """Return the PKCE code challenge of a verifier (S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class LoginSecrets:
    """The secrets of one login: `state` and `nonce` come back from the provider, `verifier` proves who began it."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def build_login_url(app: OidcApp, endpoint: str, login: LoginSecrets, *, redirect_uri: str) -> str:
    """Return the URL that a browser is sent to for signing in."""
    params = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": app.scope,
        "state": login.state,
        "nonce": login.nonce,
        "code_challenge": compute_pkce_challenge(login.verifier),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(params)}"


def identify(app: OidcApp, claims: Mapping[str, Any]) -> Identity:
    """Return the identity in the claims of a verified token."""
    claim = claims.get(app.claim)
    values = claim if isinstance(claim, list) else [claim]
    names = [value for value in values[:_MAX_VALUES] if isinstance(value, str)]
    return Identity(_name(claims)[:_MAX_NAME_LENGTH], tuple(sorted(set(names) & set(app.roles))))


def _name(claims: Mapping[str, Any]) -> str:
    # Names of configured operators contain neither `@` nor spaces, so an account can never pass for one.
    email = str(claims.get("email", ""))
    if "@" in email and claims.get("email_verified", True) is True:
        return email
    return f"account {claims.get('preferred_username') or claims.get('sub')}"


def find_role(app: OidcApp, identity: Identity) -> Role | None:
    """Return the highest role that the current settings give an identity; None if they give none."""
    roles = {app.roles[value] for value in identity.values if value in app.roles}
    return max(roles, key=OPERATOR_ROLES.index, default=None)


def dump_identity(identity: Identity) -> str:
    return json.dumps([identity.name, list(identity.values)])


def load_identity(text: str) -> Identity:
    name, values = json.loads(text)
    return Identity(name, tuple(values))
