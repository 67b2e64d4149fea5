"""The OpenID provider whose accounts may sign in, as the settings name it."""

from relay.core.oidc import OidcApp
from relay.core.roles import Role
from relay.settings import Settings

CALLBACK_PATH = "/ops/sign-in/back"
"""Where the provider sends browsers back to. It is registered there, letter by letter, below RELAY_PUBLIC_URL."""


def read_oidc_app(settings: Settings) -> OidcApp | None:
    """The relay as its provider knows it; None where none is named. Settings have made sure that it is whole."""
    if settings.oidc_issuer is None:
        return None
    return OidcApp(
        settings.oidc_issuer,
        settings.oidc_client_id or "",
        settings.oidc_client_secret or "",
        settings.oidc_claim,
        {value: Role(role) for value, role in settings.oidc_roles},
        settings.oidc_scope,
    )


def redirect_uri(settings: Settings) -> str:
    return f"{settings.public_url}{CALLBACK_PATH}"
