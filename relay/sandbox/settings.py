"""The settings of the sandbox: read from `SANDBOX_*` variables at start; most can be changed at run time."""

# ruff: noqa: RUF009 - `setting` is `dataclasses.field` with our own metadata

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

PREFIX = "SANDBOX_"


class Fidelity(StrEnum):
    """How strictly bodies are checked: the schema, the prose of Gong's documentation too, or stricter rules of ours."""

    SCHEMA = "schema"
    DOCUMENTED = "documented"
    STRICT = "strict"


class SpecVersion(StrEnum):
    """The version of Gong's API. In 2024 `person` was required and `trackingId` did not exist."""

    V2026 = "2026"
    V2024 = "2024"


class Dialects(StrEnum):
    BOTH = "both"
    GONG = "gong"
    CATALOG = "catalog"


class DayReset(StrEnum):
    ROLLING = "rolling"
    UTC_MIDNIGHT = "utc_midnight"


class RetryAfterForm(StrEnum):
    INT = "int"
    MISSING = "missing"
    ZERO = "zero"
    HTTP_DATE = "http_date"
    FLOAT = "float"
    GARBAGE = "garbage"
    HUGE = "huge"


class DedupeScope(StrEnum):
    """The scope of event-id deduplication. SOURCE means one sender within one API."""

    COMPANY = "company"
    CREDENTIAL = "credential"
    SOURCE = "source"
    ENDPOINT = "endpoint"


def _parse_bool(text: str) -> bool:
    values = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in values:
        raise ValueError("must be true or false")
    return values[text.lower()]


def _parse_seconds(text: str) -> float:
    if not 0 <= (seconds := float(text)) < float("inf"):
        raise ValueError("must be a number of seconds, 0 or more")
    return seconds


def _parse_rate(text: str) -> float:
    if not 0 < (rate := float(text)) < float("inf"):
        raise ValueError("must be a number greater than 0")
    return rate


def _parse_count(text: str) -> int:
    if (count := int(text)) < 1:
        raise ValueError("must be a whole number, 1 or more")
    return count


def _parse_hosts(text: str) -> str:
    """Return host names in lower case, separated by commas without spaces."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if not all(re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", name) for name in names):
        raise ValueError("must be host names without a port, separated by commas: sandbox,gong.test")
    return ",".join(names)


def _parse_seed(text: str) -> int | None:
    return int(text) if text else None


def setting(
    default: Any, doc: str, parse: Callable[[str], object] = str, *, live: bool = True, secret: bool = False
) -> Any:
    """Define a field of the settings. A `live` one can be changed at run time; a `secret` one is never shown."""
    metadata = {"doc": doc, "parse": parse, "live": live}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    fidelity: Fidelity = setting(Fidelity.DOCUMENTED, "How strictly request bodies are checked.", Fidelity)
    spec_version: SpecVersion = setting(
        SpecVersion.V2026, "Version of Gong's API: `2026` or `2024`.", SpecVersion
    )
    dialects: Dialects = setting(
        Dialects.BOTH, "Which paths exist: Gong's (`gong`), the catalog's (`catalog`) or `both`.", Dialects
    )
    latency_seconds: float = setting(0.0, "Delay before every response of the API.", _parse_seconds)
    per_second: float = setting(3.0, "Rate limit per company, in calls per second.", _parse_rate)
    burst: int = setting(3, "Calls that a company may make at once after a pause.", _parse_count)
    per_day: int = setting(10_000, "Daily limit per company, in calls.", _parse_count)
    day_reset: DayReset = setting(
        DayReset.ROLLING, "Window of the daily limit: `rolling` 24 hours or `utc_midnight`.", DayReset
    )
    count_rejected: bool = setting(
        default=True, doc="Count rejected calls against the daily limit.", parse=_parse_bool
    )
    retry_after_form: RetryAfterForm = setting(
        RetryAfterForm.INT,
        "Retry-After of a 429: `int`, `float`, `http_date`, `zero`, `huge`, `garbage` or `missing`.",
        RetryAfterForm,
    )
    remaining_header: bool = setting(
        default=True, doc="Send X-RateLimit-Remaining with a 200.", parse=_parse_bool
    )
    dedupe_scope: DedupeScope = setting(
        DedupeScope.SOURCE,
        "Where an eventId must be unique: per `source`, `credential`, `endpoint` or `company`.",
        DedupeScope,
    )
    dedupe_ttl_seconds: float = setting(
        0.0, "How long an eventId is remembered; 0 means forever.", _parse_seconds
    )
    engagement_api: bool = setting(default=True, doc="Companies have the engagement API.", parse=_parse_bool)
    engagement_integration_id: bool = setting(
        default=False,
        doc="Engagement responses include an integrationId, an int64 too large for a float.",
        parse=_parse_bool,
    )
    create_companies: bool = setting(
        default=True, doc="Create an unknown company with its first call.", parse=_parse_bool
    )
    allow_hosts: str = setting(
        "",
        "Names under which the sandbox may be reached besides localhost and IP addresses, separated by commas.",
        _parse_hosts,
        live=False,
    )
    access_key: str = setting("sandbox-key", "Access key of new companies.", live=False)
    access_key_secret: str = setting(
        "sandbox-secret", "Access key secret of new companies.", live=False, secret=True
    )
    client_id: str = setting("sandbox-client", "Client ID of the OAuth app.", live=False)
    client_secret: str = setting(
        "sandbox-client-secret", "Client secret of the OAuth app.", live=False, secret=True
    )
    token_seconds: int = setting(86_400, "Lifetime of an access token.", _parse_count)
    auto_approve: bool = setting(
        default=False, doc="Grant consent without showing the page.", parse=_parse_bool
    )
    journal: str = setting(
        "", "File that keeps accepted events across restarts; empty keeps them in memory only.", live=False
    )
    keep_events: int = setting(
        100_000, "Number of newest events kept with their bodies.", _parse_count, live=False
    )
    keep_log: int = setting(200_000, "Number of newest requests kept in the log.", _parse_count, live=False)
    seed: int | None = setting(
        None, "Seed that makes request ids repeatable; empty means random.", _parse_seed, live=False
    )

    def __post_init__(self) -> None:
        # Convert `fidelity="strict"` and the like: a plain string equals no enum member, and would silently act as the
        # default.
        for option in fields(self):
            if type(value := getattr(self, option.name)) is str:
                object.__setattr__(self, option.name, option.metadata["parse"](value))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "SandboxSettings":
        """Read `SANDBOX_*`. Raises ValueError with every variable that is wrong and what to write instead."""
        texts = {
            name[len(PREFIX) :].lower(): text for name, text in environ.items() if name.startswith(PREFIX)
        }
        return cls(**_parse_all(texts, format_name=lambda name: PREFIX + name.upper(), live_only=False))

    def with_changes(self, changes: Mapping[str, object]) -> "SandboxSettings":
        """Return a copy with some settings changed. Raises ValueError with every change that is wrong."""
        texts = {name: _to_text(value) for name, value in changes.items()}
        return replace(self, **_parse_all(texts, format_name=str, live_only=True))

    def public_values(self) -> dict[str, object]:
        """Return all settings except the secrets."""
        return {option.name: getattr(self, option.name) for option in fields(self) if option.repr}


def _to_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parse_all(
    texts: Mapping[str, str], *, format_name: Callable[[str], str], live_only: bool
) -> dict[str, Any]:
    """Parse all settings and collect all errors. `format_name` writes a setting's name in a message."""
    options = {option.name: option for option in fields(SandboxSettings)}
    values: dict[str, Any] = {}
    errors: list[str] = []
    # Collect all errors, so that one restart can fix them all.
    for name, text in texts.items():
        if name not in options:
            errors.append(f"{format_name(name)}: unknown setting{_suggest(name, options, format_name)}")
            continue
        if live_only and not options[name].metadata["live"]:
            errors.append(f"{format_name(name)}: cannot be changed while the sandbox runs; set it at start")
            continue
        try:
            values[name] = options[name].metadata["parse"](text)
        except ValueError as error:
            errors.append(f"{format_name(name)}: {error}")
    if errors:
        raise ValueError("; ".join(errors))
    return values


def _suggest(name: str, names: Mapping[str, object], format_name: Callable[[str], str]) -> str:
    matches = get_close_matches(name, names, n=1)
    return f"; did you mean {format_name(matches[0])}?" if matches else ""
