"""The command `status`: the state of every destination's queue, of the workers and of the stores."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json, stdout_console
from relay.cli.tables.queues import flows, status_view
from relay.core.errors import Unavailable
from relay.queries.queues import queues_page

_EVERY_SECONDS = 1.0


@click.command(epilog="Example: gong-relay status --watch")
@click.option("--watch", is_flag=True, help="Look again every second until Ctrl-C.")
@operator_command
def status(ctx: CliContext, *, watch: bool, as_json: bool) -> None:
    """Show what waits where, and what is in its way.

    Ends with 1 when something is in its way: a hold, no worker alive, or a spent budget.
    """
    if watch and as_json:
        raise click.UsageError("--watch is for people, --json for programs: choose one.")
    if watch:
        _watch(ctx, stdout_console())
        return
    page = _queues(ctx)
    _show(page, status_view(page, now=ctx.now(), width=stdout_console().width), as_json=as_json)
    if not flows(page):
        sys.exit(EXIT_PROBLEM)


def _queues(ctx: CliContext) -> dict[str, Any]:
    return queues_page(ctx.stores, ctx.destinations.all(), hooks=ctx.config.hooks, now=ctx.now())


def _watch(ctx: CliContext, console: Console) -> None:
    if not console.is_terminal:
        raise click.UsageError("--watch needs a terminal to draw on.")
    try:
        with Live(console=console, auto_refresh=False) as live:
            for frame in _frames(ctx, console):
                live.update(frame, refresh=True)
    except KeyboardInterrupt:
        return


def _frames(ctx: CliContext, console: Console) -> Iterator[RenderableType]:
    """What there is to see, every second. A store that is away is waited for: watching is how one sees it return."""
    while True:
        try:
            page = _queues(ctx)
            yield status_view(page, now=ctx.now(), width=console.width)
        except Unavailable as error:
            yield Text(f"{error.detail} Looking again every second.", style="yellow")
        time.sleep(_EVERY_SECONDS)


def _show(page: dict[str, Any], view: RenderableType, *, as_json: bool) -> None:
    if as_json:
        print_json(page)
    else:
        stdout_console().print(view)
