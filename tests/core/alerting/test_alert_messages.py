"""What receivers are sent: signed JSON for programs, a text for people, and nobody's data in either."""

import base64
import html
from datetime import UTC, datetime

import orjson
import pytest

from relay.core.alerts.conditions import HeldDestination, find_conditions
from relay.core.alerts.lifecycle import AlertChanges, update_alerts
from relay.core.alerts.notifications import build_messages, build_test_message, sign_message
from relay.core.alerts.thresholds import AlertConfig, Receiver, ReceiverFormat, Thresholds
from tests.core.alerting.alert_world import NOW, after, facts

OPS = Receiver("ops", "https://ops.example", b"0123456789abcdef01234567")
SLACK = Receiver("slack", "https://slack.example", None, ReceiverFormat.SLACK)
RULES = AlertConfig(resolve_after=0.0)


def course(*destinations: str) -> AlertChanges:
    held = [HeldDestination(name, "invalid_credentials", NOW, 2) for name in destinations]
    return update_alerts((), find_conditions(facts(held=held), Thresholds(), interval=60.0), RULES, NOW)


def bodies(receiver: Receiver, of: AlertChanges) -> list[dict]:
    return [orjson.loads(one.body) for one in build_messages(of, [receiver], store="main", now=NOW)]


def test_a_program_is_told_the_type_the_moment_and_each_alert():
    (body,) = bodies(OPS, course("acme"))

    assert (body["type"], body["timestamp"]) == ("alert.opened", "2026-11-21T10:00:00Z")
    assert body["data"]["count"] == 1
    assert {name: body["data"]["alerts"][0][name] for name in ("kind", "about", "name", "severity")} == {
        "kind": "on_hold",
        "about": "destination",
        "name": "acme",
        "severity": "critical",
    }


def test_a_person_reads_what_is_the_case_and_what_to_do():
    (body,) = bodies(SLACK, course("acme"))

    assert body.keys() == {"text"}
    assert body["text"].splitlines()[:2] == [
        ":red_circle: *Critical: on_hold*",
        "acme takes no calls since 2026-11-21 10:00 UTC (invalid_credentials); 2 events wait.",
    ]
    assert "Make a new one in Gong" in body["text"]


def test_many_alerts_of_one_kind_are_one_message():
    (body,) = bodies(OPS, course(*(f"customer-{number}" for number in range(300))))

    assert body["data"]["count"] == 300
    assert len(body["data"]["alerts"]) == 20
    assert "And 292 more." in body["data"]["text"]
    assert len(orjson.dumps(body)) < 20_000


def test_what_is_over_asks_for_nothing_any_more():
    first = course("acme")
    over = update_alerts(first.open, [], RULES, after(1))

    (program,), (person,) = bodies(OPS, over), bodies(SLACK, over)

    assert program["type"] == "alert.cleared"
    assert program["data"]["alerts"][0]["cleared_at"] == "2026-11-21T10:00:01Z"
    assert person["text"].startswith(":white_check_mark: *Over: on_hold*\n")
    assert "Make a new one" not in person["text"]


@pytest.mark.parametrize("name", ["<!channel>", "a&b", "<https://evil.example|click>"])
def test_a_name_cannot_become_a_mention_or_a_link(name: str):
    told = bodies(SLACK, course(name))[0]["text"].splitlines()[1]

    assert "<" not in told
    assert ">" not in told
    assert told.startswith(html.escape(name, quote=False) + " takes no calls")


def test_a_message_has_the_same_id_for_every_receiver_and_another_for_every_turn():
    first = course("acme")
    again = update_alerts(first.open, [], RULES, after(1))
    ids = [
        {one.id for one in build_messages(each, [OPS, SLACK], store="main", now=NOW)}
        for each in (first, again)
    ]

    assert [len(one) for one in ids] == [1, 1]
    assert ids[0] != ids[1]
    assert all("." not in one for each in ids for one in each)


@pytest.mark.parametrize("receiver", [OPS, SLACK])
def test_a_test_says_that_it_is_one(receiver: Receiver):
    message = build_test_message(receiver, store="main", now=NOW, nonce="n1")

    assert message.id == "alert-test-n1"
    assert b"This is a test" in message.body


def test_a_signature_is_what_the_standard_library_of_receivers_takes():
    webhooks = pytest.importorskip("standardwebhooks")
    assert OPS.secret
    key = base64.b64encode(OPS.secret).decode()
    message = build_test_message(OPS, store="main", now=NOW, nonce="n1")
    headers = sign_message(OPS.secret, message.id, message.body, datetime.now(UTC))

    assert webhooks.Webhook(f"whsec_{key}").verify(message.body, headers)["type"] == "alert.test"
    with pytest.raises(webhooks.WebhookVerificationError):
        webhooks.Webhook(f"whsec_{key}").verify(message.body + b" ", headers)
