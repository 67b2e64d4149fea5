"""The commands of OAuth: `connect` makes a customer's link, `rotate` seals what is stored with the newest key."""

import sys
from dataclasses import replace
from typing import Any

import click

from relay.actions.oauth_invitations import application, invite, read_invitation
from relay.cli.audit import audited
from relay.cli.context import PROBLEM, Desk, at_desk, now, print_json
from relay.cli.formatting import counted
from relay.config.oauth import check_oauth
from relay.core.timestamps import format_timestamp
from relay.core.vault import Vault
from relay.store.oauth_tokens import ResealResult, reseal_all
from relay.store.person_index import reseal_person_key
from relay.store.stores import Stores


@click.command(epilog="Example: gong-relay connect globex --account 17")
@click.argument("name", metavar="DESTINATION")
@click.option("--account", metavar="VALUE", help="What payloads call this customer.")
@click.option("--company", metavar="NAME", help="What Gong counts limits by. Else the destination's name.")
@click.option(
    "--source-system-name", metavar="NAME", help="The system that Gong shows events as coming from."
)
@click.option(
    "--internal-domain",
    "internal_domains",
    metavar="DOMAIN",
    multiple=True,
    help="Of the customer's own people.",
)
@at_desk
def connect(desk: Desk, name: str, *, as_json: bool, **told: Any) -> None:
    """Make a link that connects a customer's Gong as DESTINATION, once, within half an hour.

    Send it to a technical administrator of the customer's: the link needs no key.
    """
    application(desk.config)
    check_oauth(desk.config, desk.settings)
    invitation = read_invitation(name, told)
    public_url = desk.settings.public_url or ""
    link = invite(desk.config, desk.redis, invitation, public_url=public_url, now=now())
    audited(desk, "destination.connect", name)
    if as_json:
        print_json({"destination": name, "url": link.url, "expires_at": format_timestamp(link.expires_at)})
        return
    click.echo(
        f"Have a technical administrator of {name}'s Gong open this, within half an hour:\n\n  {link.url}\n"
    )


@click.command(epilog="Example: gong-relay rotate")
@at_desk
def rotate(desk: Desk, *, as_json: bool) -> None:
    """Seal every stored token and key with the newest of RELAY_SECRET_KEYS, so that older keys can go.

    Safe while the relay runs, and when repeated. Ends with 1 when no key opens one of them.
    """
    vault = Vault(desk.settings.secret_keys)
    done = _with_people(desk.stores, vault, reseal_all(desk.scripts, desk.redis, vault))
    if as_json:
        unreadable = list(done.unreadable)
        print_json({"resealed": done.resealed, "already": done.already, "unreadable": unreadable})
    else:
        click.echo(
            f"{counted(done.resealed, 'secret')} sealed anew; {done.already:,} had the newest key already."
        )
        for place in done.unreadable:
            click.echo(f"{place}: no key of RELAY_SECRET_KEYS opens it. Add the key, or connect it again.")
    if done.unreadable:
        sys.exit(PROBLEM)


def _with_people(stores: Stores, vault: Vault, done: ResealResult) -> ResealResult:
    """The keys of people's marks, one of each store, beside what was sealed in the main one."""
    for store in stores:
        told = reseal_person_key(store.redis, vault)
        if told is None:
            done = replace(done, unreadable=(*done.unreadable, f"person_key of the store {store.name}"))
        else:
            done = replace(done, resealed=done.resealed + told)
    return done
