"""The companies of this Gong: their API keys, limits and traffic."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from relay.sandbox.credentials import Caller, Key, parse_basic_credentials, secrets_match
from relay.sandbox.limits import Budget, Limits, drop_old_calls
from relay.sandbox.settings import SandboxSettings

DEFAULT_COMPANY: Final = "default"
HOST_SUFFIX: Final = ".api.gong.localhost"
COUNTERS: Final = ("calls", "accepted", "duplicates", "rate_limited", "rejected", "exchanges", "refreshes")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)


@dataclass(slots=True, kw_only=True)
class Company:
    """One company. A limit or option that is None follows the sandbox's settings."""

    name: str
    keys: dict[str, Key]
    limits: Limits | None = None
    engagement_api: bool | None = None
    workspaces: tuple[str, ...] = ("Main",)
    revoked: bool = False
    budget: Budget = field(default_factory=Budget)
    counters: Counter[str] = field(default_factory=Counter)
    """Totals since the last reset, by the names in `COUNTERS`."""


@dataclass(slots=True)
class Companies:
    """All companies by name, and the host names that some of them have."""

    by_name: dict[str, Company] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)


def find_company(
    companies: Companies, settings: SandboxSettings, *, host: str, prefix: str | None
) -> Company | None:
    """Return the company of a request, by its path prefix or else by its host.

    An unknown company is created if the settings allow that; otherwise the result is None.
    """
    name = prefix or _name_from_host(companies, host.partition(":")[0].lower())
    company = companies.by_name.get(name)
    return company or (create_company(companies, settings, name) if settings.create_companies else None)


def create_company(companies: Companies, settings: SandboxSettings, name: str) -> Company | None:
    """Create a company with the default API key. Returns None if the name is not valid."""
    if _NAME.fullmatch(name) is None:
        return None
    key = Key(Caller(settings.access_key), settings.access_key_secret)
    # Two threads may create the same company at once; both must get the one that is stored.
    return companies.by_name.setdefault(name, Company(name=name, keys={key.caller.name: key}))


def effective_limits(company: Company, settings: SandboxSettings) -> Limits:
    return company.limits or Limits(
        per_second=settings.per_second,
        burst=settings.burst,
        per_day=settings.per_day,
        day_reset=settings.day_reset,
    )


def has_engagement_api(company: Company, settings: SandboxSettings) -> bool:
    return settings.engagement_api if company.engagement_api is None else company.engagement_api


def authenticate_key(company: Company, authorization: str | None, now: float) -> Caller | None:
    """Return the caller of a Basic header, or None if its key is wrong, expired or revoked."""
    # An unknown header yields an empty access key, which no company has.
    access_key, secret = parse_basic_credentials(authorization)
    key = company.keys.get(access_key)
    if key is None or company.revoked or not secrets_match(secret, key.secret):
        return None
    return key.caller if key.expires_at is None or now < key.expires_at else None


def company_metrics(company: Company, settings: SandboxSettings, now: float) -> dict[str, int]:
    """Return a company's counters for the metrics endpoint."""
    drop_old_calls(company.budget, effective_limits(company, settings).day_reset, now)
    return {
        **{name: company.counters[name] for name in COUNTERS},
        "peak_calls_per_second": company.budget.peak_calls_per_second,
        "calls_in_day": company.budget.calls_in_day,
    }


def _name_from_host(companies: Companies, host: str) -> str:
    if host.endswith(HOST_SUFFIX):
        return host.removesuffix(HOST_SUFFIX)
    return companies.hosts.get(host, DEFAULT_COMPANY)
