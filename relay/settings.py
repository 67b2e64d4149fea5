"""Settings of a process: every `RELAY_*` variable, its default and its meaning. Only this module reads the environment."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from relay.core.errors import QUOTE_MAX, Problem
from relay.core.secret import Process, WithheldSecret
from relay.settings_types import (
    PREFIX,
    default_value,
    integer_between,
    option,
    parse_admin_key,
    parse_bool,
    parse_hosts,
    parse_issuer,
    parse_log_level,
    parse_port,
    parse_public_url,
    parse_role_map,
    parse_seconds,
    parse_secret_keys,
    parse_store_url,
    variable_name,
)

# Kubernetes describes every Service to every pod beside it: for a Service `relay-web` it sets RELAY_WEB_PORT and more.
_SET_BY_KUBERNETES = re.compile(
    r"RELAY_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(?:TCP|UDP|SCTP)\w*)|RELAY_REQUIRE_[A-Z]+"
)


class StartupError(Exception):
    """Settings, configuration file or options cannot work. Lists every `Problem`, and contains no secret."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


class SettingsError(StartupError):
    """The environment is invalid."""


def setting_error(name: str, message: str) -> SettingsError:
    """Build the error for a setting that turns out to be invalid only where it is used."""
    return SettingsError([Problem(name, "invalid", message)])


def did_you_mean(word: str, candidates: Sequence[str]) -> str:
    """Return the end of a message, such as `; did you mean 'limits'?`; empty if no candidate is close."""
    match = get_close_matches(word[:QUOTE_MAX], candidates, n=1)
    return f"; did you mean '{match[0]}'?" if match else ""


def read_variable(environ: Mapping[str, str], name: str) -> str | None:
    """Return a variable, or the text of the file that `<name>_FILE` names; None if neither is set.

    Raises ValueError with a message that contains no value.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the environment sets. The variable of a field is `RELAY_` and the field's name in capitals."""

    config: str = option("relay.yaml", "The YAML file of sources and destinations.")
    redis_url: str = option(
        "redis://localhost:6379/0",
        "The main store: redis://, rediss://, unix://, redis+sentinel:// or rediss+sentinel://.",
        parse=parse_store_url,
        secret=True,
    )
    redis_wait_replicas: int = option(
        0,
        "Number of replicas that must have an event before its sender gets a response.",
        parse=integer_between(0, 10),
    )
    secret_keys: tuple[str, ...] = option(
        (),
        "Keys that encrypt sessions and stored tokens, separated by commas, newest first.",
        parse=parse_secret_keys,
        secret=True,
    )
    admin_key: str | WithheldSecret | None = option(  # noqa: RUF009 - a WithheldSecret is frozen
        None,
        "API key of the first administrator.",
        parse=parse_admin_key,
        secret=True,
        readers=frozenset({Process.ALL, Process.WEB, Process.COMMAND}),
    )
    session_hours: int = option(
        12, "Hours after which a browser must sign in again.", parse=integer_between(1, 720)
    )
    proxy_hops: int = option(
        0,
        "Number of reverse proxies in front of the relay. The client's address is the entry of X-Forwarded-For at this "
        "position, counted from the end.",
        parse=integer_between(0, 10),
    )
    operations_port: int = option(
        0,
        "Separate port for the dashboard, the operators' API and metrics. 0 serves everything on one port.",
        parse=parse_port,
    )
    shutdown_delay_seconds: int = option(
        0,
        "Seconds for which the web server keeps serving after SIGTERM while /readyz answers 503, so that load balancers stop "
        "sending requests first.",
        parse=integer_between(0, 600),
    )
    oidc_issuer: str | None = option(
        None,
        "Issuer of the OpenID provider whose accounts may sign in, exactly as the provider writes it.",
        parse=parse_issuer,
    )
    oidc_client_id: str | None = option(None, "The relay's client ID at the provider.")
    oidc_client_secret: str | WithheldSecret | None = option(  # noqa: RUF009 - a WithheldSecret is frozen
        None,
        "The relay's client secret at the provider.",
        secret=True,
        readers=frozenset({Process.ALL, Process.WORKER}),
    )
    oidc_scope: str = option(
        "openid profile email", "Scopes to request from the provider, separated by spaces."
    )
    oidc_claim: str = option("groups", "Claim of the ID token that decides the role.")
    oidc_roles: tuple[tuple[str, str], ...] = option(
        (),
        "Roles for values of that claim: ops-team=operator,admins=admin.",
        parse=parse_role_map,
    )
    public_url: str | None = option(
        None, "The relay's address for partners and browsers.", parse=parse_public_url
    )
    allow_gong_hosts: frozenset[str] = option(
        frozenset(),
        "Hosts (or host:port), separated by commas, that a destination's base_url may use besides Gong's own, with "
        "http and a path too. For sandboxes and gateways.",
        parse=parse_hosts,
    )
    log_level: str = option(
        "info", "Minimum log level: debug, info, warning or error.", parse=parse_log_level
    )
    worker_threads: int = option(
        128, "Maximum number of calls that one worker has in flight.", parse=integer_between(1, 2048)
    )
    worker_port: int = option(
        0,
        "Port on which a worker serves /livez, /readyz and /metrics. 0 turns them off.",
        parse=parse_port,
    )
    metrics_destination_labels: bool = option(
        default=True,
        doc="Whether /metrics has a series for each destination, labeled with its name.",
        parse=parse_bool,
    )
    max_body_bytes: int = option(
        1_048_576, "Maximum size of a request body, in bytes.", parse=integer_between(1024)
    )
    max_bodies_bytes: int = option(
        67_108_864,
        "Maximum memory for request bodies in one web process, in bytes. Beyond it, bodies above 16 KiB get 503.",
        parse=integer_between(1_048_576),
    )
    max_connections_per_client: int = option(
        100,
        "Maximum number of connections that one client address may have to one web process. Beyond it, idle connections of "
        "that client are closed. Does not apply behind a proxy (RELAY_PROXY_HOPS).",
        parse=integer_between(1, 100_000),
    )
    receive_timeout_seconds: float = option(
        10.0,
        "Seconds within which the head of a request must arrive, and each further 10 KiB of its body.",
        parse=parse_seconds,
    )
    request_timeout_seconds: float = option(
        60.0,
        "Seconds within which the whole body of a request must arrive, and within which the client must read the response.",
        parse=parse_seconds,
    )
    max_items: int = option(
        500, "Maximum number of events in one request.", parse=integer_between(1, 100_000)
    )
    max_unreadable_bytes: int = option(
        262_144,
        "Bytes up to which a webhook's body that cannot be read becomes a dead letter. A larger one is answered with 413.",
        parse=integer_between(0),
    )
    retention_delivered_hours: int = option(
        72, "Hours for which delivered events are kept.", parse=integer_between(0)
    )
    retention_dead_hours: int = option(
        720, "Hours for which dead letters are kept and can be replayed.", parse=integer_between(1)
    )
    retention_dedupe_hours: int = option(
        336, "Hours for which a repeated event is recognized.", parse=integer_between(1)
    )
    retention_filtered_hours: int = option(
        72, "Hours for which filtered events are kept and can be mapped again.", parse=integer_between(0)
    )
    retention_discarded_hours: int = option(
        72,
        "Hours for which discarded events are kept. Those discarded with `keep_data` can be replayed until then.",
        parse=integer_between(0),
    )
    retention_audit_hours: int = option(
        8760, "Hours for which entries of the audit log are kept.", parse=integer_between(1)
    )
    lease_seconds: float = option(
        40.0,
        "Seconds after which another worker takes over the calls of a lost one. At least 1.5 x the call timeout.",
        parse=parse_seconds,
    )
    call_timeout_seconds: float = option(
        20.0,
        "Timeout of one call to Gong, in seconds, from the name lookup to the end of the response.",
        parse=parse_seconds,
    )
    connect_timeout_seconds: float = option(
        5.0, "Timeout for connecting to one address of Gong, in seconds.", parse=parse_seconds
    )
    max_attempts: int = option(
        12, "Number of attempts before an event becomes a dead letter.", parse=integer_between(1, 1000)
    )
    max_age_hours: int = option(
        24, "Hours of retrying before an event becomes a dead letter.", parse=integer_between(1)
    )
    trust_env: bool = option(
        default=False,
        doc="Whether calls to Gong honor HTTPS_PROXY and similar variables.",
        parse=parse_bool,
    )
    high_water_percent: int = option(
        85,
        "Share of Redis' maxmemory, in percent, above which the relay accepts no new events.",
        parse=integer_between(1, 100),
    )

    @property
    def worker_grace_seconds(self) -> float:
        """Seconds within which a stopping worker exits: enough for a call that has just begun."""
        return max(25.0, self.call_timeout_seconds + 5.0)

    @classmethod
    def from_env(cls, environ: Mapping[str, str], process: Process = Process.ALL) -> "Settings":
        """Read every setting, or raise SettingsError with everything that is wrong.

        A secret that `process` does not use is not read; a placeholder stands for it.
        """
        problems = list(_unknown_settings(environ))
        values: dict[str, Any] = {}
        for item in fields(cls):
            if process not in item.metadata["readers"]:
                values[item.name] = WithheldSecret(variable_name(item))
                continue
            try:
                raw = _read(environ, item)
                values[item.name] = default_value(item) if raw is None else item.metadata["parse"](raw)
            except ValueError as error:
                problems.append(Problem(variable_name(item), "invalid", str(error)))
        # Conflicts can be judged only once every single value is valid.
        if not problems:
            settings = cls(**values)
            problems.extend(_conflicts(settings))
        if problems:
            raise SettingsError(problems)
        return settings


def _read(environ: Mapping[str, str], item: "Field[Any]") -> str | None:
    """Return a setting's text. An ordinary variable that is empty counts as unset; an empty secret is an error."""
    if not item.metadata["secret"]:
        return environ.get(variable_name(item)) or None
    raw = read_variable(environ, variable_name(item))
    if raw is not None and not raw.strip():
        raise ValueError("is empty: give it a value or remove it")
    return raw


def _unknown_settings(environ: Mapping[str, str]) -> Iterator[Problem]:
    names = [variable_name(item) for item in fields(Settings)]
    files = {f"{variable_name(item)}_FILE" for item in fields(Settings) if item.metadata["secret"]}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in files or name in names:
            continue
        if not _SET_BY_KUBERNETES.fullmatch(name):
            yield Problem(name, "unknown_setting", f"is not a setting{did_you_mean(name, names)}")


def _conflicts(settings: Settings) -> Iterator[Problem]:
    if settings.oidc_issuer is not None:
        required = ("oidc_client_id", "oidc_client_secret", "oidc_roles", "public_url", "secret_keys")
        for name in required:
            if not getattr(settings, name):
                message = "is required because RELAY_OIDC_ISSUER is set"
                yield Problem(PREFIX + name.upper(), "conflict", message)
    if settings.lease_seconds < 1.5 * settings.call_timeout_seconds:
        yield Problem(
            "RELAY_LEASE_SECONDS",
            "conflict",
            "must be at least 1.5 x RELAY_CALL_TIMEOUT_SECONDS; otherwise a slow call would be made twice",
        )
    if settings.connect_timeout_seconds > settings.call_timeout_seconds:
        yield Problem(
            "RELAY_CONNECT_TIMEOUT_SECONDS", "conflict", "must not exceed RELAY_CALL_TIMEOUT_SECONDS"
        )
