"""The sources as an operator sees them: where each one's events go, how it is proven, which key came last, its rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from relay.core.config import Config
from relay.core.errors import NotFound
from relay.core.gong.validate import Association
from relay.core.source import Source, key_id
from relay.core.timestamps import format_timestamp
from relay.core.verification.key import VerifyingKey
from relay.core.verification.verify import UNVERIFIED
from relay.core.webhook import Webhook
from relay.queries.event import render_receipt
from relay.queries.explain import Viewer
from relay.queries.time_series import merge_buckets, read_all_stores
from relay.store.all_stores import find_event, list_events_in_all_stores
from relay.store.events import EventFilter, read_receipt
from relay.store.key_usage import read_key_uses
from relay.store.stores import Stores
from relay.store.time_series import (
    RejectedRequest,
    Resolution,
    SeriesWindow,
    read_rejected_requests,
    source_scope,
)

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


_SPANS = {"last_hour": SeriesWindow(Resolution.TEN_MINUTES, 6), "last_day": SeriesWindow(Resolution.HOUR, 24)}

_OF_EVENTS = ("accepted", "repeated", "filtered", "aggregated", "dead")
_OURS = frozenset({"requests", "erased", *_OF_EVENTS, *Association})


def read_traffic(stores: Stores, names: Sequence[str], *, now: datetime) -> dict[str, dict[str, Any]]:
    """Of each source named `{traffic: {last_hour, last_day}, association, last_rejection}`.

    A span tells of requests `taken` and `rejected` (by code, and of signatures by reason), and of the events in them.
    `association` counts the last day's events by how surely Gong can tell whom they are about. `last_rejection` is the
    newest request that was, or null.
    """
    scopes = [source_scope(name) for name in names]
    read = {title: read_all_stores(stores, scopes, span, now) for title, span in _SPANS.items()}
    newest = read_rejected_requests(stores.main.redis, names)
    told: dict[str, dict[str, Any]] = {}
    for name, scope in zip(names, scopes, strict=True):
        counts = {title: merge_buckets(found[scope]).counts for title, found in read.items()}
        told[name] = {
            "traffic": {title: _span(each) for title, each in counts.items()},
            "association": {sure.value: counts["last_day"].get(sure, 0) for sure in Association},
            "last_rejection": _turned_away(newest[name]) if name in newest else None,
        }
    return told


def _span(counts: Mapping[str, int]) -> dict[str, Any]:
    events = {what: counts.get(what, 0) for what in _OF_EVENTS}
    turned = {what: counts[what] for what in sorted(counts) if what not in _OURS}
    return {"requests": counts.get("requests", 0), "events": events, "rejected": turned}


def _turned_away(told: RejectedRequest) -> dict[str, Any]:
    return {"at": format_timestamp(told.at), "code": told.code, "reason": told.reason or None}


def source_page(onlooker: Viewer, name: str) -> dict[str, Any]:
    """As in the list of sources, and `mapping`: null where it takes no webhooks; and `last`: null where nothing came.

    `last` is the receipt of its newest event, as far as this onlooker may see it, with that event's id. Raises NotFound.
    """
    config = onlooker.config
    if config is None or name not in config.sources:
        raise NotFound("no_such_source", f"The configuration has no source {name!r}.")
    [row] = source_rows(onlooker.stores, config, [name], now=onlooker.now)
    hook = config.webhooks.get(name)
    return row | {
        "mapping": dict(hook.mapping.spec) if hook else None,
        "last": _last(onlooker, name, hook),
    }


def _last(onlooker: Viewer, name: str, hook: Webhook | None) -> dict[str, Any] | None:
    newest = list_events_in_all_stores(onlooker.stores, EventFilter(source=name), limit=1, cursor=None).events
    found = find_event(onlooker.stores, newest[0]["id"]) if newest else None
    if found is None:
        return None
    store, record = found
    receipt = read_receipt(store.redis, record["receipt"].decode())
    if receipt is None:
        return None
    reading = hook.body_format if hook and "headers" in receipt else None
    return {"event": newest[0]["id"]} | render_receipt(record, receipt, sight=onlooker.sight, reading=reading)
