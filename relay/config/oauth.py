"""The `oauth` section of the configuration file: the application that customers connect, and what it needs beside it."""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from relay.config.base_schema import StrictSchema
from relay.config.base_url import safe_oauth_url
from relay.config.fields import Choice, ListOf, Text
from relay.config.yaml_document import UnsetVariable
from relay.core.config import Config
from relay.core.errors import Problem
from relay.core.oauth import AUTHORIZE_URL, SCOPES, TOKEN_URL, OAuthApp, TokenParams
from relay.settings import Settings, StartupError

_SCOPE = re.compile(r"^[\x21\x23-\x5b\x5d-\x7e]+$")
_URLS = ("authorize_url", "token_url")


class OAuthSchema(StrictSchema):
    client_id = Text(required=True, metadata={"description": "The application's client id at Gong."})
    client_secret = Text(
        required=True, metadata={"description": "Its secret: write ${NAME}, and set NAME in the environment."}
    )
    client_secret_next = Text(
        load_default=None,
        metadata={"description": "The secret that follows it, while it is being changed at Gong."},
    )
    scopes = ListOf(
        Text(
            validate=validate.Regexp(_SCOPE, error="must be a scope such as api:digital-interactions:write")
        ),
        load_default=lambda: list(SCOPES),
        validate=validate.Length(min=1, error="must hold a scope at least"),
        metadata={"description": "What customers are asked to allow."},
    )
    authorize_url = Text(
        load_default=AUTHORIZE_URL, metadata={"description": "Where customers are sent to allow it."}
    )
    token_url = Text(load_default=TOKEN_URL, metadata={"description": "Where tokens are made."})
    token_params = Choice(
        TokenParams,
        load_default=TokenParams.FORM,
        metadata={"description": "Where the token endpoint's parameters stand: form (the body) or query."},
    )


class GrantSchema(StrictSchema):
    """Nothing yet: what a customer grants lies in the store."""


class EitherAuth(StrictSchema):
    """A mapping that holds one of `basic` and `oauth`."""

    @validates_schema
    def _one(self, loaded: Mapping[str, Any], **_: Any) -> None:
        if "basic" in loaded and "oauth" in loaded:
            raise ValidationError({"oauth": ["stands beside basic: keep one of them"]})
        if "basic" not in loaded and "oauth" not in loaded:
            text = "is missing: give a Gong API key here, or write `oauth: {}` beside it for a customer to connect"
            raise ValidationError({"basic": [text]})


def read_oauth_app(entry: Mapping[str, Any] | None) -> OAuthApp | None:
    """The application, from a section that was checked with the rest of the file."""
    if entry is None:
        return None
    return OAuthApp(**{**entry, "scopes": tuple(entry["scopes"])})


def oauth_problems(tree: Any, destinations: Mapping[str, Any], hosts: Container[str]) -> Iterator[Problem]:
    """What is wrong with it beside the rest of the file. `hosts` may be called beside Gong's own."""
    section = tree.get("oauth") if isinstance(tree, Mapping) else None
    told = section if isinstance(section, Mapping) else {}
    for name in _URLS:
        address = told.get(name)
        if (
            isinstance(address, str)
            and not isinstance(address, UnsetVariable)
            and not safe_oauth_url(address, hosts)
        ):
            text = (
                "must be https and on app.gong.io; another host must be listed in RELAY_ALLOW_GONG_HOSTS, "
                "just as the address writes it"
            )
            yield Problem(f"oauth.{name}", "unsafe_address", text)
    for name, destination in destinations.items():
        if section is None and "oauth" in destination["auth"]:
            text = "needs the application that its customer connects: add an oauth section to the file"
            yield Problem(f"destinations.{name}.auth.oauth", "oauth_not_configured", text)


def check_oauth(config: Config, settings: Settings) -> None:
    """An application needs an address that Gong sends browsers back to, and keys that seal tokens."""
    if config.oauth is None:
        return
    needs = {
        "RELAY_PUBLIC_URL": (settings.public_url, "is needed: Gong sends customers' browsers back to it"),
        "RELAY_SECRET_KEYS": (settings.secret_keys, "is needed: it seals customers' tokens in the store"),
    }
    missing = [
        Problem(name, "required", f"{text}, for the file has an oauth section")
        for name, (value, text) in needs.items()
        if not value
    ]
    if missing:
        raise StartupError(missing)
