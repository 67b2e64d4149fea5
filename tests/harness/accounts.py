"""The accounts of a relay under test, and their configuration file."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

ADMIN_KEY = "admin-key-of-the-system-tests"
SECRET_KEY = "the-vault-key-of-the-system-tests-000"
_KEY = {"basic": {"access_key": "sandbox-key", "access_key_secret": "sandbox-secret"}}


@dataclass(frozen=True, slots=True)
class Account:
    """A source and the destination that it sends to, with the same name, and with a company of its own unless one is given.

    With `oauth` the destination has no key, and its customer connects it.
    """

    name: str
    dialect: str = "gong"
    send_as: str = "digital-interaction"
    company: str | None = None
    per_day: int = 10_000
    daily_share: str = "100%"
    per_second: int = 3
    oauth: bool = False
    aggregate: Mapping[str, Any] = field(default_factory=dict)
    store: str = "main"
    base_url: str = ""
    """Empty: the account is a company of the sandbox."""

    @property
    def key(self) -> str:
        """The source's API key."""
        return f"key-of-the-source-{self.name}"

    @property
    def key_digest(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()


def accounts(count: int, prefix: str = "c") -> list[Account]:
    return [Account(f"{prefix}{number}") for number in range(count)]


def configuration(accounts: Iterable[Account], gong_url: str, stores: Mapping[str, str] | None = None) -> str:
    """Return a relay.yaml in which each account's destination is a company of the sandbox at `gong_url`.

    `stores` are the URLs of the further stores.
    """
    destinations: dict[str, Mapping[str, Any]] = {}
    sources: dict[str, Mapping[str, Any]] = {}
    for account in accounts:
        destinations[account.name] = {
            "auth": {"oauth": {}} if account.oauth else _KEY,
            "base_url": account.base_url or f"{gong_url}/c/{account.company or account.name}",
            "company": account.company or account.name,
            "dialect": account.dialect,
            "limits": {
                "per_second": account.per_second,
                "per_day": account.per_day,
                "daily_share": account.daily_share,
            },
            "source_system_name": "System tests",
            "store": account.store,
        }
        sources[account.name] = {
            "destination": account.name,
            "keys": [f"sha256:{account.key_digest}"],
            "send_as": account.send_as,
            "aggregate": dict(account.aggregate),
        }
    config = {"oauth": _application(gong_url), "destinations": destinations, "sources": sources}
    return yaml.safe_dump(config | {"stores": {name: {"url": url} for name, url in (stores or {}).items()}})


def merge_config(text: str, additions: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a relay.yaml with additional entries in its sections."""
    config = yaml.safe_load(text)
    return yaml.safe_dump(
        config | {name: config.get(name, {}) | dict(entries) for name, entries in additions.items()}
    )


def _application(gong_url: str) -> Mapping[str, str]:
    """The OAuth application of the sandbox."""
    return {
        "client_id": "sandbox-client",
        "client_secret": "sandbox-client-secret",
        "authorize_url": f"{gong_url}/oauth2/authorize",
        "token_url": f"{gong_url}/oauth2/generate-customer-token",
    }
