"""The `alerts` section: what is read of it, and what is refused with its path."""

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


def test_without_a_section_everything_is_watched_and_nobody_is_told():
    assert read("") == AlertConfig()


def test_everything_of_a_section_is_read():
    rules = read(
        """
        alerts:
          to:
            ops: {url: '${OPS_URL}', secret: '${SECRET}'}
            slack: {url: '${SLACK_URL}', format: slack}
          when:
            on_hold: 1m
            dead_letters: 20 in 2h
            day_budget: 80%
            oldest_event: off
            no_worker: 90
            relaxed_durability: false
            store_full: 0.5
            gong_down: 2 m
            failed_verification: 5 in 30
          every: 10s
          repeat: 1d
          calm: 1m
          heartbeat: {url: https://beat.example.com/abc}
        """
    )

    secret = b"0123456789abcdef01234567"
    assert rules == AlertConfig(
        (
            Receiver("ops", ENVIRON["OPS_URL"], secret),
            Receiver("slack", ENVIRON["SLACK_URL"], None, ReceiverFormat.SLACK),
        ),
        Thresholds(
            on_hold=60.0,
            dead_letters=Rate(20, 7200.0),
            day_budget=0.8,
            oldest_event=None,
            no_worker=90.0,
            relaxed_durability=False,
            store_full=0.5,
            gong_down=120.0,
            failed_verification=Rate(5, 30.0),
        ),
        every=10.0,
        repeat=86_400.0,
        calm=60.0,
        heartbeat="https://beat.example.com/abc",
    )


@pytest.mark.parametrize("kind", [kind for kind in AlertKind if kind is not AlertKind.RELAXED_DURABILITY])
def test_every_kind_can_be_turned_off(kind: AlertKind):
    assert read(f"alerts: {{when: {{{kind}: off}}}}").thresholds.of(kind) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("alerts: {two: {}}", {"alerts.two": "invalid"}),
        ("alerts: {when: {on_holds: 1m}}", {"alerts.when.on_holds": "invalid"}),
        ("alerts: {when: {on_hold: soon}}", {"alerts.when.on_hold": "invalid"}),
        ("alerts: {when: {on_hold: true}}", {"alerts.when.on_hold": "invalid"}),
        ("alerts: {when: {on_hold: 8d}}", {"alerts.when.on_hold": "invalid"}),
        ("alerts: {when: {dead_letters: 3}}", {"alerts.when.dead_letters": "invalid"}),
        ("alerts: {when: {dead_letters: 0 in 5m}}", {"alerts.when.dead_letters": "invalid"}),
        ("alerts: {when: {dead_letters: 1 in 0m}}", {"alerts.when.dead_letters": "invalid"}),
        ("alerts: {when: {day_budget: 120%}}", {"alerts.when.day_budget": "invalid"}),
        ("alerts: {every: 0s}", {"alerts.every": "invalid"}),
        ("alerts: {heartbeat: {}}", {"alerts.heartbeat.url": "invalid"}),
        ("alerts: {to: {ops: {secret: '${SECRET}'}}}", {"alerts.to.ops.url": "invalid"}),
        ("alerts: {to: {ops: {url: '${OPS_URL}'}}}", {"alerts.to.ops.secret": "required"}),
        ("alerts: {to: {ops: {url: '${OPS_URL}', secret: '${SHORT}'}}}", {"alerts.to.ops.secret": "invalid"}),
        (f"alerts: {{to: {{ops: {{url: 'https://a.example', secret: {ENVIRON['SECRET']}}}}}}}", {"alerts.to.ops.secret": "plaintext_secret"}),
        (f"alerts: {{to: {{ops: {{{OPS}, format: teams}}}}}}", {"alerts.to.ops.format": "invalid"}),
        (f"alerts: {{to: {{ops: {{{OPS}, format: slack}}}}}}", {"alerts.to.ops.secret": "conflict"}),
        ("alerts: {to: {s: {url: 'https://hooks.example/x', format: slack}}}", {"alerts.to.s.url": "plaintext_secret"}),
        ("alerts: {to: {ops: {url: '${GONE}', secret: '${SECRET}'}}}", {"alerts.to.ops.url": "unset_variable"}),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_its_place(text: str, told: dict[str, str]):
    assert wrong(text) == told


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
def test_only_a_plain_https_address_of_a_named_host_is_taken(url: str):
    assert wrong(f"alerts: {{heartbeat: {{url: '{url}'}}}}") == {"alerts.heartbeat.url": "unsafe_address"}


def test_a_listed_host_may_be_reached_by_http_and_by_its_figures():
    rules = read("alerts: {heartbeat: {url: 'http://127.0.0.1:9000/beat'}}", "127.0.0.1:9000")

    assert rules.heartbeat == "http://127.0.0.1:9000/beat"


def test_neither_secrets_nor_addresses_show_in_what_is_printed():
    shown = repr(read(f"alerts: {{to: {{ops: {{{OPS}}}}}, heartbeat: {{url: '${{OPS_URL}}'}}}}"))

    assert "alerts.example.com" not in shown
    assert "0123456789" not in shown
