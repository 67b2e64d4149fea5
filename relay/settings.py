"""The settings of a process: every `RELAY_*` variable, its default and what it means. The only reader of the environment."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from relay.core.errors import Problem
from relay.core.redis_url import read_redis_url

PREFIX = "RELAY_"

# Kubernetes tells every pod of each Service beside it: a Service named `relay-web` puts RELAY_WEB_PORT and more here.
_SET_BY_OTHERS = re.compile(
    r"RELAY_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(?:TCP|UDP|SCTP)\w*)|RELAY_REQUIRE_BROWSER"
)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_URL_PASSWORD = re.compile(r"(?<=:)[^:@/]*(?=@)|(?<=password=)[^&]*")
_MASK = "********"
_SHORTEST_KEY = 20
_SHORTEST_SECRET_KEY = 32


class Misconfigured(Exception):
    """What we were told at start cannot work. Holds every `Problem` at once, and never a secret's value."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


class SettingsError(Misconfigured):
    """The environment is wrong."""


def wrong_setting(name: str, message: str) -> SettingsError:
    """What to raise when a setting proves wrong only where it is used."""
    return SettingsError([Problem(name, "invalid", message)])


def nearest(word: str, known: Sequence[str]) -> str:
    """The end of a message: `; did you mean 'limits'?`, or nothing when no known word is near."""
    match = get_close_matches(word, known, n=1)
    return f"; did you mean '{match[0]}'?" if match else ""


def look_up(environ: Mapping[str, str], name: str) -> str | None:
    """A variable, or the text of the file that `<name>_FILE` points to; None when neither is set.

    ValueError says what is wrong with it, in words that hold no value.
    """
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name)
    if environ.get(name):
        raise ValueError(f"{name} and {name}_FILE are both set: keep one")
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise ValueError(f"the file that {name}_FILE names cannot be read: {reason}") from error


def _text(raw: str) -> str:
    return raw


def _whole(low: int, high: int = 1_000_000_000) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", raw) or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return parse


def _seconds(raw: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", raw) or not float(raw):
        raise ValueError("must be a number of seconds above 0, such as 20 or 0.5")
    return float(raw)


def _yes_or_no(raw: str) -> bool:
    if raw.lower() not in {"true", "false", "1", "0", "yes", "no"}:
        raise ValueError("must be true or false")
    return raw.lower() in {"true", "1", "yes"}


def _level(raw: str) -> str:
    if raw.lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError("must be debug, info, warning or error")
    return raw.lower()


def _hosts(raw: str) -> frozenset[str]:
    hosts = frozenset(host.strip().lower() for host in raw.split(",") if host.strip())
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError(
            "must be hosts with or without a port, split by commas: 127.0.0.1:8090,gong-mock.internal"
        )
    return hosts


def _public_url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://relay.example.com")
    return raw.rstrip("/")


def _redis_url(raw: str) -> str:
    for name, path in read_redis_url(raw).files:
        if not os.access(path, os.R_OK):
            raise ValueError(f"{name} names a file that cannot be read: {path}")
    return raw


def _keys(raw: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in raw.split(",") if key.strip())
    if not keys or min(map(len, keys)) < _SHORTEST_SECRET_KEY:
        raise ValueError("must be keys of at least 32 characters, split by commas, the newest first")
    return keys


def _admin_key(raw: str) -> str:
    if len(raw) < _SHORTEST_KEY or raw != raw.strip():
        raise ValueError(
            "must have at least 20 characters and no blanks round it: `gong-relay key admin` makes one"
        )
    return raw


def option(default: Any, doc: str, *, parse: Callable[[str], Any] = _text, secret: bool = False) -> Any:
    """One setting: its default, what it means (with its unit), how its text is read, whether it is kept out of sight."""
    return field(default=default, repr=not secret, metadata={"doc": doc, "parse": parse, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process is told by its environment. `RELAY_` + the field's name in capitals sets it."""

    config: str = option("relay.yaml", "The YAML file of sources and destinations.")
    redis_url: str = option(
        "redis://localhost:6379/0",
        "Where events wait: redis://, rediss://, unix://, redis+sentinel:// or rediss+sentinel://.",
        parse=_redis_url,
        secret=True,
    )
    redis_wait_replicas: int = option(
        0, "How many replicas must have an event before it is answered for.", parse=_whole(0, 10)
    )
    secret_keys: tuple[str, ...] = option(
        (),
        "Keys that seal sessions and stored tokens, split by commas, the newest first.",
        parse=_keys,
        secret=True,
    )
    admin_key: str | None = option(None, "The first administrator's API key.", parse=_admin_key, secret=True)
    public_url: str | None = option(
        None, "The address that partners and browsers reach the relay by.", parse=_public_url
    )
    allow_gong_hosts: frozenset[str] = option(
        frozenset(),
        "Hosts (or host:port), split by commas, that a destination's base_url may name beside Gong's own; "
        "http and a path are allowed there. For sandboxes and gateways.",
        parse=_hosts,
    )
    log_level: str = option(
        "info", "The least level that is logged: debug, info, warning or error.", parse=_level
    )
    worker_threads: int = option(128, "Calls that one worker has in flight at most.", parse=_whole(1, 2048))
    max_body_bytes: int = option(1_048_576, "The largest request body taken, in bytes.", parse=_whole(1024))
    max_items: int = option(500, "The most events that one request may hold.", parse=_whole(1, 100_000))
    retention_delivered_hours: int = option(
        72, "How long delivered events can be looked at, in hours.", parse=_whole(0)
    )
    retention_dead_hours: int = option(
        720, "How long dead letters can be replayed, in hours.", parse=_whole(1)
    )
    retention_dedupe_hours: int = option(
        336, "How long a repeated event is recognised, in hours.", parse=_whole(1)
    )
    lease_seconds: float = option(
        40.0,
        "After how many seconds a lost worker's call is taken over. At least 1.5 x the call timeout.",
        parse=_seconds,
    )
    call_timeout_seconds: float = option(
        20.0, "The most seconds that one call to Gong may take.", parse=_seconds
    )
    connect_timeout_seconds: float = option(
        5.0, "The most seconds that connecting to Gong may take.", parse=_seconds
    )
    max_attempts: int = option(12, "Attempts before an event becomes a dead letter.", parse=_whole(1, 1000))
    max_age_hours: int = option(24, "Hours of trying before an event becomes a dead letter.", parse=_whole(1))
    trust_env: bool = option(
        default=False, doc="Whether calls to Gong obey HTTPS_PROXY and its kin.", parse=_yes_or_no
    )
    high_water_percent: int = option(
        85,
        "The share of Redis' maxmemory, in percent, above which no new event is taken.",
        parse=_whole(1, 100),
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read every setting, or raise SettingsError with everything that is wrong."""
        problems = list(_unknown(environ))
        values: dict[str, Any] = {}
        for item in fields(cls):
            try:
                raw = _read(environ, item)
                values[item.name] = default(item) if raw is None else item.metadata["parse"](raw)
            except ValueError as error:
                problems.append(Problem(variable(item), "invalid", str(error)))
        if not problems:
            settings = cls(**values)
            problems.extend(_contradictions(settings))
        if problems:
            raise SettingsError(problems)
        return settings


def variable(item: "Field[Any]") -> str:
    """The name of a setting's environment variable."""
    return PREFIX + item.name.upper()


def default(item: "Field[Any]") -> Any:
    return None if item.default is MISSING else item.default


def shown(item: "Field[Any]", value: Any) -> str:
    """A setting's value as people may see it: secrets masked, sets in order."""
    if value in (None, (), frozenset()):
        return ""
    if item.name == "redis_url":
        return _URL_PASSWORD.sub(_MASK, value)
    if item.metadata["secret"]:
        return _MASK
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(environ: Mapping[str, str], item: "Field[Any]") -> str | None:
    """A setting's text. An ordinary variable that is empty counts as not set; an empty secret is a mistake."""
    if not item.metadata["secret"]:
        return environ.get(variable(item)) or None
    raw = look_up(environ, variable(item))
    if raw is not None and not raw.strip():
        raise ValueError("is empty: give it a value or remove it")
    return raw


def _unknown(environ: Mapping[str, str]) -> Iterator[Problem]:
    known = [variable(item) for item in fields(Settings)]
    files = {f"{variable(item)}_FILE" for item in fields(Settings) if item.metadata["secret"]}
    for name in sorted(environ):
        if (
            name.startswith(PREFIX)
            and name not in files
            and name not in known
            and not _SET_BY_OTHERS.fullmatch(name)
        ):
            yield Problem(name, "unknown_setting", f"there is no such setting{nearest(name, known)}")


def _contradictions(settings: Settings) -> Iterator[Problem]:
    if settings.lease_seconds < 1.5 * settings.call_timeout_seconds:
        yield Problem(
            "RELAY_LEASE_SECONDS",
            "contradiction",
            "must be at least 1.5 x RELAY_CALL_TIMEOUT_SECONDS, or a slow call would be made twice",
        )
    if settings.connect_timeout_seconds > settings.call_timeout_seconds:
        yield Problem(
            "RELAY_CONNECT_TIMEOUT_SECONDS", "contradiction", "must not exceed RELAY_CALL_TIMEOUT_SECONDS"
        )
