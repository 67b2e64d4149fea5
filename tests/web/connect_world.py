"""A relay with an application that customers connect, and browsers before it."""

from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination, OAuthCredentials
from relay.core.oauth import OAuthApp
from relay.settings import Settings
from tests.web.conftest import ADMIN

PUBLIC_URL = "https://relay.example"
SECRET_KEYS = ("a-key-that-seals-with-32-characters-or-more",)
APP = OAuthApp("app-1", "the-client-secret")
LINK = "/v1/destinations/globex/connect"

Headers = dict[str, str]


def config(*, oauth: OAuthApp | None = APP) -> Config:
    acme = Destination("acme", "acme", BasicCredentials("key", "secret"))
    return Config({"acme": acme, "umbra": Destination("umbra", "umbra", OAuthCredentials())}, {}, oauth=oauth)


def settings(public_url: str = PUBLIC_URL) -> Settings:
    return Settings(admin_key=ADMIN, public_url=public_url, secret_keys=SECRET_KEYS)


def browser(redis: Redis, public_url: str = PUBLIC_URL) -> FlaskClient:
    """A browser of its own, cookies and all."""
    client = create_app(settings(public_url), config(), redis).test_client()
    client.environ_base["HTTP_HOST"] = urlsplit(public_url).netloc
    return client


def link(client: FlaskClient, operator: Headers, told: dict | None = None, name: str = "globex") -> str:
    """The path of a fresh link."""
    made = client.post(f"/v1/destinations/{name}/connect", json=told or {}, headers=operator)
    assert made.status_code == 201, made.text
    return made.json["url"].removeprefix(PUBLIC_URL)


def asked(response: TestResponse) -> dict[str, str]:
    """What the browser is sent to Gong with."""
    assert response.status_code == 302, response.text
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}


def begin(client: FlaskClient, operator: Headers) -> str:
    """Open a fresh link; the state that goes to Gong."""
    return asked(get(client, link(client, operator)))["state"]


def get(client: FlaskClient, path: str, **options: object) -> TestResponse:
    return client.get(path, base_url=PUBLIC_URL, **options)


def back(client: FlaskClient, state: str, **told: str) -> TestResponse:
    query = {"state": state, "code": "the-code"} | told
    return get(client, "/connect/gong/callback", query_string=query)
