"""A relay whose customers connect by OAuth, and the customers: a browser that says yes at the sandbox's consent page."""

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
from tests.flows.delivering import answering
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


def application(gong: str, **changed: Any) -> OAuthApp:
    """The sandbox's own application."""
    told = {
        "authorize_url": f"{gong}/oauth2/authorize",
        "token_url": f"{gong}/oauth2/generate-customer-token",
    }
    return OAuthApp(CLIENT, changed.pop("client_secret", SECRET), **told | changed)


@dataclass
class World:
    """One relay. `workers` of it share the store and nothing else."""

    redis: Redis
    gong: str
    app: OAuthApp
    public_url: str = "http://127.0.0.1:8080"

    @property
    def config(self) -> Config:
        return Config({}, {}, oauth=self.app)

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

    def chore(self) -> OAuthTask:
        return create_oauth_task(self.settings, self.tokens(), self.directory(), now)

    def accesses(self) -> CredentialStore:
        return CredentialStore(self.tokens(), now)

    def access(self, accesses: CredentialStore | None = None, name: str = "globex") -> Credentials:
        """What a worker's calls prove themselves with: a new worker's, or that of `accesses`."""
        destination = self.directory().find(name)
        assert destination is not None
        access = (accesses or self.accesses()).get(destination)
        assert isinstance(access, Credentials), access
        return access

    def link(self, invitation: Invitation) -> str:
        return create_link(self.config, self.redis, invitation, public_url=self.public_url, now=now()).url

    def connect(self, name: str, *, company: str = "acme", **told: Any) -> requests.Response:
        """The whole way, as the customer's administrator goes it; the page that stands at its end."""
        with (
            answering(create_app(self.settings, self.config, self.redis)) as web,
            requests.Session() as browser,
        ):

            def follow(address: str) -> str:
                here = address.replace(self.public_url, web)
                told = browser.get(here, allow_redirects=False, timeout=10)
                assert told.is_redirect, told.text
                return told.headers["Location"]

            at_gong = follow(self.link(Invitation(name, **told)))
            done = follow(follow(f"{at_gong}&approve=auto&company={company}"))
            self.chore().step()
            return browser.get(done.replace(self.public_url, web), timeout=10)

    def refreshes(self, company: str = "acme") -> int:
        told = requests.get(f"{self.gong}/__sandbox/metrics", timeout=10).json()
        return int(told["companies"][company]["refreshes"])

    def calls(self, company: str = "acme") -> list[int]:
        """The status of every call of the API that this company had, oldest first."""
        told = requests.get(f"{self.gong}/__sandbox/log", params={"company": company}, timeout=10).json()
        return [row["status"] for row in reversed(told["log"]) if not row["route"].startswith("oauth")]

    def arm(self, **fault: Any) -> None:
        assert requests.post(f"{self.gong}/__sandbox/faults", json=fault, timeout=10).ok

    def call(self, access: Credentials, event_id: str = "hub:1") -> int:
        """One call with this access, as a worker makes it; its status."""
        headers = {"Authorization": access.authorization}
        url = f"{access.base_url}/v2/digital-interaction"
        body = INTERACTION | {"eventId": event_id}
        return requests.post(url, json=body, headers=headers, timeout=10).status_code


def now() -> datetime:
    return datetime.now(UTC)
