"""A relay with an OAuth application, and helpers that act as a customer's browser."""

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
APP = OAuthApp(client_id="app-1", client_secret="the-client-secret")
LINK = "/v1/destinations/globex/connect"

Headers = dict[str, str]


def config(*, oauth: OAuthApp | None = APP) -> Config:
    acme = Destination(name="acme", company="acme", credentials=BasicCredentials("key", "secret"))
    return Config(
        destinations={
            "acme": acme,
            "umbra": Destination(name="umbra", company="umbra", credentials=OAuthCredentials()),
        },
        sources={},
        oauth=oauth,
    )


def settings(public_url: str = PUBLIC_URL) -> Settings:
    return Settings(admin_key=ADMIN, public_url=public_url, secret_keys=SECRET_KEYS)


def browser(redis: Redis, public_url: str = PUBLIC_URL) -> FlaskClient:
    """Return a browser with its own cookies."""
    client = create_app(settings(public_url), config(), redis).test_client()
    client.environ_base["HTTP_HOST"] = urlsplit(public_url).netloc
    return client


def create_link(
    client: FlaskClient, operator: Headers, options: dict | None = None, name: str = "globex"
) -> str:
    """Create a link and return its path."""
    response = client.post(f"/v1/destinations/{name}/connect", json=options or {}, headers=operator)
    assert response.status_code == 201, response.text
    return response.json["url"].removeprefix(PUBLIC_URL)


def authorize_params(response: TestResponse) -> dict[str, str]:
    """Return the query parameters of the redirect to Gong."""
    assert response.status_code == 302, response.text
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}


def start(client: FlaskClient, operator: Headers) -> str:
    """Open a new link, and return the `state` that is sent to Gong."""
    return authorize_params(get(client, create_link(client, operator)))["state"]


def get(client: FlaskClient, path: str, **options: object) -> TestResponse:
    return client.get(path, base_url=PUBLIC_URL, **options)


def call_back(client: FlaskClient, state: str, **params: str) -> TestResponse:
    query = {"state": state, "code": "the-code"} | params
    return get(client, "/connect/gong/callback", query_string=query)
