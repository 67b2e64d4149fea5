"""A relay whose customers connect by OAuth, and a browser that approves the consent on the sandbox's page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from redis import Redis

from relay.actions.oauth_invitations import create_link
from relay.app import create_app
from relay.core.config import Config
from relay.core.oauth import OAuthApp
from relay.settings import Settings
from relay.store.destinations import DestinationDirectory
from relay.store.oauth_consents import Invitation
from tests.flows.delivering import serve_app
from workers.credentials import CredentialStore
from workers.gong_client import Credentials
from workers.oauth_client import TokenService, create_token_service
from workers.oauth_job import OAuthTask, create_oauth_task

SECRET_KEYS = ("a-key-that-seals-with-32-characters-or-more",)
CLIENT, SECRET = "sandbox-client", "sandbox-client-secret"
INTERACTION = {
    "eventId": "hub:1",
    "timestamp": "2026-01-31T10:00:00Z",
    "eventType": "page viewed",
    "content": {"contentTitle": "Pricing"},
    "person": {"email": "jane@acme.com"},
}


def application(gong: str, **overrides: Any) -> OAuthApp:
    """The sandbox's own OAuth application."""
    urls = {
        "authorize_url": f"{gong}/oauth2/authorize",
        "token_url": f"{gong}/oauth2/generate-customer-token",
    }
    return OAuthApp(
        client_id=CLIENT, client_secret=overrides.pop("client_secret", SECRET), **urls | overrides
    )


@dataclass
class World:
    """One relay. Its workers share the store and nothing else."""

    redis: Redis
    gong: str
    app: OAuthApp
    public_url: str = "http://127.0.0.1:8080"

    @property
    def config(self) -> Config:
        return Config(destinations={}, sources={}, oauth=self.app)

    @property
    def settings(self) -> Settings:
        hosts = frozenset({urlsplit(self.gong).netloc})
        return Settings(public_url=self.public_url, secret_keys=SECRET_KEYS, allow_gong_hosts=hosts)

    def tokens(self) -> TokenService:
        tokens = create_token_service(self.settings, self.app, self.redis)
        assert tokens is not None
        return tokens

    def directory(self) -> DestinationDirectory:
        return DestinationDirectory({}, self.redis, iter(range(10**9)).__next__)

    def oauth_task(self) -> OAuthTask:
        return create_oauth_task(self.settings, self.tokens(), self.directory(), now)

    def credential_store(self) -> CredentialStore:
        return CredentialStore(self.tokens(), now)

    def credentials(self, store: CredentialStore | None = None, name: str = "globex") -> Credentials:
        """The credentials of a worker's calls: a new worker's, or those of `store`."""
        destination = self.directory().find(name)
        assert destination is not None
        credentials = (store or self.credential_store()).get(destination)
        assert isinstance(credentials, Credentials), credentials
        return credentials

    def link(self, invitation: Invitation) -> str:
        return create_link(self.config, self.redis, invitation, public_url=self.public_url, now=now()).url

    def connect(self, name: str, *, company: str = "acme", **options: Any) -> requests.Response:
        """Go through the consent as the customer's administrator. Returns the final page."""
        with (
            serve_app(create_app(self.settings, self.config, self.redis)) as web,
            requests.Session() as browser,
        ):

            def follow(address: str) -> str:
                url = address.replace(self.public_url, web)
                response = browser.get(url, allow_redirects=False, timeout=10)
                assert response.is_redirect, response.text
                return response.headers["Location"]

            at_gong = follow(self.link(Invitation(destination=name, **options)))
            done = follow(follow(f"{at_gong}&approve=auto&company={company}"))
            self.oauth_task().step()
            return browser.get(done.replace(self.public_url, web), timeout=10)

    def refreshes(self, company: str = "acme") -> int:
        metrics = requests.get(f"{self.gong}/__sandbox/metrics", timeout=10).json()
        return int(metrics["companies"][company]["refreshes"])

    def calls(self, company: str = "acme") -> list[int]:
        """The status of every API call for this company, oldest first."""
        page = requests.get(f"{self.gong}/__sandbox/log", params={"company": company}, timeout=10).json()
        return [row["status"] for row in reversed(page["log"]) if not row["route"].startswith("oauth")]

    def arm(self, **fault: Any) -> None:
        assert requests.post(f"{self.gong}/__sandbox/faults", json=fault, timeout=10).ok

    def call(self, credentials: Credentials, event_id: str = "hub:1") -> int:
        """Make one call as a worker would. Returns its status."""
        headers = {"Authorization": credentials.authorization}
        url = f"{credentials.base_url}/v2/digital-interaction"
        body = INTERACTION | {"eventId": event_id}
        return requests.post(url, json=body, headers=headers, timeout=10).status_code


def now() -> datetime:
    return datetime.now(UTC)
