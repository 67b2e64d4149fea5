"""An OpenTelemetry collector that keeps the spans it receives."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.flows.delivering import serve_app


@dataclass
class Collector:
    """The exported spans: each name, with its trace and the service that exported it."""

    url: str = ""
    raw: list[bytes] = field(default_factory=list)

    def spans(self) -> list[tuple[str, str, str]]:
        return [
            (span.name, span.trace_id.hex(), service)
            for body in self.raw
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for service in [_service(resource)]
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def of_events(self) -> dict[str, tuple[str, str]]:
        """Return trace and service of an event's spans by name."""
        wanted = {"POST /v1/events", "accept", "deliver digital-interaction", "call Gong"}
        return {name: (trace, service) for name, trace, service in self.spans() if name in wanted}


def _service(resource: Any) -> str:
    return next(
        attribute.value.string_value
        for attribute in resource.resource.attributes
        if attribute.key == "service.name"
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    app, collector = Flask("collector"), Collector()

    @app.post("/v1/traces")
    def take() -> bytes:
        collector.raw.append(request.get_data())
        return b""

    with serve_app(app) as url:
        collector.url = url
        yield collector
