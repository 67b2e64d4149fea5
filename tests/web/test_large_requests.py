"""A process reads few large requests at once, and one of each source."""

import gevent
import pytest
from gevent.event import Event

from relay.core.errors import Unavailable
from relay.web.server.large_requests import LargeRequests
from relay.web.server.native_threads import MIN_BYTES

LARGE, SMALL = MIN_BYTES, MIN_BYTES - 1


class Queue:
    """Requests that end when the test says so."""

    def __init__(self) -> None:
        self.requests = LargeRequests()
        self.begun: list[str] = []

    def send(self, name: str, *, source: str, work: int = LARGE) -> Event:
        end = Event()

        def read() -> None:
            with self.requests.admit(source, work):
                self.begun.append(name)
                end.wait()

        gevent.spawn(read)
        gevent.sleep(0)
        return end


@pytest.fixture
def queue() -> Queue:
    return Queue()


def finish(end: Event) -> None:
    end.set()
    gevent.sleep(0)
    gevent.sleep(0)


def test_a_source_has_one_large_request_at_a_time(queue: Queue):
    first = queue.send("first", source="a")
    queue.send("second", source="a")
    assert queue.begun == ["first"]

    finish(first)
    assert queue.begun == ["first", "second"]


def test_a_source_that_sends_many_does_not_delay_another(queue: Queue):
    for number in range(5):
        queue.send(str(number), source="a")
    queue.send("of another source", source="b")

    assert queue.begun == ["0", "of another source"]


def test_a_process_reads_two_at_once(queue: Queue):
    first = queue.send("a", source="a")
    queue.send("b", source="b")
    queue.send("c", source="c")
    assert queue.begun == ["a", "b"]

    finish(first)
    assert queue.begun == ["a", "b", "c"]


def test_a_small_request_never_waits(queue: Queue):
    for number in range(3):
        queue.send(str(number), source="a")
    queue.send("small", source="a", work=SMALL)

    assert queue.begun == ["0", "small"]


def test_a_request_that_waits_too_long_is_refused_and_holds_no_place():
    requests = LargeRequests(wait_seconds=0.01)
    with requests.admit("a", LARGE):
        with pytest.raises(Unavailable) as refused, requests.admit("a", LARGE):
            pass
        with requests.admit("b", LARGE):
            pass

    assert refused.value.code == "server_busy"
    with requests.admit("a", LARGE):
        pass
