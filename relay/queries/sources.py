"""The sources as an operator sees them: where each one's events go, how it is proven, which key came last, its rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from relay.core.config import Config
from relay.core.source import Source, key_id
from relay.core.timestamps import format_timestamp
from relay.core.verification.key import VerifyingKey
from relay.core.verification.verify import UNVERIFIED
from relay.core.webhook import Webhook
from relay.queries.source_traffic import read_traffic
from relay.store.key_usage import read_key_uses
from relay.store.stores import Stores

KeyUses: TypeAlias = Mapping[str, datetime]

UNVERIFIED_WARNING = "NOT VERIFIED: anybody may post"


def sources_page(stores: Stores, config: Config, *, now: datetime) -> dict[str, Any]:
    """`{sources: […]}`, by name. Moments of keys that never came are null; no secret is in it."""
    return {"sources": source_rows(stores, config, sorted(config.sources), now=now)}


def source_rows(
    stores: Stores, config: Config, names: Sequence[str], *, now: datetime
) -> list[dict[str, Any]]:
    """The sources of these names."""
    told = [read_key_uses(store.redis, names) for store in stores]
    uses = {name: _latest([each[name] for each in told]) for name in names}
    sent = read_traffic(stores, names, now=now)
    return [_source(config, config.sources[name], uses[name]) | sent[name] for name in names]


def _latest(told: Sequence[KeyUses]) -> KeyUses:
    """When each key was last used, wherever that was."""
    known = {key for uses in told for key in uses}
    return {key: max(uses[key] for uses in told if key in uses) for key in known}


def _source(config: Config, source: Source, uses: KeyUses) -> dict[str, Any]:
    hook, routing = config.webhooks.get(source.name), config.routes.get(source.name)
    return {
        "source": source.name,
        "destination": source.destination,
        "accounts": dict(routing.accounts) if routing else None,
        "send_as": source.send_as,
        "last_used_at": format_timestamp(max(uses.values())) if uses else None,
        "keys": [_key(key_id(digest), uses) for digest in sorted(source.key_digests)],
        "webhook": _webhook(hook, uses) if hook else None,
    }


def _key(name: str, uses: KeyUses) -> dict[str, Any]:
    return {"id": name, "last_used_at": _moment(uses.get(name))}


def _webhook(hook: Webhook, uses: KeyUses) -> dict[str, Any]:
    told: dict[str, Any] = {"verify": hook.scheme.name, "verified": hook.verifies}
    if not hook.verifies:
        told |= {"warning": UNVERIFIED_WARNING, "last_used_at": _moment(uses.get(UNVERIFIED))}
    return told | {
        "preset": hook.preset,
        "mapping_version": hook.mapping.version,
        "keys": [_verifying_key(key, uses) for key in hook.keys],
        "rules": [
            {"name": rule.name, "to": rule.to, "priority": rule.priority} for rule in hook.mapping.rules
        ],
    }


def _verifying_key(key: VerifyingKey, uses: KeyUses) -> dict[str, Any]:
    dates = {"not_before": _moment(key.not_before), "expires_at": _moment(key.expires_at)}
    return _key(key.id, uses) | dates


def _moment(moment: datetime | None) -> str | None:
    return format_timestamp(moment) if moment else None
