"""The command that shows what a payload would become: `map`."""

import sys
from typing import Any

import click

from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json, stdout_console
from relay.cli.source_wizard.captured_payload import captured_options, read_capture
from relay.cli.tables.previews import dead, preview_view
from relay.queries.previews import captured_preview_page, preview_context


@click.command("map", epilog="Example: gong-relay map website captured.json")
@click.argument("source", metavar="SOURCE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@captured_options
@operator_command
def map_payload(ctx: CliContext, source: str, *, file: str, as_json: bool, **told: Any) -> None:
    """Show what SOURCE would make of the payload in FILE, item by item. Nothing is kept and nothing sent.

    FILE (- is standard input) holds a request's body as the sender sent it. Ends with 1 when an item is dead.
    """
    way = preview_context(ctx.config, ctx.source(source), finder=ctx.destinations, now=ctx.now())
    page = captured_preview_page(read_capture(file, **told), way)
    if as_json:
        print_json(page)
    else:
        stdout_console().print(preview_view(page))
    if dead(page):
        sys.exit(EXIT_PROBLEM)
