"""The command that looks at dead letters: `dead` shows them by their fault, or one by one."""

from typing import Any

import click

from relay.cli.context import CliContext, operator_command, print_json, stdout_console
from relay.cli.tables.events import dead_view
from relay.cli.tables.replays import clusters_view
from relay.core.lifecycle import State
from relay.queries.dead_letters import dead_letters_page
from relay.queries.events import events_page
from relay.queries.filters import read_filter


@click.command(epilog="Example: gong-relay dead --events --destination acme")
@click.option("--events", "one_by_one", is_flag=True, help="List the events themselves, newest first.")
@click.option("--destination", help="Only this destination's. With --events.")
@click.option("--source", help="Only this source's. With --events.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="The most to list.")
@click.option("--cursor", help="Continue after a page: the cursor that it ended with.")
@operator_command
def dead(ctx: CliContext, *, one_by_one: bool, as_json: bool, **told: Any) -> None:
    """Show dead letters: how many share which fault, and what to do.

    One line is one fault. `--events` lists the dead letters of it one by one.
    """
    page_of = {"limit": told.pop("limit"), "cursor": told.pop("cursor")}
    filters = {name: value for name, value in told.items() if value is not None}
    if one_by_one:
        wanted = read_filter(filters | {"status": State.DEAD}, now=ctx.now())
        page = events_page(ctx.stores, wanted, **page_of)
        view = dead_view(page, now=ctx.now())
    elif filters:
        raise click.UsageError("--destination and --source choose among events: add --events.")
    else:
        page = dead_letters_page(ctx.stores, **page_of)
        view = clusters_view(page, now=ctx.now())
    if as_json:
        print_json(page)
    else:
        stdout_console().print(view)
