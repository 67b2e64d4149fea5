"""A web that is stopped still answers the requests that it has begun to read."""

import json
import time

import pytest

from tests.harness import raw
from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import Launch, Plan
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("web")
GRACE_SECONDS = 25.0


def test_a_request_that_was_half_sent_at_the_stop_is_accepted(launch: Launch) -> None:
    body = json.dumps(page_view("half")).encode()
    with launch(Plan([ACCOUNT], workers=0)) as stack, raw.connect(stack.url) as wire:
        wire.sendall(
            raw.head(ACCOUNT, b"Connection: close\r\nContent-Length: %d\r\n" % len(body)) + body[:40]
        )
        stack.web.terminate()
        eventually(lambda: refused(stack.url), within=10, what="no new connections")
        wire.sendall(body[40:])
        assert raw.status(wire) == 202
        stopping = time.monotonic()
        assert stack.web.wait(GRACE_SECONDS) == 0
        assert time.monotonic() - stopping < GRACE_SECONDS
        stack.web.start()
        stack.await_web()
        assert len(stack.relay.events(event_id="web:half")) == 1


def refused(url: str) -> bool:
    """True if nothing listens on the port any more."""
    try:
        raw.connect(url).close()
    except ConnectionRefusedError:
        return True
    return False
