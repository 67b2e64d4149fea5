"""Who is asking: the key of a request, and what it may do."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Request

from relay.core.config import Config
from relay.core.errors import Forbidden, Unauthorized
from relay.core.source import Source, key_id


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it was: one source's (`ingest`), or the operator's (`admin`). `key_id` may be shown and logged."""

    role: str
    key_id: str
    source: Source | None = None


class Keys:
    """Every key the relay knows, by the SHA-256 of its text: a look-up's time tells nothing of the key."""

    def __init__(self, config: Config, admin_key: str | None) -> None:
        self._sources = {
            digest: source for source in config.sources.values() for digest in source.key_digests
        }
        self._admin = hashlib.sha256(admin_key.encode()).hexdigest() if admin_key else None

    def caller(self, request: Request) -> Caller:
        """Who sent this request. Unauthorized, in one wording for every reason, when nobody known did."""
        for key in filter(None, _presented(request.environ)):
            digest = hashlib.sha256(key).hexdigest()
            source = self._sources.get(digest)
            if source is not None:
                return Caller("ingest", key_id(digest), source)
            if self._admin is not None and hmac.compare_digest(digest, self._admin):
                return Caller("admin", "admin")
        text = "Send a key the relay knows, as `Authorization: Bearer KEY`, `X-API-Key: KEY` or a Basic password."
        raise Unauthorized("unauthorized", text)

    def source(self, request: Request) -> tuple[Caller, Source]:
        """The source whose key this request carries."""
        caller = self.caller(request)
        if caller.source is None:
            raise Forbidden("wrong_role", "Events are sent with a source's key, not with the operator's.")
        return caller, caller.source

    def operator(self, request: Request) -> Caller:
        """The operator. A source's key does not do."""
        caller = self.caller(request)
        if caller.role != "admin":
            raise Forbidden("wrong_role", "A source's key may not do this: it needs RELAY_ADMIN_KEY.")
        return caller


def _presented(environ: Mapping[str, str]) -> Sequence[bytes]:
    """What may be the key, as bytes, from whichever header holds it."""
    direct = environ.get("HTTP_X_API_KEY")
    if direct:
        return (direct.strip().encode("utf-8", "surrogateescape"),)
    scheme, _, rest = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return (rest.strip().encode("utf-8", "surrogateescape"),)
    if scheme.lower() == "basic":
        return _basic(rest.strip())
    return ()


def _basic(text: str) -> Sequence[bytes]:
    """The password, or else the user name: clients of Gong send an access key beside its secret, and either may be ours."""
    try:
        user, _, password = base64.b64decode(text, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return ()
    return password, user
