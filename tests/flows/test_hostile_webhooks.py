"""Hostile requests to a webhook over HTTP: 4xx before verification, a dead letter after it, and flat memory use."""

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

BODY_MAX = 262_144
FORM, JSON, MULTIPART = (
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=xYz",
)
REQUEST_MEMORY_MAX, LEAK_MAX = 16 * 2**20, 2**20
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
    """A hostile body with its content type and headers."""

    body: bytes
    content_type: str | None = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def build_headers(self, secret: str = TEXT) -> dict[str, str]:
        signature = {"X-Shopify-Hmac-SHA256": b64(mac(self.body, secret=secret))}
        headers = {"Content-Type": self.content_type} if self.content_type else {}
        return headers | signature | self.headers

    def post(self, url: str, *, secret: str = TEXT) -> requests.Response:
        return requests.post(url, data=self.body, headers=self.build_headers(secret), timeout=10)


def part(head: bytes, text: bytes = b"1") -> bytes:
    return b"--xYz\r\n" + head + b"\r\n\r\n" + text + b"\r\n"


NAMED = b'Content-Disposition: form-data; name="a"'
BOMB = gzip.compress(bytes(100_000_000))

REJECTED = {
    "a compressed bomb": (415, Hostile(BOMB, headers={"Content-Encoding": "gzip"})),
    "a body declared as compressed": (415, Hostile(b"{}", headers={"Content-Encoding": "br, gzip"})),
    "a body one byte too large": (413, Hostile(b" " * (BODY_MAX + 1))),
}
"""Rejected before the signature is checked, whether it is right or not."""

DEAD = {
    "a form of 20,000 fields": Hostile(b"&".join(b"a%d=1" % number for number in range(20_000)), FORM),
    "a form of 20,000 fields with one name": Hostile(b"&".join([b"a[]=1"] * 20_000), FORM),
    "a form that contradicts itself": Hostile(b"a=1&a[b]=2", FORM),
    "a form nested deep": Hostile(b"a" + b"[a]" * 20_000 + b"=1", FORM),
    "a form of bytes that are not UTF-8": Hostile(b"a=%ff", FORM),
    "a multipart form of 4,000 parts": Hostile(part(NAMED) * 4_000 + b"--xYz--", MULTIPART),
    "a multipart form cut short": Hostile(part(NAMED), MULTIPART),
    "a multipart form without a boundary": Hostile(part(NAMED) + b"--xYz--\r\n", "multipart/form-data"),
    "a multipart form with another boundary": Hostile(part(NAMED) + b"--aBc--\r\n", MULTIPART),
    "a multipart part without a name": Hostile(part(b"Content-Type: text/plain") + b"--xYz--\r\n", MULTIPART),
    "a multipart part whose head does not end": Hostile(b"--xYz\r\n" + NAMED + b"\r\n--xYz--\r\n", MULTIPART),
    "compressed bytes declared as JSON": Hostile(BOMB),
    "lists in lists": Hostile(b"[" * 100_000),
    "objects in objects": Hostile(b'{"a":' * 40_000),
    "a number of 200,000 digits": Hostile(b'{"a": ' + b"9" * 200_000 + b"}"),
    "not a number": Hostile(b'{"a": NaN}'),
    "a key twice": Hostile(b'{"at": 1, "at": 2}'),
    "half a surrogate pair": Hostile(rb'{"title": "\ud800"}'),
    "a byte-order mark": Hostile(b"\xef\xbb\xbf{}"),
    "UTF-16": Hostile("{}".encode("utf-16")),
    "an empty body": Hostile(b""),
    "JSON with an unknown content type": Hostile(b"{}", "text/xml"),
    "JSON without a content type": Hostile(b"{}", None),
    "JSON in another charset": Hostile(b"{}", "application/json; charset=utf-7"),
    "an invalid content type": Hostile(b"{}", "application/json, text/html; boundary=\u00ff".encode("latin-1").decode("latin-1")),
    "JSON that is not an object": Hostile(b'"a text"'),
    "too many items": Hostile(b"[" + b",".join([b"{}"] * 5_001) + b"]"),
}  # fmt: skip
"""Correctly signed but unusable. The response is 2xx, because senders disable a webhook after a 4xx."""


@pytest.fixture
def app(redis: Redis) -> Flask:
    config = read_config(CONFIG, environ={"SECRET": TEXT}, allow_hosts=frozenset())
    return create_app(Settings(max_body_bytes=BODY_MAX), config, redis)


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serve_app(app) as relay:
        yield f"{relay}/v1/webhooks/partner"


def stored_keys(redis: Redis) -> list[str]:
    """Return the Redis keys of requests and events. A rejected request may only be counted."""
    prefixes = (keys.RECEIPT, keys.EVENT, keys.DEDUPE, keys.IDEMPOTENCY, keys.EVENTS, keys.RQ_JOB)
    return [key.decode() for key in redis.keys("*") if key.decode().startswith(prefixes)]


@pytest.mark.parametrize("name", REJECTED)
def test_a_request_rejected_before_verification_stores_nothing(name: str, url: str, redis: Redis):
    status, hostile = REJECTED[name]

    assert hostile.post(url).status_code == status
    assert stored_keys(redis) == []


@pytest.mark.parametrize("name", DEAD)
def test_a_request_with_a_wrong_signature_is_rejected_whatever_its_body(name: str, url: str, redis: Redis):
    assert DEAD[name].post(url, secret="0" * 32).status_code == 401
    assert stored_keys(redis) == []


@pytest.mark.parametrize("name", DEAD)
def test_a_verified_but_unusable_request_becomes_one_dead_letter_with_its_bytes(
    name: str, url: str, redis: Redis
):
    response = DEAD[name].post(url)

    result = response.json()
    assert (response.status_code, result["queued"], result["dead"]) == (202, 0, 1)
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
def test_a_wrong_content_length_is_rejected(url: str, redis: Redis, head: bytes, status: bytes):
    host, port = url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as sender:
        sender.sendall(b"POST /v1/webhooks/partner HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n" + head)
        sender.shutdown(socket.SHUT_WR)
        response = b"".join(iter(lambda: sender.recv(65_536), b""))

    assert response.split(b" ", 2)[1] == status
    assert stored_keys(redis) == []


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_no_hostile_request_uses_much_memory_or_leaks_any(app: Flask):
    """Call the app without a server, whose buffers would be counted too."""
    client = app.test_client()
    everything = DEAD | {name: hostile for name, (_, hostile) in REJECTED.items()}
    # The first round fills caches, which are no leak.
    for hostile in everything.values():
        _peak_bytes(hostile, client)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    peaks = {name: _peak_bytes(hostile, client) for name, hostile in everything.items()}
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()

    assert {name: peak for name, peak in peaks.items() if peak > REQUEST_MEMORY_MAX} == {}
    assert after - before < LEAK_MAX


def _peak_bytes(hostile: Hostile, client: FlaskClient) -> int:
    tracemalloc.reset_peak()
    start, _ = tracemalloc.get_traced_memory()
    client.post("/v1/webhooks/partner", data=hostile.body, headers=hostile.build_headers())
    return tracemalloc.get_traced_memory()[1] - start
