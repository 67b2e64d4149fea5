"""Handshakes are answered as the sender needs them, and only when they are proven where a proof is to be had."""

import hashlib
import hmac
import json
from dataclasses import replace

import pytest

from relay.core.verification.challenge import (
    CHALLENGES,
    REACHABILITY_CHECK,
    Challenge,
    ChallengeResponse,
    ResponseKind,
    answer_challenge,
)
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.scheme import parse_field
from relay.core.verification.verify import VerifiedRequest, verify
from tests.core.verification.senders import NOW, SENDERS, TEXT, keys_of, post

PLAIN = "text/plain; charset=utf-8"


def asked(name, body):
    """The answers before verification and after it, to a body that the sender signed."""
    request, keys = SENDERS[name].request(body=json.dumps(body).encode()), keys_of(name)
    accepted = verify(SCHEMES[name], keys, request, now=NOW)
    rows = CHALLENGES[name]
    return answer_challenge(rows, request), answer_challenge(rows, request, accepted=accepted, keys=keys)


def test_slack_gets_its_challenge_back_once_it_is_proven():
    body = {
        "type": "url_verification",
        "token": "x",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7",
    }

    assert asked("slack", body) == (None, ChallengeResponse(200, PLAIN, body["challenge"].encode()))


def test_zoom_gets_proof_that_we_hold_its_secret():
    body = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}
    before, after = asked("zoom", body)

    assert before is None
    assert after.content_type == "application/json"
    assert json.loads(after.body) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": hmac.new(TEXT.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest(),
    }


def test_a_ping_of_intercom_is_no_event():
    assert asked("intercom", {"type": "notification_event", "topic": "ping"}) == (
        None,
        ChallengeResponse(200, PLAIN, b""),
    )


def test_seismic_gets_its_challenge_back_before_any_secret_is_agreed():
    request = post(body=b'{"type": "verification", "challenge": "3eZbrw1aBm2"}')

    assert answer_challenge(CHALLENGES["seismic"], request) == ChallengeResponse(200, PLAIN, b"3eZbrw1aBm2")
    assert answer_challenge(CHALLENGES["seismic"], request, accepted=VerifiedRequest("k")) is None


@pytest.mark.parametrize("name", ["slack", "zoom", "intercom"])
def test_an_event_is_no_handshake(name):
    assert asked(name, {"type": "event_callback", "event": "meeting.ended", "topic": "contact.created"}) == (
        None,
        None,
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_probe_is_answered_before_verification_and_an_event_is_none(method):
    assert answer_challenge([REACHABILITY_CHECK], replace(post(), method=method)) == ChallengeResponse(
        200, PLAIN, b""
    )
    assert answer_challenge([REACHABILITY_CHECK], post()) is None


ECHO = Challenge(
    ResponseKind.ECHO,
    frozenset({"GET"}),
    when=parse_field("query:hub.mode"),
    equals="subscribe",
    echo=parse_field("query:hub.challenge"),
    signed=False,
)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("hub.mode=subscribe&hub.challenge=12%2B3", b"12+3"),
        ("hub.challenge=12&hub.mode=unsubscribe", None),
        ("hub.mode=subscribe", None),
        ("hub.mode=subscribe&hub.challenge=1&hub.challenge=2", None),
        ("hub.mode=subscribe&hub.challenge=%E9", None),
        ("hub.mode=subscribe&hub.challenge=a%0D%0Ab", None),
        ("hub.mode=subscribe&hub.challenge=" + "a" * 500, b"a" * 500),
        ("hub.mode=subscribe&hub.challenge=" + "a" * 501, None),
    ],
)
def test_a_value_of_the_query_is_echoed_while_it_is_short_and_plain(query, body):
    answer = answer_challenge([ECHO], replace(post(query=query), method="GET"))

    assert (answer and answer.body) == body


def test_an_echo_may_be_json_under_the_name_it_came_by():
    row = Challenge(ResponseKind.ECHO_JSON, echo=parse_field("json:data.challenge"), signed=False)
    request = post(body=b'{"data": {"challenge": "a\\"b"}}')

    assert json.loads(answer_challenge([row], request).body) == {"challenge": 'a"b'}


def test_a_fixed_answer_is_the_text_that_the_sender_waits_for():
    row = Challenge(ResponseKind.FIXED, text="Hello API Event Received", signed=False)

    assert answer_challenge([row], post()).body == b"Hello API Event Received"


def test_without_the_key_there_is_no_proof():
    request = post(body=b'{"event": "endpoint.url_validation", "payload": {"plainToken": "a"}}')

    assert answer_challenge(CHALLENGES["zoom"], request, accepted=VerifiedRequest("k"), keys=()) is None
