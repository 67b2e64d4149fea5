"""The command `map`: preview the calls that a source's mapping builds from a payload."""

import sys
from typing import Any

import click

from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json, stdout_console
from relay.cli.source_wizard.captured_payload import captured_options, read_capture
from relay.cli.tables.previews import count_dead, preview_view
from relay.queries.previews import captured_preview_page, preview_context


@click.command("map", epilog="Example: gong-relay map website captured.json")
@click.argument("source", metavar="SOURCE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@captured_options
@operator_command
def map_payload(ctx: CliContext, source: str, *, file: str, as_json: bool, **capture_options: Any) -> None:
    """Preview the calls that SOURCE's mapping builds from the payload in FILE. Nothing is stored or sent.

    FILE (- for standard input) is the body of a request, exactly as the sender sent it.

    Exit status: 0 if Gong would accept all events, 1 if it would reject one or the source has no mapping, 2 usage error, 3 store unavailable.
    """
    context = preview_context(ctx.config, ctx.source(source), finder=ctx.destinations, now=ctx.now())
    page = captured_preview_page(read_capture(file, **capture_options), context)
    if as_json:
        print_json(page)
    else:
        stdout_console().print(preview_view(page))
    if count_dead(page):
        sys.exit(EXIT_PROBLEM)
