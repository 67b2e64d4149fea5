"""Bodies that are cut short, too long or of unclear length, on raw sockets to a real gunicorn: none is accepted."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from relay.settings import Settings
from tests.harness import raw
from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import Launch, Plan, Stack

pytestmark = pytest.mark.slow

ACCOUNT = Account("raw")
LINE = json.dumps(page_view("never")).encode() + b"\n"
"""One whole event: a body cut after it would be taken by who does not count bytes."""

PADDING = b" " * 8191 + b"\n"
LIMIT = Settings().max_body_bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Headers and bytes that the sender sends before it stops, and the expected statuses."""

    name: str
    headers: bytes
    body: bytes
    statuses: tuple[int, ...]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def length(count: int) -> bytes:
    return b"Content-Length: %d\r\n" % count


CHUNKED, END = b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"
WHOLE = length(len(LINE))

DAMAGES = (
    Damage("half of what was promised", length(len(LINE) + 500), LINE, (400,)),
    Damage("one byte short", length(len(LINE) + 1), LINE, (400,)),
    Damage("chunks without an end", CHUNKED, chunk(LINE), (400,)),
    Damage("a chunk cut short", CHUNKED, chunk(LINE) + b"400\r\n" + LINE, (400,)),
    Damage(
        "chunks past the limit",
        CHUNKED,
        chunk(LINE) + chunk(PADDING) * (LIMIT // len(PADDING) + 1) + END,
        (413,),
    ),
    Damage("a length past the limit", length(LIMIT + 1), LINE, (413,)),
    Damage("an impossible length", b"Content-Length: -5\r\n", LINE, (400,)),
    Damage("two lengths", WHOLE + length(5), LINE, (400,)),
    Damage("a length and chunks", WHOLE + CHUNKED, chunk(LINE) + END, (400,)),
    Damage(
        "chunks by another name", b"Transfer-Encoding: chunked, identity\r\n", chunk(LINE) + END, (400, 501)
    ),
    Damage("no length", b"", LINE, (411,)),
    Damage("gzip", WHOLE + b"Content-Encoding: gzip\r\n", LINE, (415,)),
)


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([ACCOUNT], workers=0)) as stack:
        yield stack


def exchange(stack: Stack, headers: bytes, body: bytes) -> int:
    """Send exactly these bytes, stop sending, and return the status of the response."""
    with raw.connect(stack.url) as wire:
        wire.sendall(raw.head(ACCOUNT, headers) + body)
        with suppress(OSError):  # it may have been answered, and closed, already
            wire.shutdown(socket.SHUT_WR)
        return raw.status(wire)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_a_damaged_body_is_rejected_and_nothing_is_stored(stack: Stack, damage: Damage) -> None:
    assert exchange(stack, damage.headers, damage.body) in damage.statuses
    assert stack.relay.events(source=ACCOUNT.name, event_id=f"{ACCOUNT.name}:never") == []


@pytest.mark.parametrize(
    ("headers", "wrap"),
    [(WHOLE, bytes), (CHUNKED, lambda line: chunk(line) + END)],
    ids=["by length", "in chunks"],
)
def test_the_complete_body_is_accepted(stack: Stack, headers: bytes, wrap: Callable[[bytes], bytes]) -> None:
    whole = LINE.replace(b"never", b"whole")
    assert exchange(stack, headers, wrap(whole)) == 202
    assert len(stack.relay.events(event_id=f"{ACCOUNT.name}:whole")) == 1
