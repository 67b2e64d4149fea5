"""The companies of this Gong: who may call for them, what they may send, and what they sent."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from relay.sandbox.credentials import Caller, Key, basic, same
from relay.sandbox.limits import Budget, Limits, forget_old_calls
from relay.sandbox.settings import SandboxSettings

DEFAULT: Final = "default"
HOST_SUFFIX: Final = ".api.gong.localhost"
TALLIED: Final = ("calls", "accepted", "duplicates", "rate_limited", "rejected", "exchanges", "refreshes")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)


@dataclass(slots=True)
class Company:
    name: str
    keys: dict[str, Key]
    limits: Limits | None = None
    legacy_enabled: bool | None = None
    workspaces: tuple[str, ...] = ("Main",)
    revoked: bool = False
    budget: Budget = field(default_factory=Budget)
    tally: Counter[str] = field(default_factory=Counter)
    """How often each of `TALLIED` came to pass."""


@dataclass(slots=True)
class Companies:
    """All companies, and the names of those that have a host of their own."""

    by_name: dict[str, Company] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)


def find(companies: Companies, settings: SandboxSettings, *, host: str, prefix: str | None) -> Company | None:
    """The company that a request is for: by path prefix, else by host. One not known yet is created where allowed."""
    name = prefix or _named_by_host(companies, host.partition(":")[0].lower())
    company = companies.by_name.get(name)
    return company or (create(companies, settings, name) if settings.create_companies else None)


def create(companies: Companies, settings: SandboxSettings, name: str) -> Company | None:
    """A company with the default key, or None when it cannot be named so."""
    if _NAME.fullmatch(name) is None:
        return None
    key = Key(Caller(settings.access_key), settings.access_key_secret)
    # Two threads may meet here; both must get the one that stays.
    return companies.by_name.setdefault(name, Company(name, {key.caller.name: key}))


def limits_of(company: Company, settings: SandboxSettings) -> Limits:
    return company.limits or Limits(settings.per_second, settings.burst, settings.per_day, settings.day_reset)


def has_legacy(company: Company, settings: SandboxSettings) -> bool:
    return settings.legacy_enabled if company.legacy_enabled is None else company.legacy_enabled


def key_holder(company: Company, authorization: str | None, now: float) -> Caller | None:
    """Whom an Authorization header proves by an API key, while the key and the company's access last."""
    access_key, secret = basic(authorization)
    key = company.keys.get(access_key)
    if key is None or company.revoked or not same(secret, key.secret):
        return None
    return key.caller if key.expires_at is None or now < key.expires_at else None


def report(company: Company, settings: SandboxSettings, now: float) -> dict[str, int]:
    """What a company sent, for the metrics."""
    forget_old_calls(company.budget, limits_of(company, settings).day_reset, now)
    return {
        **{name: company.tally[name] for name in TALLIED},
        "most_calls_in_one_second": company.budget.most_in_one_second,
        "calls_in_day": company.budget.calls_in_day,
    }


def _named_by_host(companies: Companies, host: str) -> str:
    if host.endswith(HOST_SUFFIX):
        return host.removesuffix(HOST_SUFFIX)
    return companies.hosts.get(host, DEFAULT)
