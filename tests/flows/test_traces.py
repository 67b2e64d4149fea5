"""Traces lead from the request to the call to Gong, and contain no personal data."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest
import requests
from opentelemetry.trace import SpanKind
from redis import Redis

from relay import log
from relay.settings import SettingsError
from relay.store.delivery import Pacing, SweepOptions, sweep
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.tracing import spans
from relay.tracing.setup import enable_tracing
from tests.flows.tracing import ACCOUNT, TracedRelay, run_traced_relay
from tests.harness.clients import page_view

SENDERS_TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def traced(redis: Redis) -> Iterator[TracedRelay]:
    with run_traced_relay(redis) as relay:
        yield relay


def test_one_trace_leads_from_the_request_to_the_call_to_gong(traced: TracedRelay):
    traced.post(page_view("e1"))
    traced.deliver()
    [server], [producer] = traced.spans("POST /v1/events"), traced.spans("accept")
    [consumer], [client] = traced.spans("deliver"), traced.spans("call Gong")

    chain = (server, producer, consumer, client)
    assert len({span.context.trace_id for span in chain}) == 1
    assert [span.kind for span in chain] == [
        SpanKind.SERVER,
        SpanKind.PRODUCER,
        SpanKind.CONSUMER,
        SpanKind.CLIENT,
    ]
    parents = [span.parent.span_id if span.parent else None for span in chain]
    assert parents == [None, server.context.span_id, producer.context.span_id, consumer.context.span_id]


def test_the_calls_span_has_gongs_response_and_request_id(traced: TracedRelay):
    event_id = traced.post(page_view("e1"))
    traced.deliver()
    [client] = traced.spans("call Gong")
    attributes = dict(client.attributes or {})
    request_id = traced.redis.hget(keys.EVENT + event_id, "request_id")

    assert request_id
    assert attributes["gong.request_id"] == request_id.decode()
    assert (attributes["relay.outcome"], attributes["http.response.status_code"]) == ("delivered", 200)


def test_a_retry_has_its_own_trace_that_links_to_the_first(traced: TracedRelay):
    requests.post(
        f"{traced.gong}/__sandbox/faults", json={"kind": "status", "status": 500, "count": 1}, timeout=10
    )
    traced.post(page_view("e1"))
    traced.deliver()
    traced.make_retries_due()
    sweep(Scripts(traced.redis), SweepOptions(), Pacing())
    traced.deliver()
    [producer], [first, second] = traced.spans("accept"), traced.spans("deliver")

    assert first.context.trace_id == producer.context.trace_id
    assert second.context.trace_id != producer.context.trace_id
    assert [link.context.span_id for link in second.links] == [producer.context.span_id]


def test_the_senders_trace_context_is_linked_but_not_continued(traced: TracedRelay):
    traced.post(page_view("e1"), traceparent=SENDERS_TRACEPARENT)
    [server] = traced.spans("POST /v1/events")

    assert server.parent is None
    assert f"{server.context.trace_id:032x}" not in SENDERS_TRACEPARENT
    assert [f"{link.context.trace_id:032x}" for link in server.links] == ["0af7651916cd43dd8448eb211c80319c"]


@pytest.mark.parametrize(
    "traceparent", ["x", "00-0-0-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "é" * 55]
)
def test_an_invalid_trace_context_is_ignored(traced: TracedRelay, traceparent: str):
    traced.post(page_view("e1"), traceparent=traceparent.encode().decode("latin-1"))

    assert traced.spans("POST /v1/events")[0].links == ()


def test_a_trace_contains_no_personal_data(traced: TracedRelay):
    traced.post(page_view("jane@buyer.example", content={"title": "Secret plans"}))
    traced.deliver()
    text = "".join(span.to_json() for span in traced.exporter.get_finished_spans())

    assert "jane" not in text
    assert "Secret plans" not in text
    assert ACCOUNT.key not in text


def test_a_failed_span_has_only_the_type_of_the_error(traced: TracedRelay):
    def fail() -> None:
        with spans.span("accept", spans.SpanRole.PRODUCER):
            raise ValueError("jane@buyer.example is invalid")

    with pytest.raises(ValueError, match="is invalid"):
        fail()
    [span] = traced.spans("accept")

    assert (span.status.description, span.events) == ("ValueError", ())


def test_health_checks_are_not_traced(traced: TracedRelay):
    requests.get(f"{traced.relay}/livez", timeout=10)
    traced.post(page_view("e1"))

    assert not traced.spans("GET")


def test_log_lines_carry_the_ids_of_the_current_span(traced: TracedRelay):
    # It adds nothing without a current span, so it need not be removed after the test.
    log.add_trace_ids(spans.trace_ids)
    with redirect_stdout(io.StringIO()) as out, spans.span("accept", spans.SpanRole.PRODUCER):
        log.log_event("delivery.attempted", id="01K")
    with redirect_stdout(io.StringIO()) as outside:
        log.log_event("delivery.attempted", id="01K")
    [span] = traced.spans("accept")
    line = json.loads(out.getvalue())

    assert (line["trace_id"], line["span_id"]) == (
        f"{span.context.trace_id:032x}",
        f"{span.context.span_id:016x}",
    )
    assert "trace_id" not in json.loads(outside.getvalue())


def test_without_a_collector_nothing_is_traced_or_stored(redis: Redis):
    with run_traced_relay(redis) as relay:
        spans.set_tracer(None)
        event_id = relay.post(page_view("e1"))
        relay.deliver()

        assert relay.exporter.get_finished_spans() == ()
        assert redis.hget(keys.EVENT + event_id, "trace") is None


@pytest.mark.parametrize(
    "environ", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}]
)
def test_tracing_is_off_unless_the_environment_names_a_collector(environ: dict[str, str]):
    enable_tracing("gong-relay-web", environ)

    assert not spans.is_enabled()
    assert spans.traceparent() == ""


class EmptyFinder:
    """An import finder that finds no module."""

    @staticmethod
    def find_spec(*_: object) -> None: ...


def test_a_missing_otel_extra_is_reported_at_startup(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "meta_path", [EmptyFinder])
    monkeypatch.delitem(sys.modules, "opentelemetry")
    with pytest.raises(SettingsError, match=r"gong-event-relay\[otel\]"):
        enable_tracing("gong-relay-web", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})
