"""Parsers for the values of settings, and how a setting is declared, named and displayed."""

import os
import re
from collections.abc import Callable
from dataclasses import MISSING, Field, field
from typing import Any
from urllib.parse import urlsplit

from relay.core.oidc import is_secure_url
from relay.core.redis_url import mask_redis_url, parse_redis_url
from relay.core.roles import OPERATOR_ROLES
from relay.core.secret import Process, WithheldSecret

PREFIX = "RELAY_"

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_MASK = "********"
_MIN_ADMIN_KEY = 20
_MIN_SECRET_KEY = 32


def parse_text(raw: str) -> str:
    return raw


def integer_between(low: int, high: int = 1_000_000_000) -> Callable[[str], int]:
    """Return a parser for whole numbers from `low` to `high`."""

    def parse(raw: str) -> int:
        # int() also accepts signs, underscores and digits of other scripts.
        if not re.fullmatch(r"[0-9]{1,10}", raw) or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return parse


def parse_port(raw: str) -> int:
    """Parse a port number; 0 for an address that Kubernetes put into the variable."""
    # For a Service `x`, Kubernetes sets X_PORT=tcp://… in every pod: that is not a setting of ours.
    return 0 if raw.startswith("tcp://") else integer_between(0, 65535)(raw)


def parse_seconds(raw: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", raw) or not float(raw):
        raise ValueError("must be a number of seconds above 0, such as 20 or 0.5")
    return float(raw)


def parse_bool(raw: str) -> bool:
    if raw.lower() not in {"true", "false", "1", "0", "yes", "no"}:
        raise ValueError("must be true or false")
    return raw.lower() in {"true", "1", "yes"}


def parse_log_level(raw: str) -> str:
    if raw.lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError("must be debug, info, warning or error")
    return raw.lower()


def parse_hosts(raw: str) -> frozenset[str]:
    hosts = frozenset(host.strip().lower() for host in raw.split(",") if host.strip())
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError(
            "must be hosts with or without a port, separated by commas: 127.0.0.1:8090,gong-mock.internal"
        )
    return hosts


def parse_public_url(raw: str) -> str:
    parts = urlsplit(raw)
    wrong = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or wrong:
        raise ValueError(
            "must be an address such as https://relay.example.com, without a user name, password, query or fragment"
        )
    return raw.rstrip("/")


def parse_store_url(raw: str) -> str:
    # A certificate that cannot be read would otherwise fail at the first connection only.
    for name, path in parse_redis_url(raw).files:
        if not os.access(path, os.R_OK):
            raise ValueError(f"{name} names a file that cannot be read: {path}")
    return raw


def parse_secret_keys(raw: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in raw.split(",") if key.strip())
    if not keys or min(map(len, keys)) < _MIN_SECRET_KEY:
        raise ValueError("must be keys of at least 32 characters, separated by commas, newest first")
    return keys


def parse_admin_key(raw: str) -> str:
    if len(raw) < _MIN_ADMIN_KEY or raw != raw.strip():
        raise ValueError(
            "must have at least 20 characters and no spaces before or after it: `gong-relay key admin` creates one"
        )
    return raw


def parse_role_map(raw: str) -> tuple[tuple[str, str], ...]:
    """Parse `value=role` pairs; a value may itself contain `=`."""
    parts = [pair.rpartition("=") for pair in raw.split(",") if pair.strip()]
    pairs = {value.strip(): role.strip() for value, _, role in parts}
    if not pairs or not all(value and role in OPERATOR_ROLES for value, role in pairs.items()):
        raise ValueError(
            "must be pairs of a value and a role, separated by commas: ops-team=operator,admins=admin; "
            f"the roles are {', '.join(OPERATOR_ROLES)}"
        )
    return tuple(pairs.items())


def parse_issuer(raw: str) -> str:
    if not is_secure_url(raw):
        raise ValueError(
            "must be an https address without a user name or password, exactly as in the provider's own configuration document"
        )
    return raw


def option(
    default: Any,
    doc: str,
    *,
    parse: Callable[[str], Any] = parse_text,
    secret: bool = False,
    readers: frozenset[Process] = frozenset(Process),
) -> Any:
    """Declare one setting.

    `doc` explains it to users, with its unit. `parse` reads its text and raises ValueError. A `secret` is masked
    wherever settings are displayed, and only `readers` read it.
    """
    metadata = {"doc": doc, "parse": parse, "secret": secret, "readers": readers}
    return field(default=default, repr=not secret, metadata=metadata)


def variable_name(item: "Field[Any]") -> str:
    """Return the name of a setting's environment variable."""
    return PREFIX + item.name.upper()


def default_value(item: "Field[Any]") -> Any:
    return None if item.default is MISSING else item.default


def display_value(item: "Field[Any]", value: Any) -> str:
    """Return a setting's value for display: secrets masked, sets sorted."""
    if value in (None, (), frozenset()):
        return ""
    if isinstance(value, WithheldSecret):
        return "(this process does not read it)"
    if item.name == "redis_url":
        return mask_redis_url(value)
    if item.metadata["secret"]:
        return _MASK
    if item.name == "oidc_roles":
        return ",".join(f"{name}={role}" for name, role in value)
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
