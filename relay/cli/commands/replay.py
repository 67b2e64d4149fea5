"""The command that sends again: `replay`, one event by its id or all that a filter finds."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from relay.actions.remap import replay as replay_again
from relay.actions.remap import replaying_in
from relay.actions.replay_job import foresee_everywhere
from relay.cli.audit import audited
from relay.cli.commands.pause_resume_discard import act_on, tell_results
from relay.cli.context import PROBLEM, Desk, at_desk, now, print_json, terminal
from relay.cli.tables.replays import foreseen_view, replay_view
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.lifecycle import DeadLetterReason
from relay.core.redaction import PayloadVisibility
from relay.core.replay import REPLAYABLE, Replay, parse_replay_request
from relay.queries.replays import dry_run_page, has_ended, replay_page
from relay.store.all_stores import find_store
from relay.store.replays_all_stores import cancel_replay_in_all_stores, start_replay_in_all_stores

_EVERY_SECONDS = 0.5
_FILTERS = ("since", "until", "source", "destination", "status", "reason", "cluster", "ids")


@click.command(epilog="Example: gong-relay replay --cluster 3f9ac01d77be --remap --dry-run")
@click.argument("event_ids", metavar="[ID…]", nargs=-1)
@click.option("--cluster", help="Those that share this fault, as `gong-relay dead` names it.")
@click.option("--since", help="Those that came at this moment or later: 2026-11-20T10:00:00Z.")
@click.option("--until", help="Those that came before this moment.")
@click.option("--source", help="Those of this source.")
@click.option("--destination", help="Those for this destination.")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in DeadLetterReason]),
    help="Those that are dead for this reason.",
)
@click.option(
    "--status",
    type=click.Choice([state.value for state in REPLAYABLE]),
    help="Those in this state. Else dead.",
)
@click.option("--id", "ids", multiple=True, help="This one; may be given often.")
@click.option(
    "--remap/--as-it-was", default=None, help="Map all anew, or none. Else only what was never mapped."
)
@click.option("--limit", type=click.IntRange(min=1), help="The most to send.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and change nothing.")
@click.option("--wait/--no-wait", default=True, help="Show how far it is until it is done.")
@click.option("--cancel", metavar="REPLAY", help="End the replay of this id.")
@at_desk
def replay(desk: Desk, event_ids: Sequence[str], *, as_json: bool, cancel: str | None, **told: Any) -> None:
    """Send dead letters again: the events of these IDs, or all that the options find.

    With options it is a job that workers do, behind everything that arrives meanwhile, and that may be interrupted:
    Ctrl-C leaves it running. Ends with 1 when one could not be sent again.
    """
    filters = {name: told[name] for name in _FILTERS if told[name]}
    if sum(map(bool, (event_ids, filters, cancel))) != 1:
        raise click.UsageError(
            "Give IDs, or options that choose events, or --cancel. All dead letters: --status dead."
        )
    if cancel:
        cancel_replay_in_all_stores(desk.stores, cancel)
        page = replay_page(desk.stores, cancel, now=now())
        audited(desk, "replay.cancel", cancel, count=page["replayed"])
        _show(page, as_json=as_json)
    elif event_ids:
        results = [act_on(one, "queued", lambda one: _again(desk, one)) for one in event_ids]
        tell_results(results, as_json=as_json)
    else:
        _replay_all(
            desk, _asked(filters, told), as_json=as_json, **{name: told[name] for name in ("dry_run", "wait")}
        )


def _again(desk: Desk, event_id: str) -> None:
    store = find_store(desk.stores, event_id)
    replay_again(replaying_in(store, lambda: desk.intake, now), event_id)
    audited(desk, "event.replay", event_id, count=1)


def _foreseen(desk: Desk, asked: Replay) -> dict[str, Any]:
    told = foresee_everywhere(desk.stores, asked, lambda: desk.intake, now)
    return dry_run_page(told, PayloadVisibility.REDACTED)


def _asked(filters: dict[str, Any], told: dict[str, Any]) -> Replay:
    chosen = filters | ({"ids": list(filters["ids"])} if "ids" in filters else {})
    return parse_replay_request({"filter": chosen, "remap": told["remap"], "limit": told["limit"]}).replay


def _replay_all(desk: Desk, asked: Replay, *, as_json: bool, dry_run: bool, wait: bool) -> None:
    if dry_run:
        found = _foreseen(desk, asked)
        if as_json:
            print_json({"dry_run": True} | found)
        else:
            terminal().print(foreseen_view(found))
        return
    [replay_id] = generate_ids(now(), os.urandom(ENTROPY_BYTES), 1)
    console = Console(stderr=True)
    total = _foreseen(desk, asked)["matched"] if wait and console.is_terminal else None
    start_replay_in_all_stores(desk.stores, replay_id, asked)
    audited(desk, "replay.start", replay_id, chosen=asked.filter.chosen())
    page = (
        _watched(desk, replay_id, console, total) if wait else replay_page(desk.stores, replay_id, now=now())
    )
    _show(page, as_json=as_json)
    if page["failed"]:
        sys.exit(PROBLEM)


def _watched(desk: Desk, replay_id: str, console: Console, total: int | None) -> dict[str, Any]:
    """Its page once it has ended, or was left alone by Ctrl-C."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("replaying", total=total)
        try:
            while not has_ended(page := replay_page(desk.stores, replay_id, now=now())):
                words = f"waits for {page['waits_for']}" if page["waits_for"] else "replaying"
                progress.update(task, completed=page["replayed"], description=words)
                time.sleep(_EVERY_SECONDS)
        except KeyboardInterrupt:
            page = replay_page(desk.stores, replay_id, now=now())
    return page


def _show(page: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(page)
        return
    terminal().print(replay_view(page))
    if not has_ended(page):
        click.echo(f"It goes on without you. End it: gong-relay replay --cancel {page['id']}")
