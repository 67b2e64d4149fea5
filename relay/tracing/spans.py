"""Spans for tracing an event from its request to the call to Gong. Without a tracer they do nothing.

The relay opens spans only through this module, so that no other module depends on a tracing library.
`relay.tracing.setup` installs the tracer of `relay.tracing.otel`.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol

Attribute = str | int | float | bool


class SpanRole(StrEnum):
    """The role of a span between processes."""

    SERVER = "server"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    CLIENT = "client"


class Tracer(Protocol):
    """Opens spans. A context is a `traceparent` of W3C Trace Context; "" is none."""

    def span(
        self, name: str, role: SpanRole, *, parent: str, links: Sequence[str]
    ) -> AbstractContextManager[None]: ...

    def annotate(self, attributes: Mapping[str, Attribute]) -> None: ...

    def traceparent(self) -> str: ...


_current: dict[str, Tracer] = {}


def set_tracer(tracer: Tracer | None) -> None:
    """Use this tracer from now on; None turns tracing off."""
    _current.clear()
    if tracer is not None:
        _current["tracer"] = tracer


def is_enabled() -> bool:
    return "tracer" in _current


def span(
    name: str, role: SpanRole, *, parent: str = "", links: Sequence[str] = ()
) -> AbstractContextManager[None]:
    """Open a span for the block. Without `parent` it belongs to the surrounding span, or starts a trace."""
    tracer = _current.get("tracer")
    if tracer is None:
        return nullcontext()
    return tracer.span(name, role, parent=parent, links=links)


def annotate(**attributes: Attribute | None) -> None:
    """Add attributes to the current span. Only ids and numbers: never content of a payload or personal data."""
    tracer = _current.get("tracer")
    if tracer is not None:
        tracer.annotate({name: value for name, value in attributes.items() if value is not None})


def traceparent() -> str:
    """Return the context of the current span, so that another process can continue the trace; "" without a span."""
    tracer = _current.get("tracer")
    return tracer.traceparent() if tracer is not None else ""


def trace_ids() -> dict[str, str]:
    """Return the ids that connect a line of the log to its trace."""
    parts = traceparent().split("-")
    return {"trace_id": parts[1], "span_id": parts[2]} if len(parts) == 4 else {}  # noqa: PLR2004 - the four parts of a traceparent
