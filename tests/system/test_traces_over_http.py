"""A trace over real processes: spans of web and worker arrive at a collector with one id, which is also in their logs."""

import json
from pathlib import Path

import pytest

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.collector import Collector, collecting
from tests.harness.stack import FAST, Launch, Plan
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACME = Account("acme")


def test_one_trace_spans_all_processes_and_their_logs(launch: Launch):
    with collecting() as collector:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with launch(Plan([ACME], FAST | settings)) as stack:
            stack.relay.accept(ACME, page_view("e1"))
            spans = eventually(lambda: _four(collector), within=20, what="four spans")
            web, worker = stack.web.log, stack.workers[0].log
            [trace] = {trace for trace, _ in spans.values()}

            assert {service for _, service in spans.values()} == {"gong-relay-web", "gong-relay-worker"}
            assert _trace_in(web, "request.answered", route="/v1/events") == trace
            assert _trace_in(worker, "delivery.attempted") == trace
            assert not [body for body in collector.raw if b"jane" in body]


def _four(collector: Collector) -> dict[str, tuple[str, str]] | None:
    spans = collector.of_events()
    return spans if len(spans) == 4 else None


def _trace_in(log: Path, event: str, **fields: str) -> str:
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    wanted = {"event": event} | fields
    return next(str(line["trace_id"]) for line in lines if wanted.items() <= line.items())


def test_an_unreachable_collector_delays_nothing(launch: Launch):
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with launch(Plan([ACME], FAST | settings)) as stack:
        stack.relay.accept(ACME, [page_view(f"e{number}") for number in range(3)])
        eventually(lambda: len(stack.sandbox.event_ids(ACME.name)) == 3, within=15, what="the events at Gong")
