"""Every switch of the sandbox, with its meaning; read once from `SANDBOX_*` variables and changeable at run time."""

# ruff: noqa: RUF009 `option` is `dataclasses.field` with our own metadata

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

PREFIX = "SANDBOX_"


class Fidelity(StrEnum):
    """How much is demanded of a body: the schema, what Gong's prose adds, or every guard we can argue for."""

    SCHEMA = "schema"
    DOCUMENTED = "documented"
    STRICT = "strict"


class SpecVersion(StrEnum):
    """Which year's description of Gong's API holds. In 2024 `person` was required and `trackingId` unknown."""

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
    """Within what an eventId is taken as repeated. SOURCE: one API and one sender of it."""

    COMPANY = "company"
    CREDENTIAL = "credential"
    SOURCE = "source"
    ENDPOINT = "endpoint"


def _truth(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise ValueError("write true or false")
    return words[text.lower()]


def _seconds(text: str) -> float:
    if not 0 <= (seconds := float(text)) < float("inf"):
        raise ValueError("write a number of seconds, 0 or more")
    return seconds


def _rate(text: str) -> float:
    if not 0 < (rate := float(text)) < float("inf"):
        raise ValueError("write a number above 0")
    return rate


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise ValueError("write a whole number, 1 or more")
    return count


def _seed(text: str) -> int | None:
    return int(text) if text else None


def option(
    default: Any, doc: str, parse: Callable[[str], object] = str, *, live: bool = True, secret: bool = False
) -> Any:
    """A field of the settings. `live` ones may be changed at run time, `secret` ones are never shown."""
    metadata = {"doc": doc, "parse": parse, "live": live}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    fidelity: Fidelity = option(Fidelity.DOCUMENTED, "What is demanded of a body.", Fidelity)
    spec_version: SpecVersion = option(SpecVersion.V2026, "Whose year's API this is.", SpecVersion)
    dialects: Dialects = option(Dialects.BOTH, "Whose paths exist.", Dialects)
    latency_seconds: float = option(0.0, "Every answer of the API is held back so long.", _seconds)
    per_second: float = option(3.0, "Calls a second, per company.", _rate)
    burst: int = option(3, "Calls at once after a pause, per company.", _count)
    per_day: int = option(10_000, "Calls a day, per company.", _count)
    day_reset: DayReset = option(DayReset.ROLLING, "What a day is.", DayReset)
    count_rejected: bool = option(default=True, doc="Rejected calls count against the day too.", parse=_truth)
    retry_after_form: RetryAfterForm = option(
        RetryAfterForm.INT, "How a 429 says when to come back.", RetryAfterForm
    )
    remaining_header: bool = option(default=True, doc="Send X-RateLimit-Remaining with a 200.", parse=_truth)
    dedupe_scope: DedupeScope = option(DedupeScope.SOURCE, "Within what an eventId repeats.", DedupeScope)
    dedupe_ttl_seconds: float = option(0.0, "When an eventId is forgotten; 0: never.", _seconds)
    legacy_enabled: bool = option(default=True, doc="Companies have the engagement API.", parse=_truth)
    legacy_integration_id: bool = option(
        default=False, doc="Engagement answers carry an int64 that a float cannot hold.", parse=_truth
    )
    create_companies: bool = option(
        default=True, doc="Unknown companies come into being on first use.", parse=_truth
    )
    access_key: str = option("sandbox-key", "Access key of new companies.", live=False)
    access_key_secret: str = option("sandbox-secret", "And its secret.", live=False, secret=True)
    client_id: str = option("sandbox-client", "Client id of the OAuth app.", live=False)
    client_secret: str = option("sandbox-client-secret", "And its secret.", live=False, secret=True)
    token_seconds: int = option(86_400, "How long an access token lasts.", _count)
    auto_approve: bool = option(default=False, doc="Consent is given without asking.", parse=_truth)
    journal: str = option("", "File that keeps accepted events across restarts; empty: none.", live=False)
    keep_events: int = option(100_000, "Newest events kept with their bodies.", _count, live=False)
    keep_log: int = option(200_000, "Newest requests kept in the log.", _count, live=False)
    seed: int | None = option(
        None, "Makes request ids repeat from run to run; empty: random.", _seed, live=False
    )

    def __post_init__(self) -> None:
        """Take `fidelity="strict"` for what it says: a text that equals no member would silently mean the default."""
        for option in fields(self):
            if type(given := getattr(self, option.name)) is str:
                object.__setattr__(self, option.name, option.metadata["parse"](given))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "SandboxSettings":
        """Read `SANDBOX_*`. ValueError names every variable that is wrong, and the remedy."""
        given = {
            name[len(PREFIX) :].lower(): text for name, text in environ.items() if name.startswith(PREFIX)
        }
        return cls(**_parsed(given, show=lambda name: PREFIX + name.upper(), live_only=False))

    def changed(self, given: Mapping[str, object]) -> "SandboxSettings":
        """The same settings with some changed at run time. ValueError names every one that is wrong."""
        return replace(
            self, **_parsed({name: _text(value) for name, value in given.items()}, show=str, live_only=True)
        )

    def shown(self) -> dict[str, object]:
        """What may be shown of them: all but secrets."""
        return {option.name: getattr(self, option.name) for option in fields(self) if option.repr}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(given: Mapping[str, str], *, show: Callable[[str], str], live_only: bool) -> dict[str, Any]:
    options = {option.name: option for option in fields(SandboxSettings)}
    values: dict[str, Any] = {}
    errors: list[str] = []
    for name, text in given.items():
        try:
            if name not in options:
                raise ValueError("no such setting" + _nearest(name, options, show))  # noqa: TRY301
            if live_only and not options[name].metadata["live"]:
                raise ValueError("cannot be changed while the sandbox runs: set it at the start")  # noqa: TRY301
            values[name] = options[name].metadata["parse"](text)
        except ValueError as error:
            errors.append(f"{show(name)}: {error}")
    if errors:
        raise ValueError("; ".join(errors))
    return values


def _nearest(name: str, names: Mapping[str, object], show: Callable[[str], str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"; did you mean {show(near[0])}?" if near else ""
