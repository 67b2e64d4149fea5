"""Browser sessions in an encrypted cookie. They end after a time, at sign-out, or when the key is removed."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask import Request, Response

from relay.core.errors import Conflict
from relay.core.vault import UnsealError, Vault
from relay.settings import Settings
from relay.store.engine.connection import Client
from relay.store.sign_in import end_session, is_session_ended

_PURPOSE = "session"
_COOKIE_MAX = 4096
_RANDOM_BYTES = 16
_IDLE_TIMEOUT = timedelta(hours=1)
_RENEWAL_INTERVAL = timedelta(minutes=5)
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The session of a signed-in browser."""

    id: str = field(repr=False)
    key_digest: str = field(repr=False)
    """The digest of the key that signed in, or of the identity provider."""
    started_at: datetime
    last_seen_at: datetime
    identity: str = ""
    """The account, if an identity provider signed it in."""


class SessionManager:
    """Reads and writes the session cookie.

    The store only remembers the sessions that were signed out, until they would have ended anyway.
    """

    def __init__(self, settings: Settings, redis: Client, now: Callable[[], datetime]) -> None:
        self.public_url = settings.public_url
        self._has_key = bool(settings.secret_keys)
        self._vault = Vault(settings.secret_keys)
        self._lifetime = timedelta(hours=settings.session_hours)
        self._redis = redis
        self._now = now

    def begin(self, request: Request, response: Response, key_digest: str, identity: str = "") -> None:
        """Start a new session, replacing the browser's current one. Raises Conflict if sign-in is disabled."""
        self.check_enabled()
        now = self._now()
        session = Session(
            id=secrets.token_urlsafe(_RANDOM_BYTES),
            key_digest=key_digest,
            started_at=now,
            last_seen_at=now,
            identity=identity,
        )
        self._write(request, response, session)

    def check_enabled(self) -> None:
        """Raise Conflict if there is no key to encrypt sessions with."""
        if not self._has_key:
            text = (
                "Sign-in is disabled because RELAY_SECRET_KEYS is not set. Set it to 32 or more random characters, "
                "the same for every process, and restart the relay."
            )
            raise Conflict("no_secret_keys", text)

    def read(self, request: Request) -> Session | None:
        """Return the browser's session, or None if there is none or it has ended. Raises Unavailable."""
        session = self._read_cookie(request)
        if session is None or not self._is_current(session) or is_session_ended(self._redis, session.id):
            return None
        return session

    def renew(self, request: Request, response: Response) -> None:
        """Record that the browser is still active. The cookie is rewritten every few minutes at most."""
        session = self._read_cookie(request)
        now = self._now()
        if session is None or not self._is_current(session):
            return
        # Pages refresh every few seconds; a new cookie with each of them would be wasteful.
        if now - session.last_seen_at > _RENEWAL_INTERVAL:
            self._write(request, response, replace(session, last_seen_at=now))

    def end(self, request: Request, response: Response) -> None:
        """Sign out: delete the cookie, and mark the session as ended so that a copy of the cookie is useless."""
        session = self.read(request)
        if session is not None:
            end_session(self._redis, session.id, keep_seconds=int(self._lifetime.total_seconds()))
        secure = is_secure(request, self.public_url)
        response.delete_cookie(
            self._cookie_name(request), path="/", secure=secure, httponly=True, samesite="Lax"
        )

    def _is_current(self, session: Session) -> bool:
        now = self._now()
        return now - session.started_at < self._lifetime and now - session.last_seen_at < _IDLE_TIMEOUT

    def _read_cookie(self, request: Request) -> Session | None:
        sealed = request.cookies.get(self._cookie_name(request), "")
        if not sealed or len(sealed) > _COOKIE_MAX:
            return None
        try:
            members = json.loads(self._vault.open(sealed, _PURPOSE))
            return Session(
                id=members["id"],
                key_digest=members["key"],
                started_at=_parse_timestamp(members["began"]),
                last_seen_at=_parse_timestamp(members["seen"]),
                identity=members.get("identity", ""),
            )
        except (UnsealError, ValueError, KeyError, TypeError):
            # Also a cookie that another version of the relay wrote in a format this one does not know.
            return None

    def _write(self, request: Request, response: Response, session: Session) -> None:
        members = {
            "id": session.id,
            "key": session.key_digest,
            "identity": session.identity,
            "began": session.started_at.timestamp(),
            "seen": session.last_seen_at.timestamp(),
        }
        remaining = self._lifetime - (self._now() - session.started_at)
        response.set_cookie(
            self._cookie_name(request),
            self._vault.seal(json.dumps(members), _PURPOSE),
            max_age=int(remaining.total_seconds()),
            path="/",
            secure=is_secure(request, self.public_url),
            httponly=True,
            samesite="Lax",
        )

    def _cookie_name(self, request: Request) -> str:
        # With the prefix, other hosts of the same domain cannot set the cookie. Browsers accept it over HTTPS only.
        return "__Host-relay_session" if is_secure(request, self.public_url) else "relay_session"


def is_secure(request: Request, public_url: str | None) -> bool:
    """True if the browser uses HTTPS, directly or to a proxy in front of the relay."""
    if request.is_secure or request.environ.get("HTTP_X_FORWARDED_PROTO", "").lower() == "https":
        return True
    host = urlsplit(f"//{request.host}").hostname
    return urlsplit(public_url or "").scheme == "https" and host not in _LOCAL_HOSTS


def _parse_timestamp(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
