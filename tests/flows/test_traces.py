"""Traces: one from the request to the call of Gong, with nothing in it that tells of anybody."""

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
from tests.flows.tracing import ACCOUNT, Traced, tracing
from tests.harness.clients import page_view

STRANGER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def traced(redis: Redis) -> Iterator[Traced]:
    with tracing(redis) as made:
        yield made


def test_one_trace_leads_from_the_request_to_the_call_of_gong(traced: Traced):
    traced.post(page_view("e1"))
    traced.deliver()
    [server], [producer] = traced.spans("POST /v1/events"), traced.spans("accept")
    [consumer], [client] = traced.spans("deliver"), traced.spans("call Gong")

    assert len({one.context.trace_id for one in (server, producer, consumer, client)}) == 1
    assert [one.kind for one in (server, producer, consumer, client)] == [
        SpanKind.SERVER,
        SpanKind.PRODUCER,
        SpanKind.CONSUMER,
        SpanKind.CLIENT,
    ]
    parents = [one.parent.span_id if one.parent else None for one in (server, producer, consumer, client)]
    assert parents == [None, server.context.span_id, producer.context.span_id, consumer.context.span_id]


def test_the_call_tells_what_gong_answered_and_its_request_id(traced: Traced):
    event_id = traced.post(page_view("e1"))
    traced.deliver()
    [client] = traced.spans("call Gong")
    told = dict(client.attributes or {})
    request_id = traced.redis.hget(keys.EVENT + event_id, "request_id")

    assert request_id
    assert told["gong.request_id"] == request_id.decode()
    assert (told["relay.outcome"], told["http.response.status_code"]) == ("delivered", 200)


def test_a_later_try_is_a_trace_of_its_own_that_links_to_the_first(traced: Traced):
    requests.post(
        f"{traced.gong}/__sandbox/faults", json={"kind": "status", "status": 500, "count": 1}, timeout=10
    )
    traced.post(page_view("e1"))
    traced.deliver()
    traced.again()
    sweep(Scripts(traced.redis), SweepOptions(), Pacing())
    traced.deliver()
    [producer], [first, second] = traced.spans("accept"), traced.spans("deliver")

    assert first.context.trace_id == producer.context.trace_id
    assert second.context.trace_id != producer.context.trace_id
    assert [link.context.span_id for link in second.links] == [producer.context.span_id]


def test_the_context_of_who_sends_is_linked_to_and_never_becomes_ours(traced: Traced):
    traced.post(page_view("e1"), traceparent=STRANGER)
    [server] = traced.spans("POST /v1/events")

    assert server.parent is None
    assert f"{server.context.trace_id:032x}" not in STRANGER
    assert [f"{link.context.trace_id:032x}" for link in server.links] == ["0af7651916cd43dd8448eb211c80319c"]


@pytest.mark.parametrize("told", ["x", "00-0-0-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "é" * 55])
def test_a_context_that_is_none_is_left_out(traced: Traced, told: str):
    traced.post(page_view("e1"), traceparent=told.encode().decode("latin-1"))

    assert traced.spans("POST /v1/events")[0].links == ()


def test_nothing_in_a_trace_tells_of_anybody(traced: Traced):
    traced.post(page_view("jane@buyer.example", content={"title": "Secret plans"}))
    traced.deliver()
    written = "".join(one.to_json() for one in traced.kept.get_finished_spans())

    assert "jane" not in written
    assert "Secret plans" not in written
    assert ACCOUNT.key not in written


def test_what_fails_is_marked_by_its_kind_alone(traced: Traced):
    def fail() -> None:
        with spans.span("accept", spans.SpanRole.PRODUCER):
            raise ValueError("jane@buyer.example is no good")

    with pytest.raises(ValueError, match="no good"):
        fail()
    [one] = traced.spans("accept")

    assert (one.status.description, one.events) == ("ValueError", ())


def test_probes_of_health_are_not_traced(traced: Traced):
    requests.get(f"{traced.relay}/livez", timeout=10)
    traced.post(page_view("e1"))

    assert not traced.spans("GET")


def test_lines_of_the_log_carry_the_ids_of_the_span_around(traced: Traced):
    log.add_trace_ids(spans.trace_ids)  # says nothing once no span is around, so it may stay
    with redirect_stdout(io.StringIO()) as out, spans.span("accept", spans.SpanRole.PRODUCER):
        log.log_event("delivery.attempted", id="01K")
    with redirect_stdout(io.StringIO()) as outside:
        log.log_event("delivery.attempted", id="01K")
    [one] = traced.spans("accept")
    told = json.loads(out.getvalue())

    assert (told["trace_id"], told["span_id"]) == (
        f"{one.context.trace_id:032x}",
        f"{one.context.span_id:016x}",
    )
    assert "trace_id" not in json.loads(outside.getvalue())


def test_without_a_collector_nothing_is_traced_or_kept(redis: Redis):
    with tracing(redis) as made:
        spans.set_tracer(None)
        event_id = made.post(page_view("e1"))
        made.deliver()

        assert made.kept.get_finished_spans() == ()
        assert redis.hget(keys.EVENT + event_id, "trace") is None


@pytest.mark.parametrize(
    "environ", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}]
)
def test_it_is_off_until_the_environment_names_a_collector(environ: dict[str, str]):
    enable_tracing("gong-relay-web", environ)

    assert not spans.is_enabled()
    assert spans.traceparent() == ""


class Nothing:
    """An environment without any library."""

    @staticmethod
    def find_spec(*_: object) -> None: ...


def test_that_the_extra_is_missing_is_told_at_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "meta_path", [Nothing])
    monkeypatch.delitem(sys.modules, "opentelemetry")
    with pytest.raises(SettingsError, match=r"gong-event-relay\[otel\]"):
        enable_tracing("gong-relay-web", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})
