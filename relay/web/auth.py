"""Authentication of requests, by API key or by browser session."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Request

from relay.actions.sign_in_oidc import account_principal
from relay.core.config import Config
from relay.core.errors import Forbidden, Unauthorized
from relay.core.oidc import OidcApp
from relay.core.roles import BUILT_IN_ADMIN, Principal, Role, Via
from relay.core.secret import reveal
from relay.core.source import Source, key_id
from relay.web.same_origin import check_not_cross_site, check_same_origin
from relay.web.sessions import Session, SessionManager

_UNAUTHORIZED = (
    "Send a valid API key as `Authorization: Bearer KEY`, as `X-API-Key: KEY`, or as a Basic password."
)


class Authenticator:
    """Finds the principal of a request.

    Keys are looked up by their SHA-256: the time that a lookup takes then reveals nothing about a key.
    """

    def __init__(
        self, config: Config, admin_key: str | None, sessions: SessionManager, oidc: OidcApp | None = None
    ) -> None:
        self._principals = {
            digest: Principal(name=source.name, role=Role.INGEST, key_id=key_id(digest), source=source)
            for source in config.sources.values()
            for digest in reveal(source.key_digests)
        }
        self._principals |= {
            digest: Principal(name=operator.name, role=operator.role, key_id=key_id(digest))
            for operator in config.operators.values()
            for digest in reveal(operator.key_digests)
        }
        self._admin_digest = hash_key(admin_key.encode()) if admin_key else None
        self.sessions = sessions
        self._oidc = oidc

    def authenticate(self, request: Request) -> Principal:
        """Return who sent the request.

        Raises Unauthorized, with the same text for every reason, and Forbidden for a change that another site caused
        in a signed-in browser.
        """
        keys = _read_keys(request.environ)
        if not keys:
            return self._authenticate_session(request)
        # A header with an invalid key is never replaced by a session: the caller meant to use the key.
        for key in filter(None, keys):
            principal = self.find_by_digest(hash_key(key))
            if principal is not None:
                # A browser remembers a Basic password and sends it automatically, like a cookie.
                if request.environ.get("HTTP_AUTHORIZATION", "")[:5].lower() == "basic":
                    check_not_cross_site(request, self.sessions.public_url)
                return principal
        raise unauthorized_error()

    def require_role(self, request: Request, least: Role) -> Principal:
        """Return the principal of the request. Raises Forbidden if their role is below `least`."""
        return self.authenticate(request).require(least)

    def authenticate_source(self, request: Request) -> tuple[Principal, Source]:
        """Return the source that sent the request. Raises Forbidden for an operator's key."""
        principal = self.authenticate(request)
        if principal.source is None:
            raise Forbidden("wrong_role", "Events are sent with a source's key, not with an operator's.")
        return principal, principal.source

    def find_by_digest(self, digest: str) -> Principal | None:
        """Return the holder of the key with this SHA-256 (hex)."""
        principal = self._principals.get(digest)
        if principal is None and self._admin_digest and hmac.compare_digest(digest, self._admin_digest):
            return Principal(name=BUILT_IN_ADMIN, role=Role.ADMIN, key_id=BUILT_IN_ADMIN)
        return principal

    @property
    def provider_digest(self) -> str:
        """Stored in sessions in place of a key's digest: a session ends when the identity provider changes."""
        return hash_key(f"provider {self._oidc.issuer}".encode()) if self._oidc else ""

    def find_account(self, identity: str) -> Principal | None:
        """Return the principal of an identity provider's account, with the role that the current settings give it."""
        return account_principal(self._oidc, identity) if self._oidc else None

    def _authenticate_session(self, request: Request) -> Principal:
        session = self.sessions.read(request)
        principal = self._find_session_principal(session) if session else None
        if principal is None or not principal.role.covers(Role.VIEWER):
            raise unauthorized_error()
        check_same_origin(request, self.sessions.public_url)
        return principal

    def _find_session_principal(self, session: Session) -> Principal | None:
        # Looked up for each request: a removed key ends its sessions, and a changed role applies at once.
        if session.identity:
            return self.find_account(session.identity) if session.key_digest == self.provider_digest else None
        principal = self.find_by_digest(session.key_digest)
        return replace(principal, via=Via.SESSION) if principal else None


def hash_key(key: bytes) -> str:
    """Return the SHA-256 of a key in hex."""
    return hashlib.sha256(key).hexdigest()


def unauthorized_error() -> Unauthorized:
    """Return the one error for every failed authentication."""
    # Different texts would reveal to an attacker whether a key is unknown, expired or malformed.
    return Unauthorized("unauthorized", _UNAUTHORIZED)


def _read_keys(environ: Mapping[str, str]) -> Sequence[bytes]:
    """Return the candidate keys of the request; empty if it has no header for a key.

    A malformed header yields one empty key, so that the request is not authenticated by its session instead.
    """
    api_key = environ.get("HTTP_X_API_KEY")
    if api_key:
        return (_to_bytes(api_key),)
    authorization = environ.get("HTTP_AUTHORIZATION")
    if not authorization:
        return ()
    scheme, _, credentials = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return (_to_bytes(credentials),)
        case "basic":
            return _read_basic(credentials.strip())
        case _:
            return (b"",)


def _to_bytes(text: str) -> bytes:
    return text.strip().encode("utf-8", "surrogateescape")


def _read_basic(credentials: str) -> Sequence[bytes]:
    """Return password and user name: Gong's clients send two values, and either of them may hold our key."""
    try:
        user, _, password = base64.b64decode(credentials, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return (b"",)
    return password, user
