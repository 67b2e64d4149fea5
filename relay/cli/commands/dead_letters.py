"""The command `dead`: list dead letters by cluster, or one by one."""

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
@click.option("--destination", help="Only events for this destination. Needs --events.")
@click.option("--source", help="Only events of this source. Needs --events.")
@click.option(
    "--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="Maximum number of rows."
)
@click.option("--cursor", help="Continue after the page that ended with this cursor.")
@operator_command
def dead(  # noqa: PLR0913 - one parameter per option
    ctx: CliContext,
    *,
    one_by_one: bool,
    destination: str | None,
    source: str | None,
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> None:
    """List dead letters, grouped by problem, and what to do about them.

    With --events, list the dead letters one by one.

    Exit status: 0 on success, 1 if a setting is invalid, 2 usage error, 3 store unavailable.
    """
    options = {"destination": destination, "source": source}
    filters = {name: value for name, value in options.items() if value is not None}
    if filters and not one_by_one:
        raise click.UsageError("--destination and --source filter events: add --events.")
    if one_by_one:
        event_filter = read_filter(filters | {"status": State.DEAD}, now=ctx.now())
        page = events_page(ctx.stores, event_filter, limit=limit, cursor=cursor)
        view = dead_view(page, now=ctx.now())
    else:
        page = dead_letters_page(ctx.stores, limit=limit, cursor=cursor)
        view = clusters_view(page, now=ctx.now())
    if as_json:
        print_json(page)
    else:
        stdout_console().print(view)
