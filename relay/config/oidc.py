"""The OpenID provider for sign-in, from the settings."""

from relay.core.oidc import OidcApp
from relay.core.roles import Role
from relay.settings import Settings

CALLBACK_PATH = "/ops/sign-in/back"
"""The path of the redirect URI, below RELAY_PUBLIC_URL. The provider must have the URI registered exactly."""


def read_oidc_app(settings: Settings) -> OidcApp | None:
    """Return the relay's registration at the provider; None if no provider is set."""
    if settings.oidc_issuer is None or settings.oidc_client_secret is None:
        return None
    return OidcApp(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=settings.oidc_client_secret,
        claim=settings.oidc_claim,
        roles={value: Role(role) for value, role in settings.oidc_roles},
        scope=settings.oidc_scope,
    )


def redirect_uri(settings: Settings) -> str:
    return f"{settings.public_url}{CALLBACK_PATH}"
