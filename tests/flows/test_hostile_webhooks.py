"""Hostile requests at a webhook's endpoint, over HTTP: 4xx before the proof, a dead letter after it, and memory stays flat."""

import gc
import gzip
import socket
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.config.load import read_config
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.engine.compression import unpack
from tests.core.verification.senders import TEXT, b64, mac
from tests.flows.delivering import serve_app

MOST_BYTES = 262_144
FORM, JSON, MULTIPART = (
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=xYz",
)
MEMORY_OF_ONE_MAX, MEMORY_LEFT_MAX = 16 * 2**20, 2**20
CONFIG = """
destinations:
  acme: {auth: {basic: {access_key: k, access_key_secret: s}}}
sources:
  partner:
    destination: acme
    verify: {scheme: shopify, secrets: ["${SECRET}"]}
    rules:
      - name: all
        to: digital-interaction
        map: {timestamp: "{{ item.at }}", eventType: viewed, content: {contentTitle: "{{ item.title }}"}, person: {email: "{{ item.email }}"}}
"""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A body, how it is announced, and what it is answered."""

    body: bytes
    kind: str | None = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def headed(self, secret: str = TEXT) -> dict[str, str]:
        signed = {"X-Shopify-Hmac-SHA256": b64(mac(self.body, secret=secret))}
        return ({"Content-Type": self.kind} if self.kind else {}) | signed | self.headers

    def post(self, url: str, *, secret: str = TEXT) -> requests.Response:
        return requests.post(url, data=self.body, headers=self.headed(secret), timeout=10)


def part(head: bytes, text: bytes = b"1") -> bytes:
    return b"--xYz\r\n" + head + b"\r\n\r\n" + text + b"\r\n"


NAMED = b'Content-Disposition: form-data; name="a"'
BOMB = gzip.compress(bytes(100_000_000))

REFUSED = {
    "a compressed bomb": (415, Hostile(BOMB, headers={"Content-Encoding": "gzip"})),
    "a body that says it is compressed": (415, Hostile(b"{}", headers={"Content-Encoding": "br, gzip"})),
    "a body one byte too large": (413, Hostile(b" " * (MOST_BYTES + 1))),
}
"""Rejected before anybody looks at who sent it, right signature or not."""

DEAD = {
    "a form of 20,000 fields": Hostile(b"&".join(b"a%d=1" % number for number in range(20_000)), FORM),
    "a form of 20,000 fields of one name": Hostile(b"&".join([b"a[]=1"] * 20_000), FORM),
    "a form that contradicts itself": Hostile(b"a=1&a[b]=2", FORM),
    "a form nested deep": Hostile(b"a" + b"[a]" * 20_000 + b"=1", FORM),
    "a form of bytes that are no UTF-8": Hostile(b"a=%ff", FORM),
    "a multipart form of 4,000 parts": Hostile(part(NAMED) * 4_000 + b"--xYz--", MULTIPART),
    "a multipart form cut short": Hostile(part(NAMED), MULTIPART),
    "a multipart form without a boundary": Hostile(part(NAMED) + b"--xYz--\r\n", "multipart/form-data"),
    "a multipart form with another boundary": Hostile(part(NAMED) + b"--aBc--\r\n", MULTIPART),
    "a multipart part without a name": Hostile(part(b"Content-Type: text/plain") + b"--xYz--\r\n", MULTIPART),
    "a multipart part without an end of its head": Hostile(b"--xYz\r\n" + NAMED + b"\r\n--xYz--\r\n", MULTIPART),
    "compressed bytes that call themselves JSON": Hostile(BOMB),
    "lists in lists": Hostile(b"[" * 100_000),
    "objects in objects": Hostile(b'{"a":' * 40_000),
    "a number of 200,000 digits": Hostile(b'{"a": ' + b"9" * 200_000 + b"}"),
    "not a number": Hostile(b'{"a": NaN}'),
    "a key twice": Hostile(b'{"at": 1, "at": 2}'),
    "half a surrogate pair": Hostile(rb'{"title": "\ud800"}'),
    "a byte-order mark": Hostile(b"\xef\xbb\xbf{}"),
    "UTF-16": Hostile("{}".encode("utf-16")),
    "nothing at all": Hostile(b""),
    "JSON of no known type": Hostile(b"{}", "text/xml"),
    "JSON of no type": Hostile(b"{}", None),
    "JSON in another charset": Hostile(b"{}", "application/json; charset=utf-7"),
    "a type that is no type": Hostile(b"{}", "application/json, text/html; boundary=\u00ff".encode("latin-1").decode("latin-1")),
    "JSON that is no object": Hostile(b'"a text"'),
    "more items than are taken": Hostile(b"[" + b",".join([b"{}"] * 5_001) + b"]"),
}  # fmt: skip
"""Signed as the sender signs, and of no use: answered 2xx, for a sender who is told 4xx stops sending."""


@pytest.fixture
def app(redis: Redis) -> Flask:
    config = read_config(CONFIG, environ={"SECRET": TEXT}, allow_hosts=frozenset())
    return create_app(Settings(max_body_bytes=MOST_BYTES), config, redis)


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serve_app(app) as relay:
        yield f"{relay}/v1/webhooks/partner"


def kept(redis: Redis) -> list[str]:
    """Every key of a request or an event. That something was turned away is counted, and nothing more."""
    of_events = (keys.RECEIPT, keys.EVENT, keys.DEDUPE, keys.IDEMPOTENCY, keys.EVENTS, keys.RQ_JOB)
    return [key.decode() for key in redis.keys("*") if key.decode().startswith(of_events)]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_before_the_proof_leaves_nothing_behind(name: str, url: str, redis: Redis):
    status, hostile = REFUSED[name]

    assert hostile.post(url).status_code == status
    assert kept(redis) == []


@pytest.mark.parametrize("name", DEAD)
def test_what_is_not_proven_is_refused_however_it_looks(name: str, url: str, redis: Redis):
    assert DEAD[name].post(url, secret="0" * 32).status_code == 401
    assert kept(redis) == []


@pytest.mark.parametrize("name", DEAD)
def test_what_is_proven_and_of_no_use_is_one_dead_letter_with_its_bytes(name: str, url: str, redis: Redis):
    answer = DEAD[name].post(url)

    told = answer.json()
    assert (answer.status_code, told["queued"], told["dead"]) == (202, 0, 1)
    [receipt] = redis.keys(keys.RECEIPT + "*")
    assert unpack(redis.hget(receipt, "raw")) == DEAD[name].body


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: 100\r\n\r\n{}", b"400"),
        (b"Content-Length: -1\r\n\r\n{}", b"400"),
        (b"Content-Length: 2e3\r\n\r\n{}", b"400"),
        (b"Content-Length: 99999999999999999999\r\n\r\n{}", b"413"),
        (b"\r\n{}", b"411"),
    ],
    ids=["cut short", "negative", "no number", "beyond all bounds", "missing"],
)
def test_a_length_that_is_not_the_bodys_is_refused(url: str, redis: Redis, head: bytes, status: bytes):
    host, port = url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as sender:
        sender.sendall(b"POST /v1/webhooks/partner HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n" + head)
        sender.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: sender.recv(65_536), b""))

    assert answer.split(b" ", 2)[1] == status
    assert kept(redis) == []


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_none_of_them_takes_much_memory_or_leaves_any_behind(app: Flask):
    """Asked without a server between, whose own buffers would be counted too."""
    client = app.test_client()
    everything = DEAD | {name: hostile for name, (_, hostile) in REFUSED.items()}
    for hostile in everything.values():  # what is made once is made here
        _peak_bytes(hostile, client)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    taken = {name: _peak_bytes(hostile, client) for name, hostile in everything.items()}
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()

    assert {name: most for name, most in taken.items() if most > MEMORY_OF_ONE_MAX} == {}
    assert after - before < MEMORY_LEFT_MAX


def _peak_bytes(hostile: Hostile, client: FlaskClient) -> int:
    tracemalloc.reset_peak()
    start, _ = tracemalloc.get_traced_memory()
    client.post("/v1/webhooks/partner", data=hostile.body, headers=hostile.headed())
    return tracemalloc.get_traced_memory()[1] - start
