"""The way into the dashboard: a link that signs in once, and the command that makes one, `dashboard`."""

import secrets
from urllib.parse import urlencode

import click

from relay.cli.context import Desk, at_desk, print_json
from relay.config.api_keys import hash_key
from relay.core.errors import Conflict
from relay.settings import Settings
from relay.store.engine.connection import Client
from relay.store.sign_in import TICKET_SECONDS, save_sign_in_ticket

_MINUTES = TICKET_SECONDS // 60


def sign_in_link(settings: Settings, redis: Client, address: str) -> str:
    """A link that signs a browser in as the first admin, once, for a quarter of an hour. Raises Conflict."""
    if settings.admin_key is None or not settings.secret_keys:
        text = (
            "A link needs RELAY_ADMIN_KEY, whom it signs in, and RELAY_SECRET_KEYS, which seal the session."
        )
        raise Conflict("no_secret_keys", text)
    ticket = secrets.token_urlsafe(32)
    save_sign_in_ticket(redis, ticket, hash_key(settings.admin_key))
    return f"{address.rstrip('/')}/ops/sign-in?{urlencode({'ticket': ticket})}"


@click.command(epilog="Example: gong-relay dashboard")
@click.option("--url", metavar="ADDRESS", help="Where browsers reach the dashboard. Else RELAY_PUBLIC_URL.")
@at_desk
def dashboard(desk: Desk, url: str | None, *, as_json: bool) -> None:
    """Make a link to the dashboard that signs in as the admin, once, within a quarter of an hour.

    Whoever opens it first may do everything: give it to nobody else.
    """
    link = sign_in_link(desk.settings, desk.redis, url or _address(desk.settings))
    if as_json:
        print_json({"url": link, "expires_in_seconds": TICKET_SECONDS})
        return
    click.echo(f"Open this within {_MINUTES} minutes; it signs you in as the admin, once:\n\n  {link}\n")


def _address(settings: Settings) -> str:
    """Where the dashboard is, as far as the settings tell: the public address is not that of a port of its own."""
    if settings.operations_port:
        return f"http://127.0.0.1:{settings.operations_port}"
    return settings.public_url or "http://127.0.0.1:8080"
