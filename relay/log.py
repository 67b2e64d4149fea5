"""Structured log: one JSON object per line on standard output, with an allow-list of scalar fields."""

import contextlib
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

import orjson

from relay.core.printable import escape_json

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
        "event_id",
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
            record[name] = value[:_MAX_TEXT] if isinstance(value, str) else value
    if dropped:
        record["dropped_fields"] = sorted(dropped)
    with contextlib.suppress(OSError, ValueError, TypeError):
        # One write for the whole line, so that lines of two threads do not mix.
        sys.stdout.write(escape_json(orjson.dumps(record).decode()) + "\n")
        sys.stdout.flush()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
