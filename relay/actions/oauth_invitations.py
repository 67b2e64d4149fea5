"""Who may be connected, and the link that does it: the same for the API and the command line."""

import re
import secrets
from collections.abc import Mapping
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
"""Where a link leads."""

CALLBACK_PATH = "/connect/gong/callback"
"""Where Gong sends the browser back to. It is registered at Gong, letter by letter, below RELAY_PUBLIC_URL."""

_LONGEST = 255
_TEXTS = ("account", "company", "source_system_name")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True, slots=True)
class ConnectLink:
    """What the customer's technical administrator opens, and until when."""

    url: str
    expires_at: datetime


def parse_invitation(name: str, told: Any) -> Invitation:
    """Who is to be connected, as an operator says it. Invalid names everything that is wrong."""
    if not isinstance(told, Mapping):
        raise ValidationFailed([Problem("", "type", "must be an object")])
    problems = [*_of_name(name)]
    for key in told:
        if key not in {*_TEXTS, "internal_domains"}:
            known = ", ".join((*_TEXTS, "internal_domains"))
            problems.append(Problem(str(key), "unknown", f"there is no such key; there are {known}"))
    for key in _TEXTS:
        value = told.get(key)
        if value is not None and not (isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST):
            problems.append(Problem(key, "type", f"must be text of 1 to {_LONGEST} characters"))
    domains = told.get("internal_domains", [])
    if not isinstance(domains, list | tuple) or not all(map(_is_domain, domains)):
        problems.append(Problem("internal_domains", "format", "must be a list of domains such as acme.com"))
    if problems:
        raise ValidationFailed(problems)
    texts = {key: told[key].strip() for key in _TEXTS if told.get(key) is not None}
    return Invitation(name, **texts, internal_domains=tuple(domains))


def _of_name(name: str) -> list[Problem]:
    if name == UNROUTED.name:
        return [
            Problem("destination", "rule", "is where events without a destination are shown: choose another")
        ]
    if not re.fullmatch(NAME_PATTERN, name):
        text = "must be of a-z, 0-9, - and _, begin with a letter or digit, and have 63 characters at most"
        return [Problem("destination", "format", text)]
    return []


def _is_domain(value: Any) -> bool:
    return isinstance(value, str) and _DOMAIN.fullmatch(value) is not None


def require_oauth_app(config: Config) -> OAuthApp:
    """What customers connect. Conflict where the configuration has none."""
    if config.oauth is None:
        text = (
            "The configuration has no oauth section, and so nothing that a customer could connect: add one."
        )
        raise Conflict("oauth_not_configured", text)
    return config.oauth


def check_connectable(config: Config, redis: Client, invitation: Invitation) -> None:
    """Conflict where connecting this one would take something from another, or from the configuration file."""
    require_oauth_app(config)
    name, configured = invitation.destination, config.destinations.get(invitation.destination)
    if configured is not None and isinstance(configured.credentials, BasicCredentials):
        text = f"{name} has an API key in the configuration: write `auth: {{oauth: {{}}}}` there, or choose another name."
        raise Conflict("uses_api_key", text)
    company = invitation.company or name
    elsewhere = [
        one for one in config.destinations.values() if one.company == company and one.store != MAIN_STORE
    ]
    if elsewhere:
        text = f"The company {company} is in the store {elsewhere[0].store}: what customers connect is in the main one."
        raise Conflict("store_mismatch", text)
    taken = [
        other.name
        for other in read_connected_destinations(redis).values()
        if other.account == invitation.account is not None and other.name != name
    ]
    if taken:
        text = f"The account {invitation.account!r} is connected as {taken[0]}: connect it under that name again."
        raise Conflict("account_taken", text)


def create_link(
    config: Config, redis: Client, invitation: Invitation, *, public_url: str, now: datetime
) -> ConnectLink:
    """Make a link that connects this customer, once, within half an hour."""
    check_connectable(config, redis, invitation)
    ticket = secrets.token_urlsafe(16)
    save_ticket(redis, ticket, invitation)
    told = urlencode({"destination": invitation.destination, "ticket": ticket})
    return ConnectLink(f"{public_url}{START_PATH}?{told}", now + timedelta(seconds=TICKET_SECONDS))
