"""What an attempt tells of its call's way to Gong, beside what the answer means."""

import socket
import time
from datetime import UTC, datetime

from relay.core.destination import BasicCredentials, Destination
from relay.core.outcome import Blocked, Delivered, Failed
from tests.workers.test_gong_edge import OK, server
from tests.workers.test_settling import taken
from workers.credentials import CredentialStore
from workers.deliver import CallResult, Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.rate_gate import RateGate

LAST = OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
"""As the server of these tests does: it hangs up after each answer, and a call that reuses the socket may be lost."""

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def deliverer(base_url: str, *, window: float = 0.0) -> Deliverer:
    destination = Destination("acme", "acme", BasicCredentials("key", "secret"), base_url)
    found = {"acme": destination}
    gong = GongClient(HttpOptions(connect=1.0, total=5.0, connections=2))
    return Deliverer(found.get, CredentialStore(None, lambda: NOW), gong, RateGate(window))


def attempt(maker: Deliverer, destination: str = "acme") -> CallResult:
    return maker.attempt(taken(body=b'{"eventId":"1"}', destination=destination), lambda: NOW)


def test_an_answered_call_arrived_between_its_first_byte_and_its_answer():
    with server(lambda sock, _: sock.sendall(LAST)) as (url, _):
        maker = deliverer(url)
        attempt(maker)  # of the first nothing is known
        began = time.monotonic()
        made = attempt(maker)

    assert isinstance(made.outcome, Delivered)
    assert made.base_url == url
    assert made.arrived is not None
    assert began <= made.arrived <= time.monotonic()


def test_the_wait_for_its_turn_is_no_part_of_a_calls_way():
    with server(lambda sock, _: sock.sendall(OK)) as (url, _):
        began = time.monotonic()
        made = attempt(deliverer(url, window=0.3))
        lasted = time.monotonic() - began

    assert made.seconds <= lasted - 0.3
    assert made.arrived is not None
    assert made.arrived - began >= 0.3


def test_nobody_knows_when_a_call_without_an_answer_arrived():
    with server(lambda sock, _: sock.shutdown(socket.SHUT_RDWR)) as (url, _):
        made = attempt(deliverer(url))

    assert isinstance(made.outcome, Failed)
    assert (made.base_url, made.arrived) == (url, None)


def test_a_call_that_was_not_made_has_gone_nowhere():
    made = attempt(deliverer("http://127.0.0.1:1"), destination="gone")

    assert isinstance(made.outcome, Blocked)
    assert (made.base_url, made.arrived) == ("", None)
