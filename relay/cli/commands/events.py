"""The commands on events: `events` lists them, `event` and `why` explain one, `discard` discards some."""

from collections.abc import Sequence

import click

from relay.actions.events import discard_event, reveal_event
from relay.actions.visibility import make_viewer
from relay.cli.commands.results import act_on_each, print_results
from relay.cli.context import CliContext, operator_command, print_json, stdout_console
from relay.cli.filter_options import with_filter_options
from relay.cli.tables.events import event_view, events_view, why_view
from relay.core.lifecycle import State
from relay.core.roles import COMMAND_LINE
from relay.queries.event import event_page
from relay.queries.events import events_page
from relay.queries.explain_by_name import LOOKUP_NAMES, explain_by_name_page
from relay.queries.filters import read_filter


@click.command(epilog="Example: gong-relay events --destination acme --status retrying")
@click.option("--destination", help="Only events for this destination.")
@click.option("--source", help="Only events of this source.")
@click.option(
    "--status", type=click.Choice([state.value for state in State]), help="Only events in this state."
)
@with_filter_options
@click.option("--email", help="Only events about the person with this email address.")
@click.option("--phone", help="Only events about the person with this phone number.")
@click.option("--event-id", help="The event with this eventId in Gong.")
@click.option("--request-id", help="The event that Gong answered with this requestId.")
@click.option(
    "--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Maximum number of events."
)
@click.option("--cursor", help="Continue after the page that ended with this cursor.")
@operator_command
def events(ctx: CliContext, *, limit: int, cursor: str | None, as_json: bool, **filters: str | None) -> None:
    """List events, newest first.

    Exit status: 0 on success, 1 if a setting is invalid, 2 usage error, 3 store unavailable.
    """
    params = {name: value for name, value in filters.items() if value is not None}
    page = events_page(ctx.stores, read_filter(params, now=ctx.now()), limit=limit, cursor=cursor)
    if as_json:
        print_json(page)
    else:
        console = stdout_console()
        console.print(events_view(page, now=ctx.now(), width=console.width))


@click.command(epilog="Example: gong-relay event 01K9XHZ3T5M7Q2V8B4N6C0D1EF")
@click.argument("event_id", metavar="ID")
@click.option(
    "--reveal", is_flag=True, help="Show personal data unmasked. This is recorded in the audit log."
)
@operator_command
def event(ctx: CliContext, event_id: str, *, reveal: bool, as_json: bool) -> None:
    """Explain one event: why it is or is not in Gong, and what happens next.

    Also shows where it came from, every attempt to deliver it, and its call to Gong, with personal data masked.

    Exit status: 0 on success, 1 if there is no such event, 2 usage error, 3 store unavailable.
    """
    if reveal:
        page = reveal_event(ctx, COMMAND_LINE, event_id)
    else:
        page = event_page(make_viewer(ctx, COMMAND_LINE), event_id)
    if as_json:
        print_json(page)
    else:
        stdout_console().print(event_view(page))


@click.command(epilog="Example: gong-relay why website:ev-123")
@click.argument("name", metavar="NAME")
@click.option(
    "--by",
    type=click.Choice(LOOKUP_NAMES),
    default="event_id",
    show_default=True,
    help="Kind of identifier that NAME is.",
)
@operator_command
def why(ctx: CliContext, name: str, *, by: str, as_json: bool) -> None:
    """Explain why something is or is not in Gong, even if there is no event with this name.

    Exit status: 0 on success, 1 if a setting is invalid, 2 usage error, 3 store unavailable.
    """
    page = explain_by_name_page(make_viewer(ctx, COMMAND_LINE), {by: name})
    if as_json:
        print_json(page)
    else:
        stdout_console().print(why_view(page))


@click.command(epilog="Example: gong-relay discard 01K9XHZ3T5M7Q2V8B4N6C0D1EF")
@click.argument("event_ids", metavar="ID…", nargs=-1, required=True)
@click.option(
    "--keep-data",
    is_flag=True,
    help="Keep the data until the events are pruned (RELAY_RETENTION_DISCARDED_HOURS), so that a replay can send them.",
)
@operator_command
def discard(ctx: CliContext, event_ids: Sequence[str], *, keep_data: bool, as_json: bool) -> None:
    """Discard events, so that they are not sent, and delete their data at once.

    Exit status: 0 if all were discarded, 1 if one could not be, 2 usage error, 3 store unavailable.
    """

    def act(event_id: str) -> None:
        discard_event(ctx, COMMAND_LINE, event_id, keep_data=keep_data)

    results = act_on_each(event_ids, "discarded", act)
    success = "discarded, data kept" if keep_data else "discarded, data deleted"
    print_results(results, as_json=as_json, success=success, failure="not discarded")
