"""Sessions of browsers that have signed in: sealed into a cookie, ended by time, by signing out, or with the key."""

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
_LONGEST = 4096
_RANDOM_BYTES = 16
_IDLE = timedelta(hours=1)
_RENEWED_AFTER = timedelta(minutes=5)
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's: which key it signed in with (by its digest), when, and when it was last seen.

    Who signed in by an account of a provider has no key: the digest is the provider's, and `identity` who it is.
    """

    id: str = field(repr=False)
    key_digest: str = field(repr=False)
    started_at: datetime
    last_seen_at: datetime
    identity: str = ""


class SessionManager:
    """Reads and writes the cookie. The store remembers those that were signed out until they would have ended."""

    def __init__(self, settings: Settings, redis: Client, now: Callable[[], datetime]) -> None:
        self.public_url = settings.public_url
        self._sealable = bool(settings.secret_keys)
        self._vault = Vault(settings.secret_keys)
        self._lasts = timedelta(hours=settings.session_hours)
        self._redis = redis
        self._now = now

    def begin(self, request: Request, response: Response, key_digest: str, identity: str = "") -> None:
        """A new session in this browser, whatever it had before. Conflict where nothing could seal it."""
        self.check_enabled()
        now, fresh = self._now(), secrets.token_urlsafe(_RANDOM_BYTES)
        self._write(request, response, Session(fresh, key_digest, now, now, identity))

    def check_enabled(self) -> None:
        """Conflict where there is no key to seal sessions with."""
        if not self._sealable:
            text = (
                "Nobody can sign in before RELAY_SECRET_KEYS is set: it seals sessions. Set it to 32 or more random "
                "characters, the same for every process, and start the relay again."
            )
            raise Conflict("no_secret_keys", text)

    def read(self, request: Request) -> Session | None:
        """The session of this browser; None when there is none, or it has ended. Raises Unavailable."""
        sealed = request.cookies.get(self._name(request), "")
        session = self._opened(sealed) if sealed and len(sealed) <= _LONGEST else None
        if session is None or not self._is_current(session) or is_session_ended(self._redis, session.id):
            return None
        return session

    def renew(self, request: Request, response: Response) -> None:
        """Note that the browser is still there, when that was not noted lately."""
        sealed = request.cookies.get(self._name(request), "")
        session = self._opened(sealed) if sealed and len(sealed) <= _LONGEST else None
        now = self._now()
        if session is not None and self._is_current(session) and now - session.last_seen_at > _RENEWED_AFTER:
            self._write(request, response, replace(session, last_seen_at=now))

    def end(self, request: Request, response: Response) -> None:
        """Sign out: the cookie goes, and a copy of it is of no use."""
        session = self.read(request)
        if session is not None:
            end_session(self._redis, session.id, keep_seconds=int(self._lasts.total_seconds()))
        secure = is_secure(request, self.public_url)
        response.delete_cookie(self._name(request), path="/", secure=secure, httponly=True, samesite="Lax")

    def _is_current(self, session: Session) -> bool:
        now = self._now()
        return now - session.started_at < self._lasts and now - session.last_seen_at < _IDLE

    def _opened(self, sealed: str) -> Session | None:
        """None also for what another version of the relay has sealed and this one cannot read."""
        try:
            told = json.loads(self._vault.open(sealed, _PURPOSE))
            moments = _moment(told["began"]), _moment(told["seen"])
            return Session(told["id"], told["key"], *moments, told.get("identity", ""))
        except (UnsealError, ValueError, KeyError, TypeError):
            return None

    def _write(self, request: Request, response: Response, session: Session) -> None:
        told = {
            "id": session.id,
            "key": session.key_digest,
            "identity": session.identity,
            "began": session.started_at.timestamp(),
            "seen": session.last_seen_at.timestamp(),
        }
        left = self._lasts - (self._now() - session.started_at)
        response.set_cookie(
            self._name(request),
            self._vault.seal(json.dumps(told), _PURPOSE),
            max_age=int(left.total_seconds()),
            path="/",
            secure=is_secure(request, self.public_url),
            httponly=True,
            samesite="Lax",
        )

    def _name(self, request: Request) -> str:
        """`__Host-` keeps other hosts below one domain from planting a session; browsers allow it over https only."""
        return "__Host-relay_session" if is_secure(request, self.public_url) else "relay_session"


def is_secure(request: Request, public_url: str | None) -> bool:
    """Whether the browser came over https. A proxy that ends TLS says so, or the public address does."""
    if request.is_secure or request.environ.get("HTTP_X_FORWARDED_PROTO", "").lower() == "https":
        return True
    public = urlsplit(public_url or "")
    here = urlsplit(f"//{request.host}").hostname
    return public.scheme == "https" and here not in _HERE


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
