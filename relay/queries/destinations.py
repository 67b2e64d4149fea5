"""Destinations for display: address, credentials, limits, queue, holds and the last probe."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from relay.core.call import Dialect
from relay.core.config import Config
from relay.core.destination import Destination, OAuthCredentials
from relay.core.errors import NotFound, Unavailable
from relay.core.lifecycle import CAUSES, HoldCause
from relay.core.timestamps import format_timestamp
from relay.queries.queues import destination_row, queues_page, shift_to_store_time
from relay.store.clocks import read_store_clock
from relay.store.engine.connection import Client, redis_errors_as_unavailable
from relay.store.events import list_destination_names
from relay.store.holds import PastHold, ProbeResult, read_past_holds, read_probe_result
from relay.store.oauth_tokens import find_refreshable_destinations, read_grant
from relay.store.queues import read_company_usage, read_depths
from relay.store.stores import Store, Stores

PASSED = "passed"

_REMEDIES: Mapping[str, str | None] = {
    PASSED: None,
    "rate_limited": "Gong's limits for the company are used up. Probe again when calls are available.",
    "failed": "No valid response from Gong. The credentials may still be correct: probe again in a minute. If it fails "
    "again, check the network between the worker and Gong.",
    "not_configured": "The worker's configuration does not have this destination. Give the web server and the workers the same "
    "file, then restart the workers.",
}
"""Remedies for outcomes without a hold cause."""


def destinations_page(
    stores: Stores, destinations: Mapping[str, Destination], *, now: datetime
) -> dict[str, Any]:
    """Return `{destinations: […]}`, sorted by name.

    `destinations` are all configured and connected destinations, by name. Removed ones that had events are listed too.
    """
    rows = queues_page(stores, destinations, config=Config(destinations={}, sources={}), now=now)[
        "destinations"
    ]
    rows = [row | _render_access(destinations.get(row["destination"])) for row in rows]
    oauth_names = [row["destination"] for row in rows if row["auth"] == "oauth"]
    connected = find_refreshable_destinations(stores.main.redis, oauth_names) if oauth_names else set()
    return {
        "destinations": [
            row | _render_connection(row, connected=row["destination"] in connected) for row in rows
        ]
    }


def destination_page(
    stores: Stores, destinations: Mapping[str, Destination], name: str, *, now: datetime
) -> dict[str, Any]:
    """Return the row of a destination with its `last_probe`, its OAuth `grant` and its past `holds`.

    Raises NotFound for a destination that is neither configured nor connected and never had an event.
    """
    store, destination = _find_store(stores, destinations, name), destinations.get(name)
    company = destination.company if destination else name
    depth = read_depths(store.redis, [name])[0]
    usage = {item.company: item for item in read_company_usage(store.redis, [company])}
    store_now = shift_to_store_time(read_store_clock(store.redis), now)
    row = (
        {"store": store.name}
        | destination_row(depth, destination, usage, store_now)
        | _render_access(destination)
    )
    grant = _read_grant(store.redis, name) if row["auth"] == "oauth" else None
    return row | {
        **_render_connection(row, connected=bool(grant and grant["connected"])),
        "grant": grant,
        "last_probe": probe_page(store.redis, name),
        "holds": [_render_past_hold(hold) for hold in read_past_holds(store.redis, name)],
    }


def _find_store(stores: Stores, destinations: Mapping[str, Destination], name: str) -> Store:
    if name in destinations:
        return stores.get(destinations[name].store)
    for store in stores:
        if _has_events(store, name):
            return store
    raise NotFound("no_such_destination", f"No destination {name!r} is configured or connected.")


def _has_events(store: Store, name: str) -> bool:
    try:
        with redis_errors_as_unavailable():
            return name in list_destination_names(store.redis)
    except Unavailable:
        return False


def _render_access(destination: Destination | None) -> dict[str, Any]:
    """Return the address and the kind of credentials, without secrets."""
    if destination is None:
        return {"base_url": None, "dialect": None, "auth": None, "account": None} | _render_names(None)
    return {
        "base_url": destination.base_url,
        "dialect": Dialect(destination.dialect).value,
        "auth": "oauth" if isinstance(destination.credentials, OAuthCredentials) else "api_key",
        "account": destination.account,
    } | _render_names(destination)


def _render_names(destination: Destination | None) -> dict[str, Any]:
    return {
        "source_system_name": destination.source_system_name if destination else None,
        "internal_domains": sorted(destination.internal_domains) if destination else [],
    }


def _render_connection(row: Mapping[str, Any], *, connected: bool) -> dict[str, bool | None]:
    """Return whether a customer has connected the destination; null if it uses an API key."""
    return {"connected": connected if row["auth"] == "oauth" else None}


def _read_grant(redis: Client, name: str) -> dict[str, Any]:
    """Return the customer's grant. `lost` is why it no longer works, or null."""
    grant = read_grant(redis, name)
    if grant is None:
        return {"connected": False, "lost": None, "expires_at": None}
    return {
        "connected": not grant.lost,
        "lost": grant.lost or None,
        "expires_at": format_timestamp(grant.expires_at),
    }


def _render_past_hold(hold: PastHold) -> dict[str, Any]:
    return {
        "cause": hold.cause,
        "detail": hold.detail,
        "remedy": CAUSES[HoldCause(hold.cause)].text if hold.cause else "",
        "since": format_timestamp(hold.since),
        "until": format_timestamp(hold.until),
        "seconds": round((hold.until - hold.since).total_seconds(), 1),
    }


def probe_page(redis: Client, name: str) -> dict[str, Any] | None:
    """Return the last probe of a destination; None if there was none in the last week."""
    probe = read_probe_result(redis, name)
    return probe and render_probe(*probe)


def render_probe(at: datetime, result: ProbeResult) -> dict[str, Any]:
    """Return `{at, outcome, status, detail, remedy}`. `remedy` is null if it passed, `status` without a response."""
    return {
        "at": format_timestamp(at),
        "outcome": result.outcome,
        "status": result.status,
        "detail": result.detail,
        "remedy": CAUSES[result.cause].text if result.cause else _REMEDIES.get(result.outcome),
    }
