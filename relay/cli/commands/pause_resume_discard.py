"""The commands that act: `discard`, `pause`, `resume`."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from relay.cli.audit import audited
from relay.cli.context import PROBLEM, Desk, at_desk, print_json
from relay.cli.formatting import counted, plain
from relay.core.errors import Conflict, NotFound, ValidationFailed
from relay.core.lifecycle import HoldCause
from relay.store.all_stores import find_store
from relay.store.operator_actions import HoldRequest, discard_event, hold_destination, resume_destination

_ids = click.argument("event_ids", metavar="ID…", nargs=-1, required=True)
_destination = click.argument("name", metavar="DESTINATION")


@click.command(epilog="Example: gong-relay discard 01K9XHZ3T5M7Q2V8B4N6C0D1EF")
@_ids
@at_desk
def discard(desk: Desk, event_ids: Sequence[str], *, as_json: bool) -> None:
    """Give events up: they are not sent, unless replayed.

    Ends with 1 when one of them could not be.
    """
    keep = desk.retention.discarded

    def give_up(one: str) -> None:
        discard_event(find_store(desk.stores, one).scripts, one, keep_seconds=keep)
        audited(desk, "event.discard", one, count=1)

    results = [act_on(one, "discarded", give_up) for one in event_ids]
    tell_results(results, as_json=as_json)


def act_on(event_id: str, status: str, act: Callable[[str], None]) -> dict[str, Any]:
    """What became of one event. One that cannot be acted on does not keep the others from it."""
    try:
        act(event_id)
    except (NotFound, Conflict, ValidationFailed) as error:
        return {"id": event_id, "done": False, "code": error.code, "detail": error.detail}
    return {"id": event_id, "done": True, "status": status}


def tell_results(results: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """What became of each. Ends with 1 when one could not be acted on."""
    if as_json:
        print_json({"results": results})
    else:
        for result in results:
            click.echo(
                f"{plain(result['id'])}  {result['status']}" if result["done"] else plain(result["detail"])
            )
    if not all(result["done"] for result in results):
        sys.exit(PROBLEM)


@click.command(epilog="Example: gong-relay pause acme")
@_destination
@at_desk
def pause(desk: Desk, name: str, *, as_json: bool) -> None:
    """Hold a destination until it is resumed. Its events wait; none is lost."""
    destination = desk.destination(name)
    scripts = desk.stores.of(destination.store).scripts
    fresh = hold_destination(scripts, destination, HoldRequest(HoldCause.PAUSED, "", None))
    audited(desk, "destination.pause", name)
    if as_json:
        print_json({"destination": name, "on_hold": True, "changed": fresh})
        return
    was = "is on hold" if fresh else "was on hold already and stays so"
    click.echo(f"{name} {was}: its events wait until `gong-relay resume {name}`.")


@click.command(epilog="Example: gong-relay resume acme")
@_destination
@at_desk
def resume(desk: Desk, name: str, *, as_json: bool) -> None:
    """End a destination's hold, whatever its cause. Its events are sent in their order."""
    scripts = desk.stores.of(desk.destination(name).store).scripts
    was_held, moved = resume_destination(scripts, name)
    audited(desk, "destination.resume", name, count=moved)
    if as_json:
        print_json({"destination": name, "on_hold": False, "changed": was_held, "events": moved})
        return
    was = "is no longer on hold" if was_held else "was not on hold"
    click.echo(f"{name} {was}; {counted(moved, 'event')} went back to the queue.")
