"""The accounts of a relay under test, and the configuration file that names them."""

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
    """One source with the destination it sends to, both of this name. Its company is its own, unless another is named.

    With `oauth` the destination has no key: its customer connects it. `store` holds all of its company.
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

    @property
    def key(self) -> str:
        """The source's API key."""
        return f"key-of-the-source-{self.name}"

    @property
    def key_digest(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()


def accounts(count: int, prefix: str = "c") -> list[Account]:
    return [Account(f"{prefix}{number}") for number in range(count)]


def configuration(known: Iterable[Account], gong_url: str, stores: Mapping[str, str] | None = None) -> str:
    """A relay.yaml in which every account's Gong is a company of the sandbox at `gong_url`.

    `stores` are the URLs of those beside the main one.
    """
    destinations: dict[str, Mapping[str, Any]] = {}
    sources: dict[str, Mapping[str, Any]] = {}
    for account in known:
        destinations[account.name] = {
            "auth": {"oauth": {}} if account.oauth else _KEY,
            "base_url": f"{gong_url}/c/{account.company or account.name}",
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
    told = {"oauth": _application(gong_url), "destinations": destinations, "sources": sources}
    return yaml.safe_dump(told | {"stores": {name: {"url": url} for name, url in (stores or {}).items()}})


def with_more(written: str, more: Mapping[str, Mapping[str, Any]]) -> str:
    """A relay.yaml with further entries in its sections."""
    told = yaml.safe_load(written)
    return yaml.safe_dump(told | {name: told.get(name, {}) | dict(entries) for name, entries in more.items()})


def _application(gong_url: str) -> Mapping[str, str]:
    """The sandbox's own, by which accounts with `oauth` are connected."""
    return {
        "client_id": "sandbox-client",
        "client_secret": "sandbox-client-secret",
        "authorize_url": f"{gong_url}/oauth2/authorize",
        "token_url": f"{gong_url}/oauth2/generate-customer-token",
    }
