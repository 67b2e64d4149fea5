"""Heads arrive in any pieces; what cannot become a head is rejected at once, at a cost linear in its size."""

import time
from collections.abc import Callable

import pytest

from relay.core.errors import BadRequest, HeadTooLarge
from relay.web.server.head import HeadBuffer
from relay.web.server.limits import MAX_HEAD_BYTES

HEAD = b"POST /v1/events HTTP/1.1\r\nHost: relay\r\nContent-Length: 3\r\n\r\n"


def feed(raw: bytes, size: int) -> int | None:
    buffer = HeadBuffer()
    for start in range(0, len(raw), size):
        end = buffer.add(raw[start : start + size])
        if end is not None:
            return end
    return None


@pytest.mark.parametrize("size", range(1, len(HEAD) + 4))
@pytest.mark.parametrize("head", [HEAD, b"\r\n" + HEAD, b"GET / HTTP/1.0\r\n\r\n"])
def test_a_head_is_found_in_pieces_of_any_size(head: bytes, size: int):
    assert feed(head + b"abc", size) == len(head)


def test_what_follows_the_head_is_kept():
    buffer = HeadBuffer()
    size = buffer.add(HEAD + b"abc")

    assert size is not None
    assert buffer.split(size) == (HEAD, bytearray(b"abc"))


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\r\n",
        b"GET / HTTP/1.1 \r\n",
        b"get / HTTP/1.1\r\n",
        b"GET / FTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00",
        b'{"id": 1}',
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\n",
        b"\n",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_what_is_not_http_is_rejected_before_a_head_could_end(raw: bytes, size: int):
    with pytest.raises(BadRequest, match="not valid HTTP"):
        feed(raw, size)


@pytest.mark.parametrize(
    "raw", [b"GET /" + b"a" * MAX_HEAD_BYTES, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * MAX_HEAD_BYTES]
)
def test_a_head_beyond_the_limit_is_rejected(raw: bytes):
    with pytest.raises(HeadTooLarge):
        feed(raw, 8192)


def cpu_of(work: Callable[[], object]) -> float:
    durations = []
    for _ in range(5):
        start = time.process_time()
        work()
        durations.append(time.process_time() - start)
    return min(durations)


def test_the_cost_grows_linearly_with_the_size():
    line = b"A: " + b"b" * 61 + b"\r\n"
    small, large = (b"GET / HTTP/1.1\r\n" + line * count for count in (48, 480))

    ratio = cpu_of(lambda: feed(large, 1)) / cpu_of(lambda: feed(small, 1))

    # Ten times the bytes: linear work takes about 10 times as long, a scan from the start for each byte 100 times.
    assert ratio < 30
