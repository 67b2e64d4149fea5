"""The relay responds to handshakes as each sender expects, after verification if the handshake is signed."""

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
from tests.core.verification.senders import NOW, SENDERS, TEXT, load_sender_keys, post

PLAIN = "text/plain; charset=utf-8"


def respond_twice(name, body):
    """Return the responses to a signed body before and after verification."""
    request, keys = SENDERS[name].request(body=json.dumps(body).encode()), load_sender_keys(name)
    verified = verify(SCHEMES[name], keys, request, now=NOW)
    challenges = CHALLENGES[name]
    return (
        answer_challenge(challenges, request),
        answer_challenge(challenges, request, verified=verified, keys=keys),
    )


def test_slacks_challenge_is_echoed_only_after_verification():
    body = {
        "type": "url_verification",
        "token": "x",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7",
    }

    assert respond_twice("slack", body) == (None, ChallengeResponse(200, PLAIN, body["challenge"].encode()))


def test_zooms_challenge_is_answered_with_its_hmac():
    body = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}
    before, after = respond_twice("zoom", body)

    assert before is None
    assert after.content_type == "application/json"
    assert json.loads(after.body) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": hmac.new(TEXT.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest(),
    }


def test_an_intercom_ping_is_answered_as_a_handshake():
    assert respond_twice("intercom", {"type": "notification_event", "topic": "ping"}) == (
        None,
        ChallengeResponse(200, PLAIN, b""),
    )


def test_seismics_challenge_is_echoed_before_verification():
    request = post(body=b'{"type": "verification", "challenge": "3eZbrw1aBm2"}')

    assert answer_challenge(CHALLENGES["seismic"], request) == ChallengeResponse(200, PLAIN, b"3eZbrw1aBm2")
    assert answer_challenge(CHALLENGES["seismic"], request, verified=VerifiedRequest("k")) is None


@pytest.mark.parametrize("name", ["slack", "zoom", "intercom"])
def test_an_event_is_not_answered_as_a_handshake(name):
    assert respond_twice(
        name, {"type": "event_callback", "event": "meeting.ended", "topic": "contact.created"}
    ) == (
        None,
        None,
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_reachability_check_is_answered_before_verification(method):
    assert answer_challenge([REACHABILITY_CHECK], replace(post(), method=method)) == ChallengeResponse(
        200, PLAIN, b""
    )
    assert answer_challenge([REACHABILITY_CHECK], post()) is None


ECHO = Challenge(
    kind=ResponseKind.ECHO,
    methods=frozenset({"GET"}),
    when=parse_field("query:hub.mode"),
    equals="subscribe",
    echo=parse_field("query:hub.challenge"),
    requires_signature=False,
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
def test_a_query_parameter_is_echoed_if_it_is_short_and_printable(query, body):
    response = answer_challenge([ECHO], replace(post(query=query), method="GET"))

    assert (response and response.body) == body


def test_an_echo_can_be_json_under_the_name_in_the_request():
    challenge = Challenge(
        kind=ResponseKind.ECHO_JSON, echo=parse_field("json:data.challenge"), requires_signature=False
    )
    request = post(body=b'{"data": {"challenge": "a\\"b"}}')

    assert json.loads(answer_challenge([challenge], request).body) == {"challenge": 'a"b'}


def test_a_fixed_response_is_the_configured_text():
    challenge = Challenge(kind=ResponseKind.FIXED, text="Hello API Event Received", requires_signature=False)

    assert answer_challenge([challenge], post()).body == b"Hello API Event Received"


def test_zooms_challenge_is_not_answered_without_the_key():
    request = post(body=b'{"event": "endpoint.url_validation", "payload": {"plainToken": "a"}}')

    assert answer_challenge(CHALLENGES["zoom"], request, verified=VerifiedRequest("k"), keys=()) is None
