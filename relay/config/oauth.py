"""The `oauth` section of the configuration file: the application with which customers connect their Gong accounts."""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from relay.config.base_url import safe_oauth_url
from relay.config.fields import Choice, ListOf, SecretText, StrictSchema, Text
from relay.config.secret_scope import keep_or_withhold
from relay.config.yaml_document import UnsetVariable
from relay.core.config import Config
from relay.core.errors import Problem
from relay.core.oauth import AUTHORIZE_URL, SCOPES, TOKEN_URL, OAuthApp, TokenParams
from relay.core.secret import Process
from relay.settings import Settings, StartupError

_SCOPE = re.compile(r"^[\x21\x23-\x5b\x5d-\x7e]+$")
_URLS = ("authorize_url", "token_url")


class OAuthSchema(StrictSchema):
    client_id = Text(required=True, metadata={"description": "The application's client ID at Gong."})
    client_secret = SecretText(
        required=True,
        metadata={"description": "The client secret: write ${NAME}, and set NAME in the environment."},
    )
    client_secret_next = SecretText(
        load_default=None,
        metadata={"description": "The next client secret, while you rotate it at Gong."},
    )
    scopes = ListOf(
        Text(
            validate=validate.Regexp(_SCOPE, error="must be a scope such as api:digital-interactions:write")
        ),
        load_default=lambda: list(SCOPES),
        validate=validate.Length(min=1, error="must contain at least one scope"),
        metadata={"description": "Scopes that customers are asked to grant."},
    )
    authorize_url = Text(
        load_default=AUTHORIZE_URL, metadata={"description": "URL where customers grant access."}
    )
    token_url = Text(load_default=TOKEN_URL, metadata={"description": "URL that issues tokens."})
    token_params = Choice(
        TokenParams,
        load_default=TokenParams.FORM,
        metadata={
            "description": "Where the token endpoint expects its parameters: form (in the body) or query."
        },
    )


class GrantSchema(StrictSchema):
    """An empty mapping. The grant itself is in the store."""


class EitherAuth(StrictSchema):
    """Requires exactly one of `basic` and `oauth`."""

    @validates_schema
    def _check_exactly_one(self, loaded: Mapping[str, Any], **_: Any) -> None:
        if "basic" in loaded and "oauth" in loaded:
            raise ValidationError({"oauth": ["conflicts with basic: keep one of the two"]})
        if "basic" not in loaded and "oauth" not in loaded:
            text = "is missing: set a Gong API key here, or `oauth: {}` instead if the customer connects the account"
            raise ValidationError({"basic": [text]})


def read_oauth_app(entry: Mapping[str, Any] | None, process: Process) -> OAuthApp | None:
    """Build the application from a validated section; None if there is none."""
    if entry is None:
        return None
    names = [name for name in ("client_secret", "client_secret_next") if entry[name] is not None]
    client_secrets = {name: keep_or_withhold(process, f"oauth.{name}", entry[name]) for name in names}
    return OAuthApp(**{**entry, "scopes": tuple(entry["scopes"]), **client_secrets})


def oauth_problems(tree: Any, destinations: Mapping[str, Any], hosts: Container[str]) -> Iterator[Problem]:
    """Yield the problems that the schema cannot find. `hosts` are allowed besides Gong's own."""
    section = tree.get("oauth") if isinstance(tree, Mapping) else None
    entries = section if isinstance(section, Mapping) else {}
    for name in _URLS:
        address = entries.get(name)
        if (
            isinstance(address, str)
            and not isinstance(address, UnsetVariable)
            and not safe_oauth_url(address, hosts)
        ):
            text = (
                "must be https and on app.gong.io; add any other host to RELAY_ALLOW_GONG_HOSTS, exactly as the "
                "address writes it"
            )
            yield Problem(f"oauth.{name}", "unsafe_address", text)
    for name, destination in destinations.items():
        if section is None and "oauth" in destination["auth"]:
            text = "needs an OAuth application: add an oauth section to the file"
            yield Problem(f"destinations.{name}.auth.oauth", "oauth_not_configured", text)


def check_oauth(config: Config, settings: Settings) -> None:
    """Raise StartupError if the settings lack what an OAuth application needs."""
    if config.oauth is None:
        return
    needs = {
        "RELAY_PUBLIC_URL": (settings.public_url, "is required: Gong redirects customers' browsers to it"),
        "RELAY_SECRET_KEYS": (
            settings.secret_keys,
            "is required: it encrypts customers' tokens in the store",
        ),
    }
    missing = [
        Problem(name, "required", f"{text}, because the file has an oauth section")
        for name, (value, text) in needs.items()
        if not value
    ]
    if missing:
        raise StartupError(missing)
