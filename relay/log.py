"""The log: one JSON object a line on standard output, made of named scalars only, so that no payload slips in."""

import contextlib
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

import orjson

Level = Literal["debug", "info", "warning", "error"]
Scalar = str | int | float | bool | None

FIELDS = frozenset(
    (
        *("id", "event_id", "source", "destination", "company", "operation", "request_id", "field", "name"),
        *("number", "outcome", "status", "settled", "verb", "reason", "code", "error", "where", "resumed"),
        *("principal", "role", "action", "target"),
        *(
            "method",
            "route",
            "port",
            "worker",
            "threads",
            "signal",
            "version",
            "bytes",
            "seconds",
            "wait_seconds",
        ),
        *(
            "count",
            "times",
            "events",
            "queued",
            "duplicates",
            "filtered",
            "held",
            "dead",
            "rescued",
            "pruned",
        ),
    )
)
"""Every field that a line may carry beside `ts`, `level` and `event`. Others are left out, and named in `left_out`."""

_RANKS: dict[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_LONGEST = 500

_least = {"rank": _RANKS["info"]}
_stamp: dict[str, Callable[[], Mapping[str, str]]] = {}


def configure(level: str) -> None:
    """Write lines of this level and above: debug, info, warning or error."""
    _least["rank"] = _RANKS[level]


def add_trace_ids(ids: Callable[[], Mapping[str, str]]) -> None:
    """Have every line carry what `ids` says then: `trace_id` and `span_id`."""
    _stamp["ids"] = ids


def log_event(event: str, *, level: Level = "info", **fields: Scalar) -> None:
    """Write one line: `log_event("delivery.attempted", id=..., outcome="delivered")`. Fields that are None are left away.

    Never raises: an event must not be lost because the log's disk is full or its reader is gone.
    """
    if _RANKS[level] < _least["rank"]:
        return
    record: dict[str, object] = {"ts": _now(), "level": level, "event": event}
    if "ids" in _stamp:
        record |= _stamp["ids"]()
    left_out = []
    for name, value in fields.items():
        if name not in FIELDS or not isinstance(value, Scalar):
            left_out.append(name)
        elif value is not None:
            record[name] = value[:_LONGEST] if isinstance(value, str) else value
    if left_out:
        record["left_out"] = sorted(left_out)
    with contextlib.suppress(OSError, ValueError, TypeError):
        # One write for the whole line, so that threads do not mix theirs.
        sys.stdout.write(orjson.dumps(record).decode() + "\n")
        sys.stdout.flush()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
