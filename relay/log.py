"""Structured log: one JSON object per line on standard output, with an allow-list of scalar fields."""

import contextlib
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

import orjson

from relay.core.printable import escape_json
from relay.core.redaction import redact_name, redact_sentence

Level = Literal["debug", "info", "warning", "error"]
Scalar = str | int | float | bool | None

FIELDS = frozenset(
    {
        "action",
        "code",
        "company",
        "count",
        "destination",
        "erasure",
        "error",
        "events",
        "id",
        "method",
        "name",
        "number",
        "operation",
        "outcome",
        "port",
        "principal",
        "pruned",
        "reason",
        "relaxed",
        "replay",
        "request_id",
        "rescued",
        "resumed",
        "role",
        "route",
        "seconds",
        "settled",
        "source",
        "status",
        "target",
        "times",
        "verb",
        "where",
        "worker",
    }
)
"""The fields that a line may have besides `ts`, `level` and `event`.

Any other field is dropped, and `dropped_fields` lists its name, so that no payload reaches the log by accident.
"""

_RANKS: dict[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_MAX_TEXT = 500
_SENTENCES = frozenset({"error", "reason", "target"})
"""The fields that hold more than one name. Numbers and quoted values in them are masked too."""

_minimum = {"rank": _RANKS["info"]}
_trace_ids: dict[str, Callable[[], Mapping[str, str]]] = {}


def configure(level: str) -> None:
    """Write lines of this level and above: debug, info, warning or error."""
    _minimum["rank"] = _RANKS[level]


def add_trace_ids(read_ids: Callable[[], Mapping[str, str]]) -> None:
    """Add what `read_ids` returns, `trace_id` and `span_id`, to every line from now on."""
    _trace_ids["read"] = read_ids


def log_event(event: str, *, level: Level = "info", **fields: Scalar) -> None:
    """Write one line, such as `log_event("delivery.attempted", id=..., outcome="delivered")`.

    Omits fields that are None. Never raises: a full disk or a closed pipe must not lose an event.
    """
    if _RANKS[level] < _minimum["rank"]:
        return
    record: dict[str, object] = {"ts": _now(), "level": level, "event": event}
    if "read" in _trace_ids:
        record |= _trace_ids["read"]()
    dropped = []
    for name, value in fields.items():
        if name not in FIELDS or not isinstance(value, Scalar):
            dropped.append(name)
        elif value is not None:
            record[name] = _clean(name, value) if isinstance(value, str) else value
    if dropped:
        record["dropped_fields"] = sorted(dropped)
    with contextlib.suppress(OSError, ValueError, TypeError):
        # One write for the whole line, so that lines of two threads do not mix.
        sys.stdout.write(escape_json(orjson.dumps(record).decode()) + "\n")
        sys.stdout.flush()


def _clean(name: str, text: str) -> str:
    """Shorten a text, and mask what looks like personal data."""
    # A second guard: callers pass codes and names of the configuration. An account of an identity provider is an address.
    return (redact_sentence if name in _SENTENCES else redact_name)(text[:_MAX_TEXT])


def log_crash(event: str, error: BaseException, *, worker: str | None = None, id: str | None = None) -> None:  # noqa: A002 - the name of the field
    """Write one line about a crash: the class of the error, and the file and line that raised it.

    Its message is left out: it may quote a payload, a URL with a password, or a header.
    """
    log_event(
        event, level="error", error=type(error).__name__, where=error_location(error), worker=worker, id=id
    )


def error_location(error: BaseException) -> str:
    """Return the file and line that raised the error."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
