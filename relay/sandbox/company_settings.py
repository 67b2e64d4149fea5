"""What may be given to one company of its own: limits, keys, a host, workspaces, the engagement API."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, Final

from relay.sandbox.companies import Company
from relay.sandbox.credentials import Caller, Key
from relay.sandbox.limits import Limits
from relay.sandbox.settings import SandboxSettings
from relay.sandbox.state import Sandbox

LIMITS: Final = frozenset({"per_second", "burst", "per_day", "day_reset"})
NAMES: Final = LIMITS | {"legacy_enabled", "workspaces", "host", "keys"}
_KEY_NAMES: Final = frozenset({"access_key", "access_key_secret", "scopes", "trusted_ips", "ttl_seconds"})


def changed(sandbox: Sandbox, company: Company, given: Mapping[str, Any]) -> dict[str, Any]:
    """Change what is given and leave the rest. ValueError says what is wrong, and nothing is changed."""
    limits = _limits(company, sandbox.settings, {name: given[name] for name in given if name in LIMITS})
    keys = [_key(item, sandbox.clock.now()) for item in given["keys"]] if "keys" in given else None
    with sandbox.lock:
        company.limits = limits
        company.legacy_enabled = given.get("legacy_enabled", company.legacy_enabled)
        company.workspaces = tuple(given.get("workspaces", company.workspaces))
        if keys is not None:
            company.keys = {key.caller.name: key for key in keys}
        if "host" in given:
            sandbox.companies.hosts[str(given["host"]).lower()] = company.name
    return {"company": company.name}


def _limits(company: Company, settings: SandboxSettings, given: Mapping[str, Any]) -> Limits | None:
    if not given:
        return company.limits
    if company.limits is not None:
        own = company.limits
        given = {name: getattr(own, name) for name in LIMITS} | dict(given)
    read = settings.changed(given)
    return Limits(read.per_second, read.burst, read.per_day, read.day_reset)


def _key(given: object, now: float) -> Key:
    if not isinstance(given, dict) or not {"access_key", "access_key_secret"} <= set(given) <= _KEY_NAMES:
        raise ValueError(
            f"keys: write objects with {', '.join(sorted(_KEY_NAMES))}; the access key and secret are needed"
        )
    scopes, ttl_seconds = given.get("scopes"), given.get("ttl_seconds")
    caller = Caller(
        str(given["access_key"]),
        scopes=None if scopes is None else frozenset(scopes),
        trusted_ips=tuple(ip_network(address) for address in given.get("trusted_ips") or ()),
    )
    expires_at = None if ttl_seconds is None else now + float(ttl_seconds)
    return Key(caller, str(given["access_key_secret"]), expires_at)
