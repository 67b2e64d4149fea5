"""Tracing with OpenTelemetry, exported by OTLP over HTTP. Imported only if tracing is enabled."""

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
_PROPAGATOR = TraceContextTextMapPropagator()


def create_exporting_tracer(service: str) -> "OtelTracer":
    """Return a tracer that exports spans in batches, from its own thread, so that a slow collector delays nothing."""
    exporter: SpanExporter = OTLPSpanExporter()
    return create_tracer(BatchSpanProcessor(exporter), service)


def create_tracer(processor: SpanProcessor, service: str) -> "OtelTracer":
    """Return a tracer for this processor. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override `service`."""
    defaults = Resource.create({"service.name": service, "service.version": VERSION})
    resource = defaults.merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor)
    return OtelTracer(provider)


class OtelTracer:
    """A tracer that uses OpenTelemetry's SDK."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("relay", VERSION)

    @contextmanager
    def span(self, name: str, role: SpanRole, *, parent: str, links: Sequence[str]) -> Iterator[None]:
        """Open a span for the block. An exception that leaves the block marks the span as failed."""
        contexts = [_parse_context(link) for link in links]
        span_links = [Link(context) for context in contexts if context is not None]
        parent_context = _extract(parent)
        with self._tracer.start_as_current_span(
            name,
            parent_context,
            _KINDS[role],
            links=span_links,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                # Only the type of the error: its text may contain personal data.
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def annotate(self, attributes: Mapping[str, Attribute]) -> None:
        # Keyword arguments cannot contain dots, which OpenTelemetry's names have.
        dotted = {name.replace("__", "."): value for name, value in attributes.items()}
        trace.get_current_span().set_attributes(dotted)

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent", "")


def _extract(parent: str) -> Context | None:
    return _PROPAGATOR.extract({"traceparent": parent}, Context()) if parent else None


def _parse_context(traceparent: str) -> SpanContext | None:
    """Parse a `traceparent`; None if it is not valid."""
    context = trace.get_current_span(
        _PROPAGATOR.extract({"traceparent": traceparent}, Context())
    ).get_span_context()
    return context if context.is_valid else None
