"""The section alerts: its values, and the path of each problem."""

import textwrap

import pytest

from relay.config.load import ConfigError, read_config
from relay.core.alerts.kinds import AlertKind
from relay.core.alerts.thresholds import AlertConfig, Rate, Receiver, ReceiverFormat, Thresholds

ENVIRON = {
    "OPS_URL": "https://alerts.example.com/relay?team=1",
    "SLACK_URL": "https://hooks.slack.example/services/T0/B0/x",
    "SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    "SHORT": "whsec_c2hvcnQ=",
}
OPS = "url: '${OPS_URL}', secret: '${SECRET}'"


def read(text: str, *hosts: str) -> AlertConfig:
    text = "destinations: {}\n" + textwrap.dedent(text)
    return read_config(text, environ=ENVIRON, allow_hosts=frozenset(hosts)).alerts


def wrong(text: str, *hosts: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        read(text, *hosts)
    return {problem.path: problem.code for problem in caught.value.problems}


def test_without_a_section_every_condition_is_checked_and_no_one_is_notified():
    assert read("") == AlertConfig()


def test_everything_of_a_section_is_read():
    rules = read(
        """
        alerts:
          receivers:
            ops: {url: '${OPS_URL}', secret: '${SECRET}'}
            slack: {url: '${SLACK_URL}', format: slack}
          conditions:
            on_hold: 1m
            dead_letters: 20 in 2h
            daily_budget: 80%
            oldest_event: off
            no_worker: 90
            relaxed_durability: false
            store_full: 0.5
            gong_down: 2 m
            failed_verification: 5 in 30
          check_interval: 10s
          repeat_interval: 1d
          resolve_after: 1m
          heartbeat: {url: https://beat.example.com/abc}
        """
    )

    secret = b"0123456789abcdef01234567"
    assert rules == AlertConfig(
        receivers=(
            Receiver("ops", ENVIRON["OPS_URL"], secret),
            Receiver("slack", ENVIRON["SLACK_URL"], None, ReceiverFormat.SLACK),
        ),
        thresholds=Thresholds(
            on_hold=60.0,
            dead_letters=Rate(20, 7200.0),
            daily_budget=0.8,
            oldest_event=None,
            no_worker=90.0,
            relaxed_durability=False,
            store_full=0.5,
            gong_down=120.0,
            failed_verification=Rate(5, 30.0),
        ),
        check_interval=10.0,
        repeat_interval=86_400.0,
        resolve_after=60.0,
        heartbeat="https://beat.example.com/abc",
    )


@pytest.mark.parametrize("kind", [kind for kind in AlertKind if kind is not AlertKind.RELAXED_DURABILITY])
def test_every_kind_can_be_turned_off(kind: AlertKind):
    assert read(f"alerts: {{conditions: {{{kind}: off}}}}").thresholds.of(kind) is None


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("alerts: {two: {}}", {"alerts.two": "invalid"}),
        ("alerts: {conditions: {on_holds: 1m}}", {"alerts.conditions.on_holds": "invalid"}),
        ("alerts: {conditions: {on_hold: soon}}", {"alerts.conditions.on_hold": "invalid"}),
        ("alerts: {conditions: {on_hold: true}}", {"alerts.conditions.on_hold": "invalid"}),
        ("alerts: {conditions: {on_hold: 8d}}", {"alerts.conditions.on_hold": "invalid"}),
        ("alerts: {conditions: {dead_letters: 3}}", {"alerts.conditions.dead_letters": "invalid"}),
        ("alerts: {conditions: {dead_letters: 0 in 5m}}", {"alerts.conditions.dead_letters": "invalid"}),
        ("alerts: {conditions: {dead_letters: 1 in 0m}}", {"alerts.conditions.dead_letters": "invalid"}),
        ("alerts: {conditions: {daily_budget: 120%}}", {"alerts.conditions.daily_budget": "invalid"}),
        ("alerts: {check_interval: 0s}", {"alerts.check_interval": "invalid"}),
        ("alerts: {heartbeat: {}}", {"alerts.heartbeat.url": "invalid"}),
        ("alerts: {receivers: {ops: {secret: '${SECRET}'}}}", {"alerts.receivers.ops.url": "invalid"}),
        ("alerts: {receivers: {ops: {url: '${OPS_URL}'}}}", {"alerts.receivers.ops.secret": "required"}),
        ("alerts: {receivers: {ops: {url: '${OPS_URL}', secret: '${SHORT}'}}}", {"alerts.receivers.ops.secret": "invalid"}),
        (f"alerts: {{receivers: {{ops: {{url: 'https://a.example', secret: {ENVIRON['SECRET']}}}}}}}", {"alerts.receivers.ops.secret": "plaintext_secret"}),
        (f"alerts: {{receivers: {{ops: {{{OPS}, format: teams}}}}}}", {"alerts.receivers.ops.format": "invalid"}),
        (f"alerts: {{receivers: {{ops: {{{OPS}, format: slack}}}}}}", {"alerts.receivers.ops.secret": "conflict"}),
        ("alerts: {receivers: {s: {url: 'https://hooks.example/x', format: slack}}}", {"alerts.receivers.s.url": "plaintext_secret"}),
        ("alerts: {receivers: {ops: {url: '${GONE}', secret: '${SECRET}'}}}", {"alerts.receivers.ops.url": "unset_variable"}),
    ],
)  # fmt: skip
def test_a_problem_is_reported_with_its_path(text: str, problems: dict[str, str]):
    assert wrong(text) == problems


@pytest.mark.parametrize(
    "url",
    [
        "http://alerts.example.com/",
        "https://user:pass@alerts.example.com/",
        r"https://evil.example\@alerts.example.com/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "ftp://alerts.example.com/",
        "https://alerts.example.com/#part",
        "https:///path",
        "alerts.example.com",
    ],
)
def test_only_an_https_address_with_a_host_name_is_accepted(url: str):
    assert wrong(f"alerts: {{heartbeat: {{url: '{url}'}}}}") == {"alerts.heartbeat.url": "unsafe_address"}


def test_a_listed_host_may_be_reached_by_http_and_by_its_figures():
    rules = read("alerts: {heartbeat: {url: 'http://127.0.0.1:9000/beat'}}", "127.0.0.1:9000")

    assert rules.heartbeat == "http://127.0.0.1:9000/beat"


def test_repr_contains_neither_secrets_nor_addresses():
    displayed = repr(read(f"alerts: {{receivers: {{ops: {{{OPS}}}}}, heartbeat: {{url: '${{OPS_URL}}'}}}}"))

    assert "alerts.example.com" not in displayed
    assert "0123456789" not in displayed
