"""Settings of a single company: limits, API keys, a host, workspaces and the engagement API."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, Final

from relay.sandbox.companies import Company
from relay.sandbox.credentials import Caller, Key
from relay.sandbox.limits import Limits
from relay.sandbox.settings import SandboxSettings
from relay.sandbox.state import Sandbox

LIMIT_KEYS: Final = frozenset({"per_second", "burst", "per_day", "day_reset"})
COMPANY_KEYS: Final = LIMIT_KEYS | {"engagement_api", "workspaces", "host", "keys"}
_KEY_FIELDS: Final = frozenset({"access_key", "access_key_secret", "scopes", "trusted_ips", "ttl_seconds"})
_REQUIRED_KEY_FIELDS: Final = frozenset({"access_key", "access_key_secret"})


def change_company(sandbox: Sandbox, company: Company, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Apply the changes and keep every other setting. If one is invalid, raises ValueError and changes nothing."""
    # Parse everything before the first assignment, so that an error leaves the company as it was.
    limits = _merge_limits(company, sandbox.settings, changes)
    now = sandbox.clock.now()
    keys = [_parse_key(fields, now) for fields in changes["keys"]] if "keys" in changes else None
    with sandbox.lock:
        company.limits = limits
        company.engagement_api = changes.get("engagement_api", company.engagement_api)
        company.workspaces = tuple(changes.get("workspaces", company.workspaces))
        if keys is not None:
            company.keys = {key.caller.name: key for key in keys}
        if "host" in changes:
            sandbox.companies.hosts[str(changes["host"]).lower()] = company.name
    return {"company": company.name}


def _merge_limits(company: Company, settings: SandboxSettings, changes: Mapping[str, Any]) -> Limits | None:
    values = {name: changes[name] for name in changes if name in LIMIT_KEYS}
    if not values:
        return company.limits
    if company.limits is not None:
        values = {name: getattr(company.limits, name) for name in LIMIT_KEYS} | values
    # The settings' own parsers check the values.
    merged = settings.with_changes(values)
    return Limits(
        per_second=merged.per_second, burst=merged.burst, per_day=merged.per_day, day_reset=merged.day_reset
    )


def _parse_key(fields: object, now: float) -> Key:
    if not isinstance(fields, dict) or not _REQUIRED_KEY_FIELDS <= set(fields) <= _KEY_FIELDS:
        raise ValueError(
            "keys: each key must be an object with access_key and access_key_secret, "
            "and optionally scopes, trusted_ips and ttl_seconds"
        )
    scopes, ttl_seconds = fields.get("scopes"), fields.get("ttl_seconds")
    caller = Caller(
        str(fields["access_key"]),
        scopes=None if scopes is None else frozenset(scopes),
        trusted_ips=tuple(ip_network(address) for address in fields.get("trusted_ips") or ()),
    )
    expires_at = None if ttl_seconds is None else now + float(ttl_seconds)
    return Key(caller, str(fields["access_key_secret"]), expires_at)
