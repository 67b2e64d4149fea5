"""OAuth apps that are registered with this Gong: their secrets, redirect URIs, scopes and trusted IPs."""

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

from relay.sandbox.credentials import Network, secrets_match
from relay.sandbox.routes import ROUTES
from relay.sandbox.settings import SandboxSettings

ALL_SCOPES: Final = frozenset(route.scope for route in ROUTES)
MAX_SECRETS: Final = 2
"""While a secret is rotated, the old one and the new one are both valid."""

APP_KEYS: Final = frozenset(
    {"client_id", "client_secrets", "redirect_uris", "scopes", "trusted_ips", "refresh_trusted_ips"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthApp:
    """An app as its owner registered it."""

    client_id: str
    client_secrets: tuple[str, ...] = field(repr=False)
    redirect_uris: tuple[str, ...] = ()
    """Allowed redirect URIs. Empty allows any URI on a loopback host."""

    scopes: frozenset[str] = ALL_SCOPES
    trusted_ips: tuple[Network, ...] = ()
    """Networks that may call the API with the app's tokens. Empty allows all."""

    refresh_trusted_ips: tuple[Network, ...] = ()
    """Networks that may refresh the app's tokens. Empty allows all."""

    def as_dict(self) -> dict[str, Any]:
        """Return all fields except the secrets."""
        return {
            "client_id": self.client_id,
            "redirect_uris": list(self.redirect_uris),
            "scopes": sorted(self.scopes),
            "trusted_ips": [str(network) for network in self.trusted_ips],
            "refresh_trusted_ips": [str(network) for network in self.refresh_trusted_ips],
        }


def default_app(settings: SandboxSettings) -> OAuthApp:
    return OAuthApp(client_id=settings.client_id, client_secrets=(settings.client_secret,))


def parse_app(fields: dict[str, Any]) -> OAuthApp:
    """Build an app from JSON. Raises ValueError with what is wrong and what to write instead."""
    client_id, secrets = fields.get("client_id"), fields.get("client_secrets", [])
    if not isinstance(client_id, str) or not client_id:
        raise ValueError("client_id: must be a non-empty string")
    if not _is_string_list(secrets) or not 1 <= len(secrets) <= MAX_SECRETS:
        raise ValueError(f"client_secrets: must be a list of 1 to {MAX_SECRETS} secrets")
    for name in APP_KEYS & set(fields) - {"client_id"}:
        if not _is_string_list(fields[name]):
            raise ValueError(f"{name}: must be a list of strings")
    return OAuthApp(
        client_id=client_id,
        client_secrets=tuple(secrets),
        redirect_uris=tuple(fields.get("redirect_uris", ())),
        scopes=frozenset(fields.get("scopes", ALL_SCOPES)),
        trusted_ips=tuple(map(ip_network, fields.get("trusted_ips", ()))),
        refresh_trusted_ips=tuple(map(ip_network, fields.get("refresh_trusted_ips", ()))),
    )


def authenticate_app(apps: dict[str, OAuthApp], client_id: str, secret: str) -> OAuthApp | None:
    """Return the app if `secret` is one of its secrets, or None."""
    app = apps.get(client_id)
    if app is None:
        return None
    return app if any(secrets_match(secret, app_secret) for app_secret in app.client_secrets) else None


def allows_redirect(app: OAuthApp, uri: str) -> bool:
    """True if `uri` is exactly one of the app's redirect URIs, or a loopback URI when the app has none."""
    return uri in app.redirect_uris if app.redirect_uris else _is_loopback(uri)


def _is_loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        is_local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
    return is_local and parts.scheme in {"http", "https"} and not parts.fragment


def _is_string_list(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
