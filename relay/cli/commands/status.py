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
from relay.cli.tables.queues import is_healthy, status_view
from relay.core.errors import Unavailable
from relay.queries.queues import queues_page

_REFRESH_SECONDS = 1.0


@click.command(epilog="Example: gong-relay status --watch")
@click.option("--watch", is_flag=True, help="Refresh every second until Ctrl-C.")
@operator_command
def status(ctx: CliContext, *, watch: bool, as_json: bool) -> None:
    """Show the queue of every destination, and what blocks it.

    Exit status: 0 if nothing blocks events, 1 on a hold, a spent budget, a missing worker, or Gong or a store being
    down, 2 usage error, 3 store unavailable.
    """
    if watch and as_json:
        raise click.UsageError("--watch and --json cannot be combined.")
    if watch:
        _watch(ctx, stdout_console())
        return
    page = _queues_page(ctx)
    if as_json:
        print_json(page)
    else:
        console = stdout_console()
        console.print(status_view(page, now=ctx.now(), width=console.width))
    if not is_healthy(page):
        sys.exit(EXIT_PROBLEM)


def _queues_page(ctx: CliContext) -> dict[str, Any]:
    return queues_page(ctx.stores, ctx.destinations.all(), config=ctx.config, now=ctx.now())


def _watch(ctx: CliContext, console: Console) -> None:
    if not console.is_terminal:
        raise click.UsageError("--watch needs a terminal.")
    try:
        with Live(console=console, auto_refresh=False) as live:
            for frame in _frames(ctx, console):
                live.update(frame, refresh=True)
    except KeyboardInterrupt:
        return


def _frames(ctx: CliContext, console: Console) -> Iterator[RenderableType]:
    """Yield a frame every second, even if a store is unavailable: the operator may be waiting for its return."""
    while True:
        try:
            page = _queues_page(ctx)
            yield status_view(page, now=ctx.now(), width=console.width)
        except Unavailable as error:
            yield Text(f"{error.detail} Retrying every second.", style="yellow")
        time.sleep(_REFRESH_SECONDS)
