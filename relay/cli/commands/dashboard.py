"""The command that creates a sign-in link to the dashboard: `dashboard`."""

import click

from relay.actions.sign_in import create_sign_in_link
from relay.cli.context import CliContext, operator_command, print_json
from relay.core.roles import COMMAND_LINE
from relay.settings import Settings


@click.command(epilog="Example: gong-relay dashboard")
@click.option("--url", metavar="URL", help="Address of the dashboard (default: $RELAY_PUBLIC_URL).")
@operator_command
def dashboard(ctx: CliContext, url: str | None, *, as_json: bool) -> None:
    """Create a link to the dashboard that signs you in as the admin, once.

    Anyone who opens the link gets full access: do not share it.

    Exit status: 0 on success, 1 if RELAY_ADMIN_KEY or RELAY_SECRET_KEYS is not set, 2 usage error, 3 store unavailable.
    """
    link = create_sign_in_link(ctx, COMMAND_LINE, url or _base_url(ctx.settings))
    if as_json:
        print_json(link)
        return
    minutes = link["expires_in_seconds"] // 60
    click.echo(
        f"Open this link within {minutes} minutes. It signs you in as the admin, once:\n\n  {link['url']}\n"
    )


def _base_url(settings: Settings) -> str:
    # RELAY_PUBLIC_URL is the address of the endpoints, not of a separate port for the dashboard.
    if settings.operations_port:
        return f"http://127.0.0.1:{settings.operations_port}"
    return settings.public_url or "http://127.0.0.1:8080"
