"""The OAuth apps that this Gong knows: who may ask a company for access, to do what, and from where."""

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

from relay.sandbox.credentials import Network, same
from relay.sandbox.routes import ROUTES
from relay.sandbox.settings import SandboxSettings

SCOPES: Final = frozenset(route.scope for route in ROUTES)
MOST_SECRETS: Final = 2
"""While a secret is being replaced the old one and the new one both hold."""

NAMES: Final = frozenset(
    {"client_id", "client_secrets", "redirect_uris", "scopes", "trusted_ips", "refresh_trusted_ips"}
)


@dataclass(frozen=True, slots=True)
class App:
    """An app as its owner registered it. No redirect URIs: any on a loopback host. No trusted addresses: any."""

    client_id: str
    client_secrets: tuple[str, ...] = field(repr=False)
    redirect_uris: tuple[str, ...] = ()
    scopes: frozenset[str] = SCOPES
    trusted_ips: tuple[Network, ...] = ()
    refresh_trusted_ips: tuple[Network, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Everything but the secrets."""
        return {
            "client_id": self.client_id,
            "redirect_uris": list(self.redirect_uris),
            "scopes": sorted(self.scopes),
            "trusted_ips": [str(network) for network in self.trusted_ips],
            "refresh_trusted_ips": [str(network) for network in self.refresh_trusted_ips],
        }


def default_app(settings: SandboxSettings) -> App:
    return App(settings.client_id, (settings.client_secret,))


def parse(given: dict[str, Any]) -> App:
    """An app from JSON. ValueError says what is wrong, and the remedy."""
    client_id, secrets = given.get("client_id"), given.get("client_secrets", [])
    if not isinstance(client_id, str) or not client_id:
        raise ValueError("client_id: write the app's name")
    if not _are_texts(secrets) or not 1 <= len(secrets) <= MOST_SECRETS:
        raise ValueError(
            f"client_secrets: write a list of one secret, or of {MOST_SECRETS} while one replaces another"
        )
    for name in NAMES & set(given) - {"client_id"}:
        if not _are_texts(given[name]):
            raise ValueError(f"{name}: write a list of texts")
    return App(
        client_id,
        tuple(secrets),
        redirect_uris=tuple(given.get("redirect_uris", ())),
        scopes=frozenset(given.get("scopes", SCOPES)),
        trusted_ips=tuple(map(ip_network, given.get("trusted_ips", ()))),
        refresh_trusted_ips=tuple(map(ip_network, given.get("refresh_trusted_ips", ()))),
    )


def proved(apps: dict[str, App], client_id: str, secret: str) -> App | None:
    """The app that a client id and one of its secrets prove."""
    app = apps.get(client_id)
    return app if app and any(same(secret, known) for known in app.client_secrets) else None


def may_return_to(app: App, uri: str) -> bool:
    """Whether a consent may end there: letter by letter one of the app's own URIs."""
    return uri in app.redirect_uris if app.redirect_uris else _is_loopback(uri)


def _is_loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        at_home = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
    return at_home and parts.scheme in {"http", "https"} and not parts.fragment


def _are_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
