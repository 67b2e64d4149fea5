"""What may be done to a destination: pause it, resume it, try its credentials, have its customer connect it."""

from typing import Any

from relay.actions.oauth_invitations import application, invite, read_invitation
from relay.core.destination import Destination
from relay.core.errors import NotFound
from relay.core.lifecycle import HoldCause
from relay.core.roles import Principal, Role
from relay.core.timestamps import format_timestamp
from relay.queries.probes import probe_page
from relay.store.operator_actions import Hold, ask_probe, hold_destination, resume_destination
from relay.store.stores import Store
from relay.web.actions.audit import audited
from relay.web.context import WebContext


def pause(known: WebContext, caller: Principal, name: str) -> dict[str, Any]:
    """Hold a destination until it is resumed. `changed` is false where it was on hold already."""
    caller.require(Role.OPERATOR)
    destination = _destination(known, name)
    fresh = hold_destination(
        _store(known, destination).scripts, destination, Hold(HoldCause.PAUSED, "", None)
    )
    audited(known, caller, "destination.pause", name)
    return {"destination": name, "on_hold": True, "changed": fresh}


def resume(known: WebContext, caller: Principal, name: str) -> dict[str, Any]:
    """End a hold. `events` is how many went back to their queue."""
    caller.require(Role.OPERATOR)
    was_held, moved = resume_destination(_store(known, _destination(known, name)).scripts, name)
    audited(known, caller, "destination.resume", name, count=moved)
    return {"destination": name, "on_hold": False, "changed": was_held, "events": moved}


def probe(known: WebContext, caller: Principal, name: str) -> dict[str, Any]:
    """Have a worker try its credentials. `last` is what came of the probe before this one."""
    caller.require(Role.OPERATOR)
    destination = _destination(known, name)
    redis = _store(known, destination).redis
    last = probe_page(redis, name)
    ask_probe(redis, destination)
    audited(known, caller, "destination.probe", name)
    return {"destination": name, "asked": True, "last": last}


def make_link(known: WebContext, caller: Principal, name: str, told: Any) -> dict[str, Any]:
    """A link for the customer's technical administrator: `url`, good once, until `expires_at`."""
    caller.require(Role.ADMIN)
    application(known.config)
    invitation = read_invitation(name, told)
    public_url = known.settings.public_url or ""  # an application without one is refused at start
    link = invite(known.config, known.redis, invitation, public_url=public_url, now=known.now())
    audited(known, caller, "destination.connect", name)
    return {"destination": name, "url": link.url, "expires_at": format_timestamp(link.expires_at)}


def _destination(known: WebContext, name: str) -> Destination:
    found = known.directory.find(name)
    if found is None:
        raise NotFound("no_such_destination", f"There is no destination {name!r}, configured or connected.")
    return found


def _store(known: WebContext, destination: Destination) -> Store:
    return known.stores.of(destination.store)
