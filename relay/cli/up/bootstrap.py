"""What `up` prepares before anything runs: the secrets of this machine, the starter configuration, the children's environment."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relay.config.api_keys import generate_key
from relay.config.starter import render_starter

_TAKEN_IN = ("RELAY_CONFIG", "RELAY_PUBLIC_URL", "RELAY_ALLOW_GONG_HOSTS")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts are reached. `redis` is None where RELAY_REDIS_URL_FILE tells it."""

    redis: str | None
    relay: str
    sandbox: str


def prepare(given: Mapping[str, str], earlier: Mapping[str, str], addresses: Addresses) -> dict[str, str]:
    """What a second terminal needs: the secrets of this machine (of `earlier`, else fresh) and where things are."""
    hosts = given.get("RELAY_ALLOW_GONG_HOSTS", earlier.get("RELAY_ALLOW_GONG_HOSTS", ""))
    kept = {name: value for name, value in earlier.items() if name != "RELAY_REDIS_URL"}
    decided = {
        "RELAY_CONFIG": str(Path(given.get("RELAY_CONFIG") or "relay.yaml").resolve()),
        "RELAY_PUBLIC_URL": given.get("RELAY_PUBLIC_URL") or addresses.relay,
        "RELAY_ALLOW_GONG_HOSTS": _with_host(hosts, addresses.sandbox.removeprefix("http://")),
    }
    if addresses.redis:
        decided["RELAY_REDIS_URL"] = addresses.redis
    return _fresh_secrets() | kept | decided


def for_children(given: Mapping[str, str], saved: Mapping[str, str]) -> dict[str, str]:
    """The children's environment: what is given wins over what is saved, but for what `prepare` took it into."""
    return {**saved, **given, **{name: saved[name] for name in _TAKEN_IN}}


def write_starter(path: Path, sandbox_url: str) -> bool:
    """Write the starter configuration where there is no file. Whether it was written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(render_starter(sandbox_url))
    except FileExistsError:
        return False
    return True


def _with_host(hosts: str, host: str) -> str:
    listed = [name.strip() for name in hosts.split(",") if name.strip()]
    return ",".join(dict.fromkeys([*listed, host]))


def _fresh_secrets() -> dict[str, str]:
    return {
        "QUICKSTART_KEY": generate_key(secrets.choice),
        "SANDBOX_ACCESS_KEY": secrets.token_hex(8).upper(),
        "SANDBOX_ACCESS_KEY_SECRET": secrets.token_urlsafe(32),
        "RELAY_ADMIN_KEY": generate_key(secrets.choice),
        "RELAY_SECRET_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
