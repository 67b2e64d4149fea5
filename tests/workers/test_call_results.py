"""The result of a call: how long it took, and when it reached Gong at the latest."""

import socket
import time
from datetime import UTC, datetime

from relay.core.destination import BasicCredentials, Destination
from relay.core.outcome import Blocked, Delivered, Failed
from tests.workers.test_gong_client import OK, server
from tests.workers.test_settlement import leased_event
from workers.credentials import CredentialStore
from workers.deliver import CallResult, Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.pacing import RateGate

LAST = OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
"""Says that the connection closes, as the test server does after each response: a reused socket could lose the call."""

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def deliverer(base_url: str, *, window: float = 0.0) -> Deliverer:
    destination = Destination(
        name="acme", company="acme", credentials=BasicCredentials("key", "secret"), base_url=base_url
    )
    destinations = {"acme": destination}
    gong = GongClient(HttpOptions(connect=1.0, total=5.0, connections=2))
    return Deliverer(destinations.get, CredentialStore(None, lambda: NOW), gong, RateGate(window))


def attempt(sender: Deliverer, destination: str = "acme") -> CallResult:
    return sender.attempt(leased_event(body=b'{"eventId":"1"}', destination=destination), lambda: NOW)


def test_a_call_arrived_between_its_first_byte_and_its_response():
    with server(lambda sock, _: sock.sendall(LAST)) as (url, _):
        sender = deliverer(url)
        attempt(sender)  # there is nothing to compare the first call with
        began = time.monotonic()
        result = attempt(sender)

    assert isinstance(result.outcome, Delivered)
    assert result.base_url == url
    assert result.arrived_at is not None
    assert began <= result.arrived_at <= time.monotonic()


def test_the_wait_for_the_rate_gate_does_not_count_as_duration():
    with server(lambda sock, _: sock.sendall(OK)) as (url, _):
        began = time.monotonic()
        result = attempt(deliverer(url, window=0.3))
        lasted = time.monotonic() - began

    assert result.seconds <= lasted - 0.3
    assert result.arrived_at is not None
    assert result.arrived_at - began >= 0.3


def test_the_arrival_of_a_call_without_a_response_is_unknown():
    with server(lambda sock, _: sock.shutdown(socket.SHUT_RDWR)) as (url, _):
        result = attempt(deliverer(url))

    assert isinstance(result.outcome, Failed)
    assert (result.base_url, result.arrived_at) == (url, None)


def test_a_call_that_was_not_made_has_no_base_url_and_no_arrival():
    result = attempt(deliverer("http://127.0.0.1:1"), destination="gone")

    assert isinstance(result.outcome, Blocked)
    assert (result.base_url, result.arrived_at) == ("", None)
