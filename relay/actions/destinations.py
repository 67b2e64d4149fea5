"""Operator actions on destinations: pause, resume, probe, and connect a customer's Gong."""

from typing import Any

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.actions.oauth_invitations import create_link, parse_invitation, require_oauth_app
from relay.core.destination import Destination
from relay.core.errors import NotFound
from relay.core.lifecycle import HoldCause
from relay.core.roles import Principal, Role
from relay.core.timestamps import format_timestamp
from relay.queries.destinations import probe_page
from relay.settings import did_you_mean
from relay.store import holds
from relay.store.oauth_consents import Invitation
from relay.store.stores import Store

_MOST_LISTED = 20
"""A longer list of names would hide the message."""


def pause_destination(ctx: Context, principal: Principal, name: str) -> dict[str, Any]:
    """Put a destination on hold until an operator resumes it. `changed` is false if it was already on hold."""
    principal.require(Role.OPERATOR)
    destination = find_destination(ctx, name)
    request = holds.HoldRequest(HoldCause.PAUSED, "", None)
    changed = holds.hold_destination(_store_of(ctx, destination).scripts, destination, request)
    record(ctx, principal, Action("destination.pause", name))
    return {"destination": name, "on_hold": True, "changed": changed}


def resume_destination(ctx: Context, principal: Principal, name: str) -> dict[str, Any]:
    """End a destination's hold. `events` is the number of events that went back to the queue."""
    principal.require(Role.OPERATOR)
    destination = find_destination(ctx, name)
    was_on_hold, events = holds.resume_destination(_store_of(ctx, destination).scripts, name)
    record(ctx, principal, Action("destination.resume", name, events))
    return {"destination": name, "on_hold": False, "changed": was_on_hold, "events": events}


def probe_destination(ctx: Context, principal: Principal, name: str) -> dict[str, Any]:
    """Queue a probe, in which a worker tests the destination's credentials. `previous` is the result of the last probe."""
    principal.require(Role.OPERATOR)
    destination = find_destination(ctx, name)
    redis = _store_of(ctx, destination).redis
    # Read first: a worker can finish the new probe at any time after it is queued.
    previous = probe_page(redis, name)
    holds.request_probe(redis, destination)
    record(ctx, principal, Action("destination.probe", name))
    return {"destination": name, "queued": True, "previous": previous}


def create_connect_link(ctx: Context, principal: Principal, name: str, options: Any) -> dict[str, Any]:
    """Create the link with which a customer's technical administrator connects their Gong, once, until `expires_at`.

    `options` is the body of the request: `{account, company, source_system_name, internal_domains}`, all optional.
    Raises ValidationFailed, and Conflict if the configuration has no OAuth application or the name is taken.
    """
    principal.require(Role.ADMIN)
    require_oauth_app(ctx.config)
    invitation = parse_invitation(name, options)
    # The configuration check rejects an OAuth application without a public URL.
    public_url = ctx.settings.public_url or ""
    link = create_link(ctx.config, ctx.stores.main.redis, invitation, public_url=public_url, now=ctx.now())
    record(ctx, principal, Action("destination.connect", name))
    return {"destination": name, "url": link.url, "expires_at": format_timestamp(link.expires_at)}


def connect_destination(ctx: Context, principal: Principal, name: str) -> Invitation:
    """Let an admin connect a destination in their own browser, without a link. Raises ValidationFailed."""
    principal.require(Role.ADMIN)
    record(ctx, principal, Action("destination.connect", name))
    return parse_invitation(name, {})


def find_destination(ctx: Context, name: str) -> Destination:
    """Return the destination of this name, configured or connected. Raises NotFound."""
    destination = ctx.destinations.find(name)
    if destination is None:
        names = sorted(ctx.destinations.all())
        hint = did_you_mean(name, names) or "."
        listed = f" The destinations are: {', '.join(names)}." if len(names) <= _MOST_LISTED else ""
        raise NotFound("no_such_destination", f"There is no destination {name!r}{hint}{listed}")
    return destination


def _store_of(ctx: Context, destination: Destination) -> Store:
    return ctx.stores.get(destination.store)
