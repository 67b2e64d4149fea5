"""Who is asking: the key of a request or the session of a browser, and what its holder may do."""

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
from relay.core.source import Source, key_id
from relay.web.same_origin import check_not_cross_site, check_same_origin
from relay.web.sessions import Session, SessionManager


class Authenticator:
    """Every key the relay knows, by the SHA-256 of its text: a look-up's time tells nothing of the key."""

    def __init__(
        self, config: Config, admin_key: str | None, sessions: SessionManager, oidc: OidcApp | None = None
    ) -> None:
        self._callers = {
            digest: Principal(name=source.name, role=Role.INGEST, key_id=key_id(digest), source=source)
            for source in config.sources.values()
            for digest in source.key_digests
        } | {
            digest: Principal(name=operator.name, role=operator.role, key_id=key_id(digest))
            for operator in config.operators.values()
            for digest in operator.key_digests
        }
        self._admin = hash_key(admin_key.encode()) if admin_key else None
        self.sessions = sessions
        self._oidc = oidc

    def authenticate(self, request: Request) -> Principal:
        """Who sent this request. Unauthorized, in one wording for every reason, when nobody known did.

        Forbidden for a change that another site has a signed-in browser make.
        """
        presented = _presented(request.environ)
        if not presented:
            return self._signed_in(request)
        for key in filter(None, presented):
            found = self.find_by_digest(hash_key(key))
            if found is not None:
                if request.environ.get("HTTP_AUTHORIZATION", "")[:5].lower() == "basic":
                    check_not_cross_site(request, self.sessions.public_url)
                return found
        raise unauthorized_error()

    def require_role(self, request: Request, least: Role) -> Principal:
        """Who sent this request, when their role covers `least`."""
        return self.authenticate(request).require(least)

    def authenticate_source(self, request: Request) -> tuple[Principal, Source]:
        """The source whose key this request carries."""
        caller = self.authenticate(request)
        if caller.source is None:
            raise Forbidden("wrong_role", "Events are sent with a source's key, not with the operator's.")
        return caller, caller.source

    def find_by_digest(self, digest: str) -> Principal | None:
        """Whose key has this SHA-256 (in hex)."""
        found = self._callers.get(digest)
        if found is None and self._admin is not None and hmac.compare_digest(digest, self._admin):
            return Principal(name=BUILT_IN_ADMIN, role=Role.ADMIN, key_id=BUILT_IN_ADMIN)
        return found

    @property
    def provider_digest(self) -> str:
        """What sessions of its accounts hold in place of a key's digest: another provider's are not good."""
        return hash_key(f"provider {self._oidc.issuer}".encode()) if self._oidc else ""

    def find_account(self, identity: str) -> Principal | None:
        """Somebody whom the provider knows, in the role that today's settings give them."""
        return account_principal(self._oidc, identity) if self._oidc else None

    def _signed_in(self, request: Request) -> Principal:
        session = self.sessions.read(request)
        caller = self._of_session(session) if session else None
        if caller is None or not caller.role.covers(Role.VIEWER):
            raise unauthorized_error()
        check_same_origin(request, self.sessions.public_url)
        return caller

    def _of_session(self, session: Session) -> Principal | None:
        """A key that has left the configuration takes its sessions with it; a role that has changed counts at once."""
        if session.identity:
            return self.find_account(session.identity) if session.key_digest == self.provider_digest else None
        found = self.find_by_digest(session.key_digest)
        return replace(found, via=Via.SESSION) if found else None


def hash_key(key: bytes) -> str:
    """What a key is known by: the hex SHA-256 of its bytes."""
    return hashlib.sha256(key).hexdigest()


def unauthorized_error() -> Unauthorized:
    text = "Send a key the relay knows, as `Authorization: Bearer KEY`, `X-API-Key: KEY` or a Basic password."
    return Unauthorized("unauthorized", text)


def _presented(environ: Mapping[str, str]) -> Sequence[bytes]:
    """What may be the key, as bytes, from whichever header holds it. A header that holds none still counts as one."""
    direct = environ.get("HTTP_X_API_KEY")
    if direct:
        return (direct.strip().encode("utf-8", "surrogateescape"),)
    told = environ.get("HTTP_AUTHORIZATION")
    if not told:
        return ()
    scheme, _, rest = told.partition(" ")
    if scheme.lower() == "bearer":
        return (rest.strip().encode("utf-8", "surrogateescape"),)
    return _basic(rest.strip()) if scheme.lower() == "basic" else (b"",)


def _basic(text: str) -> Sequence[bytes]:
    """The password, or else the user name: clients of Gong send an access key beside its secret, and either may be ours."""
    try:
        user, _, password = base64.b64decode(text, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return (b"",)
    return password, user
