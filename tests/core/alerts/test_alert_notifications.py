"""Messages to receivers: signed JSON for programs, text for people, and no personal data in either."""

import base64
import html
from datetime import UTC, datetime

import orjson
import pytest

from relay.core.alerts.conditions import HeldDestination, find_conditions
from relay.core.alerts.lifecycle import AlertChanges, update_alerts
from relay.core.alerts.notifications import build_messages, build_test_message, sign_message
from relay.core.alerts.thresholds import AlertConfig, Receiver, ReceiverFormat, Thresholds
from tests.core.alerts.alert_world import NOW, after, snapshot

OPS = Receiver("ops", "https://ops.example", b"0123456789abcdef01234567")
SLACK = Receiver("slack", "https://slack.example", None, ReceiverFormat.SLACK)
RULES = AlertConfig(resolve_after=0.0)


def changes(*destinations: str) -> AlertChanges:
    held = [HeldDestination(name, "invalid_credentials", NOW, 2) for name in destinations]
    return update_alerts((), find_conditions(snapshot(held=held), Thresholds(), interval=60.0), RULES, NOW)


def bodies(receiver: Receiver, alert_changes: AlertChanges) -> list[dict]:
    return [
        orjson.loads(message.body)
        for message in build_messages(alert_changes, [receiver], store="main", now=NOW)
    ]


def test_a_json_message_has_a_type_a_timestamp_and_the_alerts():
    (body,) = bodies(OPS, changes("acme"))

    assert (body["type"], body["timestamp"]) == ("alert.opened", "2026-11-21T10:00:00Z")
    assert body["data"]["count"] == 1
    assert {name: body["data"]["alerts"][0][name] for name in ("kind", "about", "name", "severity")} == {
        "kind": "on_hold",
        "about": "destination",
        "name": "acme",
        "severity": "critical",
    }


def test_a_chat_message_says_what_happened_and_what_to_do():
    (body,) = bodies(SLACK, changes("acme"))

    assert body.keys() == {"text"}
    assert body["text"].splitlines()[:2] == [
        ":red_circle: *Critical: on_hold*",
        "acme has been on hold since 2026-11-21 10:00 UTC (invalid_credentials); 2 events wait.",
    ]
    assert "Create a new one in Gong" in body["text"]


def test_many_alerts_of_one_kind_share_a_message():
    (body,) = bodies(OPS, changes(*(f"customer-{number}" for number in range(300))))

    assert body["data"]["count"] == 300
    assert len(body["data"]["alerts"]) == 20
    assert "And 292 more." in body["data"]["text"]
    assert len(orjson.dumps(body)) < 20_000


def test_the_message_of_a_resolved_alert_has_no_remedy():
    first = changes("acme")
    resolved = update_alerts(first.open, [], RULES, after(1))

    (program,), (person,) = bodies(OPS, resolved), bodies(SLACK, resolved)

    assert program["type"] == "alert.resolved"
    assert program["data"]["alerts"][0]["resolved_at"] == "2026-11-21T10:00:01Z"
    assert person["text"].startswith(":white_check_mark: *Resolved: on_hold*\n")
    assert "Create a new one" not in person["text"]


@pytest.mark.parametrize("name", ["<!channel>", "a&b", "<https://evil.example|click>"])
def test_a_name_cannot_become_a_mention_or_a_link_in_slack(name: str):
    line = bodies(SLACK, changes(name))[0]["text"].splitlines()[1]

    assert "<" not in line
    assert ">" not in line
    assert line.startswith(html.escape(name, quote=False) + " has been on hold")


def test_a_message_has_the_same_id_for_every_receiver_and_a_new_one_for_every_repetition():
    first = changes("acme")
    again = update_alerts(first.open, [], RULES, after(1))
    ids = [
        {message.id for message in build_messages(step, [OPS, SLACK], store="main", now=NOW)}
        for step in (first, again)
    ]

    assert [len(step) for step in ids] == [1, 1]
    assert ids[0] != ids[1]
    assert all("." not in message_id for step in ids for message_id in step)


@pytest.mark.parametrize("receiver", [OPS, SLACK])
def test_a_test_message_says_that_it_is_a_test(receiver: Receiver):
    message = build_test_message(receiver, store="main", now=NOW, nonce="n1")

    assert message.id == "alert-test-n1"
    assert b"This is a test" in message.body


def test_a_signature_is_accepted_by_the_standard_webhooks_library():
    webhooks = pytest.importorskip("standardwebhooks")
    assert OPS.secret
    key = base64.b64encode(OPS.secret).decode()
    message = build_test_message(OPS, store="main", now=NOW, nonce="n1")
    headers = sign_message(OPS.secret, message.id, message.body, datetime.now(UTC))

    assert webhooks.Webhook(f"whsec_{key}").verify(message.body, headers)["type"] == "alert.test"
    with pytest.raises(webhooks.WebhookVerificationError):
        webhooks.Webhook(f"whsec_{key}").verify(message.body + b" ", headers)
