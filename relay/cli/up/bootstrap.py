"""What `up` prepares before it starts anything: secrets, the starter configuration, and the children's environment."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relay.config.api_keys import generate_key
from relay.config.presets import render_starter

_RESOLVED = ("RELAY_CONFIG", "RELAY_PUBLIC_URL", "RELAY_ALLOW_GONG_HOSTS")
"""Variables that `prepare_settings` completes, so that its values replace the operator's."""


@dataclass(frozen=True, slots=True)
class ServerUrls:
    """The URLs of the servers. `redis` is None if RELAY_REDIS_URL_FILE sets it."""

    redis: str | None
    relay: str
    sandbox: str


def prepare_settings(
    environ: Mapping[str, str], saved: Mapping[str, str], urls: ServerUrls
) -> dict[str, str]:
    """Return the settings to save for other commands: URLs, and the secrets saved earlier or else generated."""
    hosts = environ.get("RELAY_ALLOW_GONG_HOSTS", saved.get("RELAY_ALLOW_GONG_HOSTS", ""))
    # An earlier run may have used another Redis.
    earlier = {name: value for name, value in saved.items() if name != "RELAY_REDIS_URL"}
    settings = {
        "RELAY_CONFIG": str(Path(environ.get("RELAY_CONFIG") or "relay.yaml").resolve()),
        "RELAY_PUBLIC_URL": environ.get("RELAY_PUBLIC_URL") or urls.relay,
        "RELAY_ALLOW_GONG_HOSTS": _add_host(hosts, urls.sandbox.removeprefix("http://")),
    }
    if urls.redis:
        settings["RELAY_REDIS_URL"] = urls.redis
    return _generate_secrets() | earlier | settings


def child_environ(environ: Mapping[str, str], saved: Mapping[str, str]) -> dict[str, str]:
    """Return the children's environment. The operator's variables override saved ones, except those that combine both."""
    return {**saved, **environ, **{name: saved[name] for name in _RESOLVED}}


def write_starter(path: Path, sandbox_url: str) -> bool:
    """Write the starter configuration, unless the file exists. Returns whether it was written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(render_starter(sandbox_url))
    except FileExistsError:
        return False
    return True


def _add_host(hosts: str, host: str) -> str:
    listed = [name.strip() for name in hosts.split(",") if name.strip()]
    return ",".join(dict.fromkeys([*listed, host]))


def _generate_secrets() -> dict[str, str]:
    return {
        "QUICKSTART_KEY": generate_key(secrets.choice),
        "SANDBOX_ACCESS_KEY": secrets.token_hex(8).upper(),
        "SANDBOX_ACCESS_KEY_SECRET": secrets.token_urlsafe(32),
        "RELAY_ADMIN_KEY": generate_key(secrets.choice),
        "RELAY_SECRET_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
