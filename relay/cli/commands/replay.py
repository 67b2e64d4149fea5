"""The command `replay`: send events again, by their ids or by a filter."""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from relay.actions.events import replay_event
from relay.actions.replays import cancel_replay, preview_replay, start_replay
from relay.cli.commands.results import act_on_each, print_results
from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json, stdout_console
from relay.cli.tables.replays import replay_preview_view, replay_view
from relay.core.lifecycle import DeadLetterReason
from relay.core.replay import REPLAYABLE, Replay, parse_replay_request
from relay.core.roles import COMMAND_LINE
from relay.queries.replays import has_ended, replay_page

_POLL_SECONDS = 0.5
_FILTERS = ("since", "until", "source", "destination", "status", "reason", "cluster", "ids")


@click.command(epilog="Example: gong-relay replay --cluster 3f9ac01d77be --remap --dry-run")
@click.argument("event_ids", metavar="[ID…]", nargs=-1)
@click.option("--cluster", help="Dead letters of this cluster, as `gong-relay dead` lists it.")
@click.option("--since", help="Events received at this time or later: 2026-11-20T10:00:00Z.")
@click.option("--until", help="Events received before this time.")
@click.option("--source", help="Events of this source.")
@click.option("--destination", help="Events for this destination.")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in DeadLetterReason]),
    help="Dead letters with this reason.",
)
@click.option(
    "--status",
    type=click.Choice([state.value for state in REPLAYABLE]),
    help="Events in this state (default: dead).",
)
@click.option("--id", "ids", multiple=True, help="This event. Repeatable.")
@click.option(
    "--remap/--no-remap",
    default=None,
    help="Map every event again, or none (default: only events that have no call).",
)
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of events to send.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and change nothing.")
@click.option("--wait/--no-wait", default=True, help="Show progress until the replay has ended.")
@click.option("--cancel", metavar="REPLAY", help="Cancel the replay with this id.")
@operator_command
def replay(
    ctx: CliContext, event_ids: Sequence[str], *, as_json: bool, cancel: str | None, **options: Any
) -> None:
    """Send events again: the events with these IDs, or all that match the options.

    With options, a background job sends the events after all newly received ones. Ctrl-C does not stop the job.

    Exit status: 0 on success, 1 if an event could not be sent again, 2 usage error, 3 store unavailable.
    """
    # IDs are replayed at once and reported one by one. A filter starts a background job.
    filters = {name: options[name] for name in _FILTERS if options[name]}
    if sum(map(bool, (event_ids, filters, cancel))) != 1:
        raise click.UsageError(
            "Give event IDs, or filter options, or --cancel. To replay all dead letters: --status dead."
        )
    if cancel:
        _print_replay(cancel_replay(ctx, COMMAND_LINE, cancel), as_json=as_json)
    elif event_ids:
        results = act_on_each(event_ids, "queued", lambda event_id: replay_event(ctx, COMMAND_LINE, event_id))
        print_results(results, as_json=as_json, success="queued", failure="not queued")
    elif options["dry_run"]:
        _print_preview(preview_replay(ctx, COMMAND_LINE, _read_replay(filters, options)), as_json=as_json)
    else:
        _run_replay(ctx, _read_replay(filters, options), as_json=as_json, wait=options["wait"])


def _read_replay(filters: Mapping[str, Any], options: Mapping[str, Any]) -> Replay:
    filter_params = dict(filters)
    if "ids" in filters:
        filter_params["ids"] = list(filters["ids"])
    request = {"filter": filter_params, "remap": options["remap"], "limit": options["limit"]}
    return parse_replay_request(request).replay


def _run_replay(ctx: CliContext, replay: Replay, *, as_json: bool, wait: bool) -> None:
    console = Console(stderr=True)
    # The progress bar needs the total, which takes a scan of the events: skip it if no bar is drawn.
    total = preview_replay(ctx, COMMAND_LINE, replay)["matched"] if wait and console.is_terminal else None
    page = start_replay(ctx, COMMAND_LINE, replay)
    if wait:
        page = _wait_for_end(ctx, page["id"], console, total)
    _print_replay(page, as_json=as_json)
    if page["failed"]:
        sys.exit(EXIT_PROBLEM)


def _wait_for_end(ctx: CliContext, replay_id: str, console: Console, total: int | None) -> dict[str, Any]:
    """Return the replay's page when it has ended, or when Ctrl-C ends the waiting."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("replaying", total=total)
        try:
            while not has_ended(page := replay_page(ctx.stores, replay_id, now=ctx.now())):
                description = f"waiting for {page['waiting_for']}" if page["waiting_for"] else "replaying"
                progress.update(task, completed=page["replayed"], description=description)
                time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            page = replay_page(ctx.stores, replay_id, now=ctx.now())
    return page


def _print_preview(page: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(page)
    else:
        stdout_console().print(replay_preview_view(page))


def _print_replay(page: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(page)
        return
    stdout_console().print(replay_view(page))
    if not has_ended(page):
        click.echo(
            f"The replay continues in the background. Cancel it with: gong-relay replay --cancel {page['id']}"
        )
