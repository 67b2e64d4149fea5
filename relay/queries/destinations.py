"""Destinations as an operator sees them: where each one leads, what it may send, its holds, its last probe."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from relay.core.call import Dialect
from relay.core.destination import Destination, OAuthCredentials
from relay.core.errors import NotFound, Unavailable
from relay.core.lifecycle import CAUSES, HoldCause
from relay.core.timestamps import format_timestamp
from relay.queries.queues import destination_row, queues_page
from relay.store.engine.connection import Client, redis_errors_as_unavailable
from relay.store.events import list_destination_names
from relay.store.holds import PastHold, ProbeResult, read_past_holds, read_probe_result
from relay.store.oauth_tokens import find_refreshable_destinations, read_grant
from relay.store.queues import read_company_usage, read_depths
from relay.store.stores import Store, Stores


def destinations_page(stores: Stores, known: Mapping[str, Destination], *, now: datetime) -> dict[str, Any]:
    """`{destinations: […]}`, by name: each one's place, credentials and limits, and how its queue stands.

    `known` are the destinations that there are. Those that are gone, and have had events, are told too.
    """
    rows = queues_page(stores, known, hooks={}, now=now)["destinations"]
    told = [row | _place(known.get(row["destination"])) for row in rows]
    asked = [row["destination"] for row in told if row["auth"] == "oauth"]
    granted = find_refreshable_destinations(stores.main.redis, asked) if asked else set()
    return {"destinations": [row | _connected(row, row["destination"] in granted) for row in told]}


def destination_page(
    stores: Stores, known: Mapping[str, Destination], name: str, *, now: datetime
) -> dict[str, Any]:
    """One destination: all of the above, `last_probe`, `grant` where customers consent, and the `holds` that have ended.

    Raises NotFound for one that is neither configured nor connected and never had an event.
    """
    store, destination = _store(stores, known, name), known.get(name)
    company = destination.company if destination else name
    depth = read_depths(store.redis, [name])[0]
    spent = {told.company: told for told in read_company_usage(store.redis, [company])}
    row = {"store": store.name} | destination_row(depth, destination, spent, now) | _place(destination)
    grant = _grant(store.redis, name) if row["auth"] == "oauth" else None
    return row | {
        **_connected(row, bool(grant and grant["connected"])),
        "grant": grant,
        "last_probe": probe_page(store.redis, name),
        "holds": [_past(hold) for hold in read_past_holds(store.redis, name)],
    }


def _store(stores: Stores, known: Mapping[str, Destination], name: str) -> Store:
    if name in known:
        return stores.get(known[name].store)
    for store in stores:
        if _has_seen(store, name):
            return store
    raise NotFound("no_such_destination", f"There is no destination {name!r}, configured or connected.")


def _has_seen(store: Store, name: str) -> bool:
    try:
        with redis_errors_as_unavailable():
            return name in list_destination_names(store.redis)
    except Unavailable:
        return False


def _place(destination: Destination | None) -> dict[str, Any]:
    """Where it leads and how it is let in. No secret is in it."""
    if destination is None:
        return {"base_url": None, "dialect": None, "auth": None, "account": None} | _names(None)
    return {
        "base_url": destination.base_url,
        "dialect": Dialect(destination.dialect).value,
        "auth": "oauth" if isinstance(destination.credentials, OAuthCredentials) else "api_key",
        "account": destination.account,
    } | _names(destination)


def _names(destination: Destination | None) -> dict[str, Any]:
    return {
        "source_system_name": destination.source_system_name if destination else None,
        "internal_domains": sorted(destination.internal_domains) if destination else [],
    }


def _connected(row: Mapping[str, Any], granted: bool) -> dict[str, bool | None]:  # noqa: FBT001 - a fact, no switch
    """Whether its customer lets it in; null where an API key does."""
    return {"connected": granted if row["auth"] == "oauth" else None}


def _grant(redis: Client, name: str) -> dict[str, Any]:
    """What its customer granted: `connected` false before that, and once it is `lost`."""
    grant = read_grant(redis, name)
    if grant is None:
        return {"connected": False, "lost": None, "expires_at": None}
    return {
        "connected": not grant.lost,
        "lost": grant.lost or None,
        "expires_at": format_timestamp(grant.expires_at),
    }


def _past(hold: PastHold) -> dict[str, Any]:
    return {
        "cause": hold.cause,
        "detail": hold.detail,
        "remedy": CAUSES[HoldCause(hold.cause)].text if hold.cause else "",
        "since": format_timestamp(hold.since),
        "until": format_timestamp(hold.until),
        "seconds": round((hold.until - hold.since).total_seconds(), 1),
    }


PASSED = "passed"

_REMEDIES: Mapping[str, str | None] = {
    PASSED: None,
    "rate_limited": "The company's limits at Gong are spent just now. Probe again when they have room.",
    "failed": "Gong did not answer as Gong does. The credentials may be right: probe again in a minute, and if it "
    "goes on so, look at the worker's way to Gong.",
    "not_configured": "The worker's configuration does not hold this destination. Give web and workers the same "
    "file, and restart the workers.",
}
"""For an outcome that has no cause."""


def probe_page(redis: Client, name: str) -> dict[str, Any] | None:
    """`{at, outcome, status, detail, remedy}` of the last probe within a week; None where there was none."""
    found = read_probe_result(redis, name)
    return found and render_probe(*found)


def render_probe(at: datetime, probed: ProbeResult) -> dict[str, Any]:
    """The same of a probe at hand. `remedy` is null when it passed, `status` when Gong gave no answer."""
    return {
        "at": format_timestamp(at),
        "outcome": probed.outcome,
        "status": probed.status,
        "detail": probed.detail,
        "remedy": CAUSES[probed.cause].text if probed.cause else _REMEDIES.get(probed.outcome),
    }
