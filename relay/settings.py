"""The settings of a process: every `RELAY_*` variable, its default and what it means. The only reader of the environment."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from relay import settings_types as setting
from relay.core.errors import Problem
from relay.settings_types import PREFIX, default, option, variable_name

# Kubernetes tells every pod of each Service beside it: a Service named `relay-web` puts RELAY_WEB_PORT and more here.
_SET_BY_OTHERS = re.compile(
    r"RELAY_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(?:TCP|UDP|SCTP)\w*)|RELAY_REQUIRE_[A-Z]+"
)


class StartupError(Exception):
    """What we were told at start cannot work. Holds every `Problem` at once, and never a secret's value."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


class SettingsError(StartupError):
    """The environment is wrong."""


def setting_error(name: str, message: str) -> SettingsError:
    """What to raise when a setting proves wrong only where it is used."""
    return SettingsError([Problem(name, "invalid", message)])


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The end of a message: `; did you mean 'limits'?`, or nothing when no known word is near."""
    match = get_close_matches(word, known, n=1)
    return f"; did you mean '{match[0]}'?" if match else ""


def read_variable(environ: Mapping[str, str], name: str) -> str | None:
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


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process is told by its environment. `RELAY_` + the field's name in capitals sets it."""

    config: str = option("relay.yaml", "The YAML file of sources and destinations.")
    redis_url: str = option(
        "redis://localhost:6379/0",
        "Where events wait: redis://, rediss://, unix://, redis+sentinel:// or rediss+sentinel://.",
        parse=setting.redis_url,
        secret=True,
    )
    redis_wait_replicas: int = option(
        0, "How many replicas must have an event before it is answered for.", parse=setting.whole(0, 10)
    )
    secret_keys: tuple[str, ...] = option(
        (),
        "Keys that seal sessions and stored tokens, split by commas, the newest first.",
        parse=setting.keys,
        secret=True,
    )
    admin_key: str | None = option(
        None, "The first administrator's API key.", parse=setting.admin_key, secret=True
    )
    session_hours: int = option(
        12, "After how many hours a browser must sign in again.", parse=setting.whole(1, 720)
    )
    proxy_hops: int = option(
        0,
        "How many reverse proxies stand before the relay: a client's address is so many from the end of X-Forwarded-For.",
        parse=setting.whole(0, 10),
    )
    operations_port: int = option(
        0,
        "A second port, where alone pages, the operators' API and metrics answer; 0: all is at one port.",
        parse=setting.port,
    )
    shutdown_delay_seconds: int = option(
        0,
        "For how many seconds the web goes on serving after SIGTERM, with /readyz saying 503, so that load balancers turn away first.",
        parse=setting.whole(0, 600),
    )
    oidc_issuer: str | None = option(
        None,
        "The OpenID provider whose accounts may sign in: its issuer, letter by letter.",
        parse=setting.guarded_url,
    )
    oidc_client_id: str | None = option(None, "What the provider calls the relay.")
    oidc_client_secret: str | None = option(None, "The secret that the provider gave the relay.", secret=True)
    oidc_scope: str = option("openid profile email", "What the provider is asked to tell, split by blanks.")
    oidc_claim: str = option("groups", "The claim of its token that roles go by.")
    oidc_roles: tuple[tuple[str, str], ...] = option(
        (),
        "Which values of that claim have which role: ops-team=operator,admins=admin.",
        parse=setting.role_map,
    )
    public_url: str | None = option(
        None, "The address that partners and browsers reach the relay by.", parse=setting.public_url
    )
    allow_gong_hosts: frozenset[str] = option(
        frozenset(),
        "Hosts (or host:port), split by commas, that a destination's base_url may name beside Gong's own; "
        "http and a path are allowed there. For sandboxes and gateways.",
        parse=setting.hosts,
    )
    log_level: str = option(
        "info", "The least level that is logged: debug, info, warning or error.", parse=setting.level
    )
    worker_threads: int = option(
        128, "Calls that one worker has in flight at most.", parse=setting.whole(1, 2048)
    )
    worker_port: int = option(
        0, "Where a worker answers /livez, /readyz and /metrics; 0: nowhere.", parse=setting.port
    )
    metrics_destination_labels: bool = option(
        default=True, doc="Whether /metrics tells of each destination by its name.", parse=setting.yes_or_no
    )
    max_body_bytes: int = option(
        1_048_576, "The largest request body taken, in bytes.", parse=setting.whole(1024)
    )
    max_items: int = option(
        500, "The most events that one request may hold.", parse=setting.whole(1, 100_000)
    )
    retention_delivered_hours: int = option(
        72, "How long delivered events can be looked at, in hours.", parse=setting.whole(0)
    )
    retention_dead_hours: int = option(
        720, "How long dead letters can be replayed, in hours.", parse=setting.whole(1)
    )
    retention_dedupe_hours: int = option(
        336, "How long a repeated event is recognised, in hours.", parse=setting.whole(1)
    )
    retention_filtered_hours: int = option(
        72, "How long filtered events can be looked at and mapped anew, in hours.", parse=setting.whole(0)
    )
    retention_discarded_hours: int = option(
        72, "How long discarded events can be replayed, in hours.", parse=setting.whole(0)
    )
    retention_audit_hours: int = option(
        8760, "How long it is known who did what, in hours.", parse=setting.whole(1)
    )
    lease_seconds: float = option(
        40.0,
        "After how many seconds a lost worker's call is taken over. At least 1.5 x the call timeout.",
        parse=setting.seconds,
    )
    call_timeout_seconds: float = option(
        20.0, "The most seconds that one call to Gong may take.", parse=setting.seconds
    )
    connect_timeout_seconds: float = option(
        5.0, "The most seconds that connecting to Gong may take.", parse=setting.seconds
    )
    max_attempts: int = option(
        12, "Attempts before an event becomes a dead letter.", parse=setting.whole(1, 1000)
    )
    max_age_hours: int = option(
        24, "Hours of trying before an event becomes a dead letter.", parse=setting.whole(1)
    )
    trust_env: bool = option(
        default=False, doc="Whether calls to Gong obey HTTPS_PROXY and its kin.", parse=setting.yes_or_no
    )
    high_water_percent: int = option(
        85,
        "The share of Redis' maxmemory, in percent, above which no new event is taken.",
        parse=setting.whole(1, 100),
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
                problems.append(Problem(variable_name(item), "invalid", str(error)))
        if not problems:
            settings = cls(**values)
            problems.extend(_contradictions(settings))
        if problems:
            raise SettingsError(problems)
        return settings


def _read(environ: Mapping[str, str], item: "Field[Any]") -> str | None:
    """A setting's text. An ordinary variable that is empty counts as not set; an empty secret is a mistake."""
    if not item.metadata["secret"]:
        return environ.get(variable_name(item)) or None
    raw = read_variable(environ, variable_name(item))
    if raw is not None and not raw.strip():
        raise ValueError("is empty: give it a value or remove it")
    return raw


def _unknown(environ: Mapping[str, str]) -> Iterator[Problem]:
    known = [variable_name(item) for item in fields(Settings)]
    files = {f"{variable_name(item)}_FILE" for item in fields(Settings) if item.metadata["secret"]}
    for name in sorted(environ):
        if (
            name.startswith(PREFIX)
            and name not in files
            and name not in known
            and not _SET_BY_OTHERS.fullmatch(name)
        ):
            yield Problem(name, "unknown_setting", f"there is no such setting{did_you_mean(name, known)}")


def _contradictions(settings: Settings) -> Iterator[Problem]:
    if settings.oidc_issuer is not None:
        needed = ("oidc_client_id", "oidc_client_secret", "oidc_roles", "public_url", "secret_keys")
        for name in (name for name in needed if not getattr(settings, name)):
            message = "is needed where RELAY_OIDC_ISSUER lets accounts of a provider sign in"
            yield Problem(PREFIX + name.upper(), "conflict", message)
    if settings.lease_seconds < 1.5 * settings.call_timeout_seconds:
        yield Problem(
            "RELAY_LEASE_SECONDS",
            "conflict",
            "must be at least 1.5 x RELAY_CALL_TIMEOUT_SECONDS, or a slow call would be made twice",
        )
    if settings.connect_timeout_seconds > settings.call_timeout_seconds:
        yield Problem(
            "RELAY_CONNECT_TIMEOUT_SECONDS", "conflict", "must not exceed RELAY_CALL_TIMEOUT_SECONDS"
        )
