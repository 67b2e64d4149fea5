"""The command `purge`: delete ended events before their time."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from relay.actions.purges import purge_events
from relay.cli.context import CliContext, operator_command, print_json
from relay.cli.filter_options import with_filter_options
from relay.cli.formatting import format_bytes, pluralize
from relay.core.roles import COMMAND_LINE
from relay.queries.purges import PURGEABLE, read_purge_request


@click.command(epilog="Example: gong-relay purge --source website --status dead --dry-run")
@click.option("--source", help="Only events of this source.")
@click.option(
    "--status",
    type=click.Choice([state.value for state in PURGEABLE]),
    required=True,
    help="Events in this state.",
)
@click.option("--destination", help="Only events for this destination.")
@with_filter_options
@click.option("--dry-run", is_flag=True, help="Count what would be deleted, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation (it is only asked for on a terminal).")
@operator_command
def purge(ctx: CliContext, *, as_json: bool, dry_run: bool, yes: bool, **filters: str | None) -> None:
    """Delete ended events permanently, with their requests, so that their memory is free at once.

    An event that is sent again is still recognized as a duplicate. This also works while the store is full.

    Exit status: 0 on success, 1 if a setting is invalid, 2 usage error, 3 store unavailable.
    """
    fields = {name: value for name, value in filters.items() if value is not None}
    # A script cannot answer, and has decided already.
    if sys.stdin.isatty() and not (yes or dry_run):
        click.echo(_sentence(_run(ctx, fields, dry_run=True)), err=True)
        click.confirm("This cannot be undone. Purge?", abort=True, err=True)
    result = _run(ctx, fields, dry_run=dry_run)
    if as_json:
        print_json(result)
    else:
        click.echo(_sentence(result))


def _run(ctx: CliContext, fields: Mapping[str, str], *, dry_run: bool) -> dict[str, Any]:
    """Repeat the action until no event is left, and add up its results."""
    document: dict[str, Any] = {"filter": fields, "dry_run": dry_run}
    total = {"dry_run": dry_run, "events": 0, "bytes": 0}
    while True:
        result = purge_events(ctx, COMMAND_LINE, read_purge_request(document, now=ctx.now()))
        total = {"dry_run": dry_run} | {name: total[name] + result[name] for name in ("events", "bytes")}
        if result["cursor"] is None:
            return total
        document["cursor"] = result["cursor"]


def _sentence(result: Mapping[str, Any]) -> str:
    events, size = pluralize(result["events"], "event"), format_bytes(result["bytes"])
    if result["dry_run"]:
        return f"{events} would be deleted, which would free about {size}."
    return f"Deleted {events} and freed about {size}."
