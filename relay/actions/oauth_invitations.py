"""Invitations to connect a customer's Gong, and the one-time links that carry them."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from relay.config.fields import NAME_PATTERN
from relay.core.config import Config
from relay.core.destination import MAIN_STORE, BasicCredentials
from relay.core.errors import Conflict, Problem, ValidationFailed
from relay.core.mapping.routing import UNROUTED
from relay.core.oauth import OAuthApp
from relay.store.destinations import read_connected_destinations
from relay.store.engine.connection import Client
from relay.store.oauth_consents import TICKET_SECONDS, Invitation, save_ticket

START_PATH = "/connect/gong"
"""The path of a link."""

CALLBACK_PATH = "/connect/gong/callback"
"""Where Gong redirects the browser to. It is registered at Gong exactly like this, below RELAY_PUBLIC_URL."""

_MAX_LENGTH = 255
_TEXTS = ("account", "company", "source_system_name")
_KEYS = (*_TEXTS, "internal_domains")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True, slots=True)
class ConnectLink:
    """The link that the customer's technical administrator opens, and when it expires."""

    url: str
    expires_at: datetime


def parse_invitation(name: str, options: Any) -> Invitation:
    """Parse an operator's request to connect the destination `name`. Raises ValidationFailed with every problem."""
    if not isinstance(options, Mapping):
        raise ValidationFailed([Problem("", "type", "must be an object")])
    problems = [*_check_name(name), *_check_options(options)]
    if problems:
        raise ValidationFailed(problems)
    texts = {key: options[key].strip() for key in _TEXTS if options.get(key) is not None}
    return Invitation(destination=name, **texts, internal_domains=tuple(options.get("internal_domains", [])))


def _check_name(name: str) -> Iterator[Problem]:
    if name == UNROUTED.name:
        text = "is reserved for events without a destination: choose another name"
        yield Problem("destination", "rule", text)
    elif not re.fullmatch(NAME_PATTERN, name):
        text = (
            "must consist of a-z, 0-9, - and _, start with a letter or digit, and have at most 63 characters"
        )
        yield Problem("destination", "format", text)


def _check_options(options: Mapping[Any, Any]) -> Iterator[Problem]:
    for key in options:
        if key not in _KEYS:
            text = f"there is no such key; the keys are {', '.join(_KEYS)}"
            yield Problem(str(key), "unknown", text)
    for key in _TEXTS:
        value = options.get(key)
        if value is not None and not (isinstance(value, str) and 0 < len(value.strip()) <= _MAX_LENGTH):
            yield Problem(key, "type", f"must be text of 1 to {_MAX_LENGTH} characters")
    domains = options.get("internal_domains", [])
    if not isinstance(domains, list | tuple) or not all(map(_is_domain, domains)):
        yield Problem("internal_domains", "format", "must be a list of domains such as acme.com")


def _is_domain(value: Any) -> bool:
    return isinstance(value, str) and _DOMAIN.fullmatch(value) is not None


def require_oauth_app(config: Config) -> OAuthApp:
    """Return the OAuth application that customers connect. Raises Conflict if the configuration has none."""
    if config.oauth is None:
        text = (
            "The configuration has no oauth section, so customers cannot connect their Gong. Add the section."
        )
        raise Conflict("oauth_not_configured", text)
    return config.oauth


def check_connectable(config: Config, redis: Client, invitation: Invitation) -> None:
    """Check that the invitation takes nothing from another customer or from the configuration. Raises Conflict."""
    require_oauth_app(config)
    name, configured = invitation.destination, config.destinations.get(invitation.destination)
    if configured is not None and isinstance(configured.credentials, BasicCredentials):
        text = (
            f"The destination {name} has an API key in the configuration. Write `auth: {{oauth: {{}}}}` there, or "
            "choose another name."
        )
        raise Conflict("uses_api_key", text)
    # Tokens are stored in the main store, and a company has all its destinations in one store.
    company = invitation.company or name
    stores = {
        destination.store
        for destination in config.destinations.values()
        if destination.company == company and destination.store != MAIN_STORE
    }
    if stores:
        text = (
            f"The company {company} is in the store {min(stores)}. Customers can only connect in the main store: choose "
            "another company."
        )
        raise Conflict("store_mismatch", text)
    if invitation.account is None:
        return
    for connected in read_connected_destinations(redis).values():
        if connected.account == invitation.account and connected.name != name:
            text = (
                f"The account {invitation.account!r} is already connected as {connected.name}. Connect it again under "
                "that name."
            )
            raise Conflict("account_taken", text)


def create_link(
    config: Config, redis: Client, invitation: Invitation, *, public_url: str, now: datetime
) -> ConnectLink:
    """Create a link for an invitation, which works once. Raises Conflict, as `check_connectable` does."""
    check_connectable(config, redis, invitation)
    ticket = secrets.token_urlsafe(16)
    save_ticket(redis, ticket, invitation)
    query = urlencode({"destination": invitation.destination, "ticket": ticket})
    return ConnectLink(f"{public_url}{START_PATH}?{query}", now + timedelta(seconds=TICKET_SECONDS))
