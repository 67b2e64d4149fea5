"""The commands that look: `status`, `events`."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from relay.cli.context import PROBLEM, Desk, at_desk, now, print_json, terminal
from relay.cli.tables.events import events_view
from relay.cli.tables.queues import flows, status_view
from relay.core.errors import Unavailable
from relay.core.lifecycle import DeadLetterReason, State
from relay.queries.events import events_page
from relay.queries.filters import read_filter
from relay.queries.queues import queues_page

_EVERY_SECONDS = 1.0

_limit = click.option(
    "--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="The most to list."
)
_cursor = click.option("--cursor", help="Continue after a page: the cursor that it ended with.")


@click.command(epilog="Example: gong-relay status --watch")
@click.option("--watch", is_flag=True, help="Look again every second until Ctrl-C.")
@at_desk
def status(desk: Desk, *, watch: bool, as_json: bool) -> None:
    """Show what waits where, and what is in its way.

    Ends with 1 when something is in its way: a hold, no worker alive, or a spent budget.
    """
    if watch and as_json:
        raise click.UsageError("--watch is for people, --json for programs: choose one.")
    if watch:
        _watch(desk, terminal())
        return
    page = _queues(desk)
    _show(page, status_view(page, now=now(), width=terminal().width), as_json=as_json)
    if not flows(page):
        sys.exit(PROBLEM)


def _queues(desk: Desk) -> dict[str, Any]:
    return queues_page(desk.stores, desk.directory.all(), hooks=desk.config.hooks, now=now())


def _watch(desk: Desk, console: Console) -> None:
    if not console.is_terminal:
        raise click.UsageError("--watch needs a terminal to draw on.")
    try:
        with Live(console=console, auto_refresh=False) as live:
            for frame in _frames(desk, console):
                live.update(frame, refresh=True)
    except KeyboardInterrupt:
        return


def _frames(desk: Desk, console: Console) -> Iterator[RenderableType]:
    """What there is to see, every second. A store that is away is waited for: watching is how one sees it return."""
    while True:
        try:
            page = _queues(desk)
            yield status_view(page, now=now(), width=console.width)
        except Unavailable as error:
            yield Text(f"{error.detail} Looking again every second.", style="yellow")
        time.sleep(_EVERY_SECONDS)


@click.command(epilog="Example: gong-relay events --destination acme --status retrying")
@click.option("--destination", help="Only this destination's.")
@click.option("--source", help="Only this source's.")
@click.option(
    "--status", type=click.Choice([state.value for state in State]), help="Only those in this state."
)
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in DeadLetterReason]),
    help="Only dead letters for this reason.",
)
@click.option("--cluster", help="Only dead letters of this fault, as `dead` shows it.")
@click.option("--since", help="Only those that came at this moment or later: 2026-11-20T10:00:00Z, or -2h.")
@click.option("--until", help="Only those that came before it.")
@click.option("--email", help="Only those that tell of the person with this address.")
@click.option("--phone", help="Only those that tell of the person with this number.")
@click.option("--event-id", help="The one with this eventId in Gong.")
@click.option("--request-id", help="The one that Gong answered with this requestId.")
@_limit
@_cursor
@at_desk
def events(desk: Desk, *, limit: int, cursor: str | None, as_json: bool, **filters: str | None) -> None:
    """List events, newest first."""
    told = {name: value for name, value in filters.items() if value is not None}
    page = events_page(desk.stores, read_filter(told, now=now()), limit=limit, cursor=cursor)
    _show(page, events_view(page, now=now(), width=terminal().width), as_json=as_json)


def _show(page: dict[str, Any], view: RenderableType, *, as_json: bool) -> None:
    if as_json:
        print_json(page)
    else:
        terminal().print(view)
