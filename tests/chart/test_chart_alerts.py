"""The alerts, rendered by Helm and run by Prometheus' own tool: each fires when it should, and only then."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from relay.queries import metric_definitions
from tests.chart.rendering import CHART, case, named
from tests.truth.project import page
from workers import health_server

PROMTOOL = shutil.which("promtool")
RULES = named(case("production"), "PrometheusRule", "relay-alerts")["spec"]
ALERTS = {rule["alert"]: rule for rule in RULES["groups"][0]["rules"]}
MINUTES = "2h"


@dataclass(frozen=True, slots=True)
class Story:
    """Series in promtool's notation, one sample per minute, that an alert is tested with."""

    firing: Mapping[str, str]
    """Series on which the alert must fire."""
    labels: str
    """The labels that the firing alert must have."""
    silent: Mapping[str, str]
    """Series on which the alert must stay silent."""


def n(metric: str, labels: str = "") -> str:
    return f'{metric}{{namespace="n",{labels}}}'


ATTEMPTS = "relay_attempts_total"
STORIES = {
    "RelayMetricsMissing": Story({}, "", {n("relay_build_info"): "1x300"}),
    "RelayStoreUnavailable": Story({n("relay_store_up", 'store="main"'): "0x300"}, 'store="main"', {n("relay_store_up", 'store="main"'): "1x300"}),
    "RelayStoreNearlyFull": Story(
        {n("relay_store_memory_used_bytes", 'store="main"'): "80x300", n("relay_store_memory_limit_bytes", 'store="main"'): "100x300"},
        'store="main"',
        {n("relay_store_memory_used_bytes", 'store="main"'): "80x300", n("relay_store_memory_limit_bytes", 'store="main"'): "0x300"},
    ),
    "RelayStoreDurabilityRelaxed": Story({n("relay_store_durability_relaxed", 'store="eu"'): "1x300"}, 'store="eu"', {n("relay_store_durability_relaxed", 'store="eu"'): "0x300"}),
    "RelayNoWorkers": Story({n("relay_workers", 'store="main"'): "2x60 0x300"}, 'store="main"', {n("relay_workers", 'store="main"'): "1x300"}),
    "RelayOverdue": Story({n("relay_scheduling_lag_seconds", 'store="main"'): "90x300"}, 'store="main"', {n("relay_scheduling_lag_seconds", 'store="main"'): "0+1x30 0x300"}),
    "RelayOldestEventTooOld": Story(
        {n("relay_oldest_event_age_seconds", 'destination="acme"'): "0+60x300", n("relay_destination_on_hold", 'destination="acme"'): "0x300"},
        'destination="acme"',
        {n("relay_oldest_event_age_seconds", 'destination="acme"'): "0+60x300", n("relay_destination_on_hold", 'destination="acme"'): "1x300"},
    ),
    "RelayDestinationOnHold": Story(
        {n("relay_hold_info", 'destination="acme",cause="invalid_credentials"'): "1x300"},
        'destination="acme",cause="invalid_credentials"',
        {n("relay_hold_info", 'destination="acme",cause="paused"'): "1x300"},
    ),
    "RelayDeadLettersGrowing": Story(
        {n("relay_dead_letters_total", 'destination="acme",reason="rejected"'): "0x110 1+1x100"},
        'destination="acme",reason="rejected"',
        {n("relay_dead_letters_total", 'destination="acme",reason="rejected"'): "7x300"},
    ),
    "RelayBudgetNearlyExhausted": Story(
        {n("relay_daily_budget_remaining_calls", 'company="acme"'): "999x300", n("relay_daily_budget_calls", 'company="acme"'): "10000x300"},
        'company="acme"',
        {n("relay_daily_budget_remaining_calls", 'company="acme"'): "1001x300", n("relay_daily_budget_calls", 'company="acme"'): "10000x300"},
    ),
    "RelayBudgetExhaustionPredicted": Story(
        {n("relay_daily_budget_remaining_calls", 'company="acme"'): "10000-50x190"},
        'company="acme"',
        {n("relay_daily_budget_remaining_calls", 'company="acme"'): "10000-5x300"},
    ),
    "RelayGongDown": Story(
        {n("relay_gong_down", 'base_url="https://api.gong.io"'): "1x300"},
        'base_url="https://api.gong.io"',
        {n("relay_gong_down", 'base_url="https://api.gong.io"'): "0x300"},
    ),
    "RelayAttemptsFailing": Story(
        {n(ATTEMPTS, 'destination="a",outcome="failed"'): "0+1x300", n(ATTEMPTS, 'destination="a",outcome="delivered"'): "0+9x300"},
        "",
        {n(ATTEMPTS, 'destination="a",outcome="failed"'): "0+1x300", n(ATTEMPTS, 'destination="a",outcome="delivered"'): "0+99x300"},
    ),
    "RelayRateLimited": Story(
        {n(ATTEMPTS, 'destination="a",outcome="rate_limited"'): "0+1x300", n(ATTEMPTS, 'destination="a",outcome="delivered"'): "0+9x300"},
        'destination="a"',
        {n(ATTEMPTS, 'destination="a",outcome="rate_limited"'): "0+1x300", n(ATTEMPTS, 'destination="a",outcome="delivered"'): "0+99x300"},
    ),
    "RelayVerificationFailing": Story(
        {n("relay_requests_total", 'source="web",outcome="verification_failed"'): "0+60x300"},
        'source="web"',
        {n("relay_requests_total", 'source="web",outcome="verification_failed"'): "0+6x300"},
    ),
}  # fmt: skip


@pytest.fixture
def promtool() -> str:
    missing = "promtool is missing (Debian, Ubuntu: apt install prometheus)"
    if PROMTOOL is None:
        pytest.fail(missing) if os.environ.get("RELAY_REQUIRE_PROMTOOL") else pytest.skip(missing)
    return str(PROMTOOL)


def run(promtool: str, folder: Path, *options: str) -> tuple[int, str]:
    (folder / "rules.yaml").write_text(yaml.safe_dump(RULES))
    done = subprocess.run([promtool, *options], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_prometheus_accepts_the_rules(promtool: str, tmp_path: Path):
    status, output = run(promtool, tmp_path, "check", "rules", "rules.yaml")

    assert (status, f"{len(ALERTS)} rules found" in output) == (0, True), output


def firing_samples(alert: str, labels: str) -> list[dict[str, Any]]:
    """The expected samples of firing alerts. An alert over all series has no namespace label."""
    severity = ALERTS[alert]["labels"]["severity"]
    place = "" if alert == "RelayMetricsMissing" else 'namespace="n",'
    return [
        {
            "labels": f'ALERTS{{alertname="{alert}",alertstate="firing",severity="{severity}",{place}{labels}}}',
            "value": 1,
        }
    ]


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_fires_when_it_should_and_only_then(promtool: str, tmp_path: Path, alert: str):
    story = STORIES[alert]
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": series, "values": values} for series, values in input_series.items()],
            "promql_expr_test": [
                {
                    "expr": f'ALERTS{{alertname="{alert}",alertstate="firing"}}',
                    "eval_time": MINUTES,
                    "exp_samples": expected,
                }
            ],
        }
        for input_series, expected in (
            (story.firing, firing_samples(alert, story.labels)),
            (story.silent, []),
        )
    ]
    (tmp_path / "test.yaml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests})
    )

    status, output = run(promtool, tmp_path, "test", "rules", "test.yaml")

    assert status == 0, output


def test_every_alert_has_a_story():
    assert list(STORIES) == list(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_links_to_its_runbook(alert: str):
    url = ALERTS[alert]["annotations"]["runbook_url"]

    assert url == f"docs/operations.md#{alert.lower()}"
    assert re.search(rf"^### {alert}$", page("docs/operations.md"), re.MULTILINE)


def test_no_runbook_describes_an_alert_that_does_not_exist():
    assert set(re.findall(r"^### (Relay\w+)$", page("docs/operations.md"), re.MULTILINE)) == set(ALERTS)


def exported_names() -> set[str]:
    """Every metric that the relay exports, including the series of histograms."""
    names = {
        value.name
        for value in vars(metric_definitions).values()
        if isinstance(value, metric_definitions.Metric)
    }
    names |= {
        name
        for name, _ in (
            health_server.CALLS_METRIC,
            health_server.THREADS_METRIC,
            health_server.LOOP_AGE_METRIC,
        )
    }
    return names | {f"{name}_{part}" for name in names for part in ("bucket", "sum", "count")}


def used_names(text: str) -> set[str]:
    return set(re.findall(r"\brelay_[a-z_]+", text))


def test_every_metric_of_a_rule_is_exported():
    assert used_names("".join(rule["expr"] for rule in ALERTS.values())) - exported_names() == set()


def test_every_metric_of_the_dashboard_is_exported():
    panels = orjson.loads((CHART / "files" / "dashboard.json").read_bytes())["panels"]
    queries = [target["expr"] for panel in panels for target in panel.get("targets", [])]

    assert len(queries) > 10
    assert used_names("".join(queries)) - exported_names() == set()


def test_a_rule_can_be_left_out():
    rules = named(case("stores"), "PrometheusRule", "relay-alerts")["spec"]["groups"][0]["rules"]

    assert set(ALERTS) - {rule["alert"] for rule in rules} == {"RelayBudgetExhaustionPredicted"}


def test_prometheus_accepts_every_query_of_the_dashboard(promtool: str, tmp_path: Path):
    panels = orjson.loads((CHART / "files" / "dashboard.json").read_bytes())["panels"]
    queries = [
        target["expr"].replace("$__rate_interval", "5m")
        for panel in panels
        for target in panel.get("targets", [])
    ]
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(queries)]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    status, output = run(promtool, tmp_path, "check", "rules", "panels.yaml")

    assert (status, f"{len(queries)} rules found" in output) == (0, True), output
