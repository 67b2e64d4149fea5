"""Traces: one from a partner's webhook to the call of Gong. Off, and then it costs nothing, unless it is turned on.

The rest of the relay opens spans here and knows of no library; `relay.tracing.otel` makes them, once
`relay.tracing.setup` has turned it on.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol

Attribute = str | int | float | bool


class SpanRole(StrEnum):
    """A span's part between processes."""

    SERVER = "server"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    CLIENT = "client"


class Tracer(Protocol):
    """What makes spans. A context is written as a `traceparent` of W3C's Trace Context; "" is none."""

    def span(
        self, name: str, role: SpanRole, *, parent: str, links: Sequence[str]
    ) -> AbstractContextManager[None]: ...

    def annotate(self, told: Mapping[str, Attribute]) -> None: ...

    def traceparent(self) -> str: ...


_used: dict[str, Tracer] = {}


def set_tracer(tracer: Tracer | None) -> None:
    """Make spans by this tracer from now on; None: none any more."""
    _used.clear()
    if tracer is not None:
        _used["tracer"] = tracer


def is_enabled() -> bool:
    return "tracer" in _used


def span(
    name: str, role: SpanRole, *, parent: str = "", links: Sequence[str] = ()
) -> AbstractContextManager[None]:
    """A span as long as the block. Without a parent it belongs to the one around it, or begins a trace."""
    tracer = _used.get("tracer")
    if tracer is None:
        return nullcontext()
    return tracer.span(name, role, parent=parent, links=links)


def annotate(**told: Attribute | None) -> None:
    """Say something of the span around. Ids and figures only: never what a payload or a person says."""
    tracer = _used.get("tracer")
    if tracer is not None:
        tracer.annotate({name: value for name, value in told.items() if value is not None})


def traceparent() -> str:
    """The context of the span around, to go on from elsewhere; "" where there is none."""
    tracer = _used.get("tracer")
    return tracer.traceparent() if tracer is not None else ""


def trace_ids() -> dict[str, str]:
    """What ties a line of the log to its trace."""
    parts = traceparent().split("-")
    return {"trace_id": parts[1], "span_id": parts[2]} if len(parts) == 4 else {}  # noqa: PLR2004 - as W3C has it
