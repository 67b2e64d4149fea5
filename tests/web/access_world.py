"""A relay with sources and operators of each role, and helpers to sign in."""

import hashlib
import re

from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination
from relay.core.roles import Operator, Role
from relay.core.source import Source
from relay.settings import Settings
from tests.web.conftest import ADMIN

SEAL = "a-key-that-seals-sessions-of-tests"
KEYS = {
    "own": "the-key-of-the-source-web",
    "other": "the-key-of-the-source-shop",
    "viewer": "the-key-of-vera-the-viewer",
    "operator": "the-key-of-olga-the-operator",
    "admin": ADMIN,
}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
_COOKIE = re.compile(r"((?:__Host-)?relay_session)=([^;]*)")


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def config(*, operators: tuple[str, ...] = ("viewer", "operator")) -> Config:
    destination = Destination(name="acme", company="acme", credentials=BasicCredentials("key", "secret"))
    sources = {
        name: Source(name=name, destination="acme", key_digests=frozenset({digest(KEYS[key])}))
        for name, key in (("web", "own"), ("shop", "other"))
    }
    people = {name: Operator(name, Role(name), frozenset({digest(KEYS[name])})) for name in operators}
    return Config(destinations={"acme": destination}, sources=sources, operators=people)


def relay(redis: Redis, *, settings: Settings | None = None, configured: Config | None = None) -> FlaskClient:
    settings = settings or Settings(admin_key=ADMIN, secret_keys=(SEAL,))
    return create_app(settings, configured or config(), redis).test_client()


def sign_in(client: FlaskClient, who: str, **fields: str) -> str:
    """Sign a browser in, and return the value of its session cookie."""
    response = client.post("/ops/sign-in", data={"key": KEYS[who]} | fields, headers=SAME_ORIGIN)
    assert response.status_code == 303, response.text
    return cookie(response.headers["Set-Cookie"])[1]


def cookie(header: str) -> tuple[str, str]:
    """Return name and value of the session cookie in a Set-Cookie header."""
    match = _COOKIE.match(header)
    assert match, header
    return match[1], match[2]
