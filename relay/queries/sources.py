"""Sources for display: routing, verification, the use of each key, rules, traffic and the last receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeAlias

from relay.core.config import Config
from relay.core.errors import NotFound
from relay.core.gong.validate import Association
from relay.core.secret import reveal
from relay.core.source import Source, key_id
from relay.core.timestamps import format_timestamp
from relay.core.verification.key import VerifyingKey
from relay.core.verification.verify import UNVERIFIED
from relay.core.webhook import Webhook
from relay.queries.event import render_receipt
from relay.queries.explain import Viewer
from relay.queries.source_usage import read_usage
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

UNVERIFIED_WARNING = "NOT VERIFIED: anyone can post"


def sources_page(stores: Stores, config: Config, *, now: datetime) -> dict[str, Any]:
    """Return `{sources: […]}`, sorted by name, without secrets. `last_used_at` of a key that was never used is null."""
    return {"sources": source_rows(stores, config, sorted(config.sources), now=now)}


def source_rows(
    stores: Stores, config: Config, names: Sequence[str], *, now: datetime
) -> list[dict[str, Any]]:
    uses_by_store = [read_key_uses(store.redis, names) for store in stores]
    uses = {name: _merge_uses([store_uses[name] for store_uses in uses_by_store]) for name in names}
    traffic = read_traffic(stores, names, now=now)
    usage = read_usage(stores, [config.sources[name] for name in names])
    return [
        _render_source(config, config.sources[name], uses[name])
        | {"usage": {"stores": usage[name]}}
        | traffic[name]
        for name in names
    ]


def _merge_uses(uses_by_store: Sequence[KeyUses]) -> KeyUses:
    """Return when each key was last used, in any store."""
    keys = {key for uses in uses_by_store for key in uses}
    return {key: max(uses[key] for uses in uses_by_store if key in uses) for key in keys}


def _render_source(config: Config, source: Source, uses: KeyUses) -> dict[str, Any]:
    webhook, routing = config.webhooks.get(source.name), config.routes.get(source.name)
    return {
        "source": source.name,
        "destination": source.destination,
        "accounts": dict(routing.accounts) if routing else None,
        "send_as": source.send_as,
        "last_used_at": format_timestamp(max(uses.values())) if uses else None,
        "keys": [_render_key(key_id(digest), uses) for digest in sorted(reveal(source.key_digests))],
        "limits": asdict(source.limits),
        "webhook": _render_webhook(source, webhook, uses) if webhook else None,
    }


def _render_key(name: str, uses: KeyUses) -> dict[str, Any]:
    return {"id": name, "last_used_at": _format(uses.get(name))}


def _render_webhook(source: Source, webhook: Webhook, uses: KeyUses) -> dict[str, Any]:
    row: dict[str, Any] = {"verify": webhook.scheme.name, "verified": webhook.verifies}
    if not webhook.verifies:
        # Without verification there is no key whose use could be shown.
        row |= {"warning": UNVERIFIED_WARNING, "last_used_at": _format(uses.get(UNVERIFIED))}
    return row | {
        "preset": webhook.preset,
        "mapping_version": webhook.mapping.version,
        "keys": [_render_verifying_key(key, uses) for key in reveal(webhook.keys)],
        "rules": [
            {"name": rule.name, "to": rule.to, "priority": source.cap_priority(rule.priority)}
            for rule in webhook.mapping.rules
        ],
    }


def _render_verifying_key(key: VerifyingKey, uses: KeyUses) -> dict[str, Any]:
    dates = {"not_before": _format(key.not_before), "expires_at": _format(key.expires_at)}
    return _render_key(key.id, uses) | dates


def _format(timestamp: datetime | None) -> str | None:
    return format_timestamp(timestamp) if timestamp else None


_SPANS = {"last_hour": SeriesWindow(Resolution.TEN_MINUTES, 6), "last_day": SeriesWindow(Resolution.HOUR, 24)}

_EVENT_COUNTERS = ("accepted", "repeated", "filtered", "aggregated", "dead")
_OTHER_COUNTERS = frozenset({"requests", "erased", *_EVENT_COUNTERS, *Association})


def read_traffic(stores: Stores, names: Sequence[str], *, now: datetime) -> dict[str, dict[str, Any]]:
    """Return `{traffic: {last_hour, last_day}, association, last_rejection}` by source.

    Each span counts accepted `requests`, `rejected` requests by code (and failed signatures by reason), and the `events`
    in them. `association` counts the last day's events by how reliably Gong can attribute them to a person.
    `last_rejection` is the newest rejected request, or null.
    """
    scopes = [source_scope(name) for name in names]
    series = {title: read_all_stores(stores, scopes, span, now) for title, span in _SPANS.items()}
    # A rejected request leads to no destination, so it is recorded only in the main store.
    newest = read_rejected_requests(stores.main.redis, names)
    rows: dict[str, dict[str, Any]] = {}
    for name, scope in zip(names, scopes, strict=True):
        counts = {title: merge_buckets(buckets[scope]).counts for title, buckets in series.items()}
        rows[name] = {
            "traffic": {title: _render_span(span_counts) for title, span_counts in counts.items()},
            "association": {level.value: counts["last_day"].get(level, 0) for level in Association},
            "last_rejection": _render_rejection(newest[name]) if name in newest else None,
        }
    return rows


def _render_span(counts: Mapping[str, int]) -> dict[str, Any]:
    events = {name: counts.get(name, 0) for name in _EVENT_COUNTERS}
    # Every other counter is named for the code of a rejection.
    rejected = {name: counts[name] for name in sorted(counts) if name not in _OTHER_COUNTERS}
    return {"requests": counts.get("requests", 0), "events": events, "rejected": rejected}


def _render_rejection(rejection: RejectedRequest) -> dict[str, Any]:
    return {"at": format_timestamp(rejection.at), "code": rejection.code, "reason": rejection.reason or None}


def source_page(viewer: Viewer, name: str) -> dict[str, Any]:
    """Return the row of a source with its `mapping` and its `last` receipt. Raises NotFound.

    `mapping` is null without a webhook. `last` is the receipt of the newest event, as far as this viewer may see it,
    with the id of that event; null without events.
    """
    config = viewer.config
    if config is None or name not in config.sources:
        raise NotFound("no_such_source", f"The configuration has no source {name!r}.")
    [row] = source_rows(viewer.stores, config, [name], now=viewer.now)
    webhook = config.webhooks.get(name)
    return row | {
        "mapping": dict(webhook.mapping.spec) if webhook else None,
        "last": _read_last_receipt(viewer, name, webhook),
    }


def _read_last_receipt(viewer: Viewer, name: str, webhook: Webhook | None) -> dict[str, Any] | None:
    newest = list_events_in_all_stores(viewer.stores, EventFilter(source=name), limit=1, cursor=None).events
    match = find_event(viewer.stores, newest[0]["id"]) if newest else None
    if match is None:
        return None
    store, record = match
    receipt = read_receipt(store.redis, record["receipt"].decode())
    if receipt is None:
        return None
    # An event that arrived in canonical form has no headers, and the webhook's format does not apply to it.
    webhook = webhook if "headers" in receipt else None
    rendered = viewer.compute(
        len(receipt.get("raw", b"")),
        lambda: render_receipt(record, receipt, visibility=viewer.visibility, webhook=webhook),
    )
    return {"event": newest[0]["id"]} | rendered
