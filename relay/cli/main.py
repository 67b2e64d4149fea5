"""The `gong-relay` command: every subcommand, and the options they share."""

import click

from relay.cli.commands import (
    alerts,
    check,
    dashboard,
    dead_letters,
    destinations,
    erase,
    events,
    key,
    map,  # noqa: A004 - named after its command
    purge,
    replay,
    secret_keys,
    send,
    servers,
    source,
    status,
)
from relay.cli.options import with_shared_options
from relay.cli.up.command import up
from relay.core.version import VERSION

_COMMANDS = (
    up,
    dashboard.dashboard,
    servers.web,
    servers.worker,
    servers.sandbox,
    check.check,
    check.list_settings,
    check.schema,
    key.key,
    send.send,
    status.status,
    events.events,
    events.event,
    events.why,
    events.discard,
    dead_letters.dead,
    map.map_payload,
    source.source,
    replay.replay,
    purge.purge,
    destinations.pause,
    destinations.resume,
    destinations.probe,
    destinations.connect,
    secret_keys.rotate,
    erase.erase,
    alerts.alerts,
)


@click.group(
    epilog="Example: gong-relay up",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(VERSION, prog_name="gong-relay")
@with_shared_options
def main() -> None:
    """Receive partners' webhooks and post them to Gong within its limits, each once and with a visible outcome.

    Exit status: 0 on success, 1 if there is a problem, 2 usage error, 3 store unavailable.
    """


for command in _COMMANDS:
    main.add_command(command)
