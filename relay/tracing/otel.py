"""Spans made by OpenTelemetry, and sent to its collector by OTLP over HTTP. Loaded only where traces are on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from relay.core.version import VERSION
from relay.tracing.spans import Attribute, SpanRole

_KINDS = {
    SpanRole.SERVER: SpanKind.SERVER,
    SpanRole.PRODUCER: SpanKind.PRODUCER,
    SpanRole.CONSUMER: SpanKind.CONSUMER,
    SpanRole.CLIENT: SpanKind.CLIENT,
}
_WRITTEN = TraceContextTextMapPropagator()


def create_exporting_tracer(service: str) -> "OtelTracer":
    """Spans in batches, from a thread of their own: a collector that is slow or away holds nothing up."""
    exporter: SpanExporter = OTLPSpanExporter()
    return create_tracer(BatchSpanProcessor(exporter), service)


def create_tracer(processor: SpanProcessor, service: str) -> "OtelTracer":
    """Spans that end at this processor. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over `service`."""
    ours = Resource.create({"service.name": service, "service.version": VERSION})
    resource = ours.merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor)
    return OtelTracer(provider)


class OtelTracer:
    """A tracer by OpenTelemetry's SDK."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("relay", VERSION)

    @contextmanager
    def span(self, name: str, role: SpanRole, *, parent: str, links: Sequence[str]) -> Iterator[None]:
        """An exception that leaves the block marks the span as failed, by its kind alone: its text may tell of people."""
        told = [Link(found) for link in links if (found := _context_of(link)) is not None]
        around = _around(parent)
        with self._tracer.start_as_current_span(
            name, around, _KINDS[role], links=told, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def annotate(self, told: Mapping[str, Attribute]) -> None:
        trace.get_current_span().set_attributes({name.replace("__", "."): told[name] for name in told})

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        _WRITTEN.inject(carrier)
        return carrier.get("traceparent", "")


def _around(parent: str) -> Context | None:
    return _WRITTEN.extract({"traceparent": parent}, Context()) if parent else None


def _context_of(written: str) -> SpanContext | None:
    """The context that a `traceparent` names; None for what is none."""
    context = trace.get_current_span(_WRITTEN.extract({"traceparent": written}, Context())).get_span_context()
    return context if context.is_valid else None
