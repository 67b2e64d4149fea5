"""Requests and connections that try to stop or fill a web process, without a valid signature and mostly without a key."""

import json
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from tests.harness.accounts import ADMIN_KEY, Account
from tests.harness.stack import Stack

ATTACKER, NEIGHBOR = Account("attacker"), Account("neighbor")
_SECRET = ["${ATTACK_SECRET}"]

SETTINGS = {"ATTACK_SECRET": "a-secret-of-the-attack-tests"}

SOURCES: Mapping[str, Mapping[str, Any]] = {
    "mailgun": {"verify": {"scheme": "mailgun", "secrets": _SECRET}},
    "vidyard": {"preset": "vidyard", "verify": {"scheme": "vidyard", "secrets": _SECRET}},
    "dropbox-sign": {"preset": "dropbox-sign", "verify": {"scheme": "dropbox-sign", "secrets": _SECRET}},
    "open": {"preset": "vidyard", "verify": {"scheme": "none"}},
    "unmapped": {"verify": {"scheme": "none"}},
    "seismic": {"preset": "seismic", "verify": {"scheme": "custom", "secrets": _SECRET}},
}
"""Webhooks under attack: each parses a body before, while or after it verifies it."""

_MEGABYTE = 1_048_576
_HOLD_SECONDS = 3.0
_ANSWER_SECONDS = 60.0
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data; boundary=x"


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. `run` returns when it is over."""

    name: str
    run: Callable[[Stack], None]


def post(path: str, content_type: str, body: bytes, *fields: str) -> bytes:
    """Return a complete request."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: relay",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *fields,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def connect(stack: Stack) -> socket.socket:
    address = urlsplit(stack.url)
    return socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=_ANSWER_SECONDS)


def send(request: bytes) -> Callable[[Stack], None]:
    """Return an attack that sends one request and waits until it is answered or disconnected."""

    def run(stack: Stack) -> None:
        with connect(stack) as wire, suppress(ConnectionError):
            wire.sendall(request)
            wire.recv(1000)

    return run


def hold(count: int, start: bytes, piece: bytes = b"", *, pause: float = 0) -> Callable[[Stack], None]:
    """Return an attack that opens connections, sends a start on each, and a piece each half second while it holds them.

    pause: seconds between two connections.
    """

    def run(stack: Stack) -> None:
        with ExitStack() as opened:
            wires = []
            for _ in range(count):
                wire = opened.enter_context(connect(stack))
                wires.append(wire)
                _send_part(wire, start)
                time.sleep(pause)
            end = time.monotonic() + _HOLD_SECONDS
            while time.monotonic() < end:
                for wire in wires if piece else ():
                    _send_part(wire, piece)
                time.sleep(0.5)

    return run


def _send_part(wire: socket.socket, raw: bytes) -> None:
    """Send as much as the other side takes within a tenth of a second."""
    wire.settimeout(0.1)
    with suppress(OSError):
        while raw:
            raw = raw[wire.send(raw) :]


def _open_and_close(stack: Stack) -> None:
    for _ in range(2_000):
        with suppress(OSError):
            connect(stack).close()


def _webhook(source: str, content_type: str, body: bytes) -> bytes:
    return post(f"/v1/webhooks/{source}", content_type, body)


def _events(content_type: str, body: bytes) -> bytes:
    return post("/v1/events", content_type, body, f"Authorization: Bearer {ATTACKER.key}")


def _try_mapping(mapping: str) -> bytes:
    form = f"payload=%7B%7D&mapping={quote(mapping)}".encode()
    fields = (f"X-API-Key: {ADMIN_KEY}", "Sec-Fetch-Site: same-origin")
    return post("/ops/sources/open/try", _FORM, form, *fields)


def _chunked(body: bytes) -> bytes:
    return (
        b"POST /v1/events HTTP/1.1\r\nHost: relay\r\nContent-Type: application/x-ndjson\r\n"
        b"Authorization: Bearer " + ATTACKER.key.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    )


_STRING_BOMB = b'{"a": "' + b'\\"' * (_MEGABYTE // 2 - 8)
_ALIAS_BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 30)
)
_LARGE_ARRAY = b"[" + b"1," * (_MEGABYTE // 2 - 4) + b"1]"
_REPEATED_KEYS = b"{" + b'"a":1,' * (_MEGABYTE // 6 - 4) + b'"a":1}'
_MANY_KEYS = b"{" + b",".join(b'"%x":1' % number for number in range(80_000)) + b"}"
_DEEP = b"[" * (_MEGABYTE - 8)
_LONG_NUMBER = b"[1" + b"0" * (_MEGABYTE - 16) + b"]"
_FORM_FIELDS = b"&".join(b"%x=1" % number for number in range(100_000))[: _MEGABYTE - 8]
_EMPTY_ITEMS = b"[" + b"{}," * 4_999 + b"{}]"
_LONG_DOMAINS = ("a@" + "é" * 60 + ".é" * 90 + ".com ") * 1_000
_HEAD_640_KB = b"GET /livez HTTP/1.1\r\n" + (b"X: " + b"a" * 1000 + b"\r\n") * 640
_BODY_START = _events(_JSON, b" " * 1_000_000)[:-1]


def _multipart(kilobytes: int) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="json"; filename="' + b"a;=" * (kilobytes * 341)


def _parser_attacks() -> Sequence[Attack]:
    hooks = [
        Attack(f"an unclosed JSON string to {source}", send(_webhook(source, _JSON, _STRING_BOMB)))
        for source in SOURCES
    ]
    bodies = {
        "a large array": _LARGE_ARRAY,
        "repeated keys": _REPEATED_KEYS,
        "many keys": _MANY_KEYS,
        "deep nesting": _DEEP,
        "a long number": _LONG_NUMBER,
    }
    json_attacks = [
        Attack(f"{name} to {path}", send(build(_JSON, body)))
        for name, body in bodies.items()
        for path, build in (
            ("events", _events),
            ("an open webhook", lambda kind, raw: _webhook("open", kind, raw)),
        )
    ]
    lines = [
        Attack(
            f"a megabyte of {name} lines",
            send(_events("application/x-ndjson", line * (_MEGABYTE // len(line) - 8))),
        )
        for name, line in {"x": b"x\n", "empty": b"\n", "{}": b"{}\n", "1": b"1\n"}.items()
    ]
    forms = [
        Attack(f"a multipart head of {size} KB", send(_webhook("dropbox-sign", _MULTIPART, _multipart(size))))
        for size in (40, 80, 1000)
    ]
    forms += [
        Attack(f"100,000 fields to {name}", send(post(path, _FORM, _FORM_FIELDS)))
        for name, path in {
            "mailgun": "/v1/webhooks/mailgun",
            "dropbox-sign": "/v1/webhooks/dropbox-sign",
        }.items()
    ]
    forms.append(
        Attack("100,000 fields to the sign-in page", send(post("/ops/sign-in", _FORM, _FORM_FIELDS)))
    )
    return [
        *hooks,
        *json_attacks,
        *lines,
        *forms,
        Attack("YAML aliases in a mapping", send(_try_mapping(_ALIAS_BOMB))),
    ]


def _costly_attacks() -> Sequence[Attack]:
    """Bodies that are read in time in proportion to their size, but need much CPU time for it."""
    domains = json.dumps({"id": "costly", "texts": _LONG_DOMAINS * 2}, ensure_ascii=False).encode()
    event = {
        "id": "#",
        "type": "page_view",
        "occurred_at": "2026-01-01T00:00:00Z",
        "content": {"title": _LONG_DOMAINS[:1_000]},
        "person": {"email": "ada@globex.com"},
    }
    batch = [event | {"id": str(number)} for number in range(400)]
    unknown_keys = "{" + ",".join(f'"{number:x}":0' for number in range(90_000)) + "}"
    share = {"url": "https://a.example", "recipients": [{"email": f"u{n}@é{n}.com"} for n in range(20_000)]}
    return [
        Attack("a text of long domains to an open webhook", send(_webhook("open", _JSON, domains))),
        Attack("5,000 items that cannot be mapped", send(_webhook("unmapped", _JSON, _EMPTY_ITEMS))),
        Attack("14 times 5,000 such items at once", _send_at_once(14, _EMPTY_ITEMS)),
        Attack("the page of a source with that text", _show_open_source),
        Attack("a preview of that text", send(_preview(domains))),
        Attack(
            "a batch of 400 events with long domains",
            send(_events(_JSON, json.dumps(batch, ensure_ascii=False).encode())),
        ),
        Attack("an event of 90,000 unknown keys", send(_events(_JSON, unknown_keys.encode()))),
        Attack(
            "a share with 20,000 recipients to one of Gong's own paths", send(_gong_share(json.dumps(share)))
        ),
        Attack("a trial mapping of 9,000 repeated keys", send(_try_mapping("a: 1\n" * 9_000))),
    ]


def _send_at_once(count: int, body: bytes) -> Callable[[Stack], None]:
    def run(stack: Stack) -> None:
        with ThreadPoolExecutor(count) as threads:
            for number in range(count):
                # Different bodies: a repeated one is recognized as a duplicate.
                request = _webhook("unmapped", _JSON, body.replace(b"{}", b'{"n":%d}' % number, 1))
                threads.submit(send(request), stack)

    return run


def _show_open_source(stack: Stack) -> None:
    for _ in range(3):
        send(f"GET /ops/sources/open HTTP/1.1\r\nHost: a\r\nX-API-Key: {ADMIN_KEY}\r\n\r\n".encode())(stack)


def _preview(body: bytes) -> bytes:
    return post("/v1/sources/open/preview", _JSON, body, f"X-API-Key: {ADMIN_KEY}")


def _gong_share(body: str) -> bytes:
    key = f"Authorization: Bearer {ATTACKER.key}"
    request = post("/v2/customer-engagement/content/shared", _JSON, body.encode(), key)
    return request.replace(b"POST", b"PUT", 1)


def _protocol_attacks() -> Sequence[Attack]:
    return [
        Attack("a head of 640 KB", send(_HEAD_640_KB)),
        Attack("a megabyte in one header", send(b"GET / HTTP/1.1\r\nX: " + b"a" * _MEGABYTE)),
        Attack("chunks of one byte", send(_chunked(b"1\r\nx\r\n" * _MEGABYTE))),
        Attack("a chunk of 16 exabytes", hold(1, _chunked(b"ffffffffffffffff\r\n" + b" " * _MEGABYTE))),
        Attack("an endless chunk size", send(_chunked(b"0" * _MEGABYTE))),
        Attack("an endless trailer", send(_chunked(b"0\r\nX: " + b"a" * _MEGABYTE))),
        Attack("a thousand pipelined requests", send(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)),
    ]


def _connection_attacks() -> Sequence[Attack]:
    head = b"GET /livez HTTP/1.1\r\nX: "
    head_640 = _HEAD_640_KB[:-2]
    slow = _events(_JSON, b" " * 100_000)[:-99_000]
    return [
        Attack("1,001 idle connections", hold(1_001, b"")),
        Attack("2,000 idle connections", hold(2_000, b"")),
        Attack("2,000 connections opened and closed", _open_and_close),
        Attack("1,000 heads that drip", hold(1_000, head, b"a")),
        Attack("300 unfinished heads of 640 KB", hold(300, head_640)),
        Attack("400 unfinished bodies of 1 MB", hold(400, _BODY_START)),
        Attack("400 bodies that drip", hold(400, slow, b" " * 600)),
        Attack("1,200 bodies that drip, opened in turn", hold(1_200, slow, b" " * 600, pause=0.002)),
        Attack(
            "200 clients that read no response",
            hold(200, b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 50),
        ),
        Attack("400 clients with malformed chunks", hold(400, _chunked(b"zz\r\n"))),
        Attack("90 bodies in chunks of two bytes", hold(90, _chunked(b"2\r\n  \r\n" * 17_000))),
    ]


ATTACKS = (*_parser_attacks(), *_costly_attacks(), *_protocol_attacks(), *_connection_attacks())


def source_config() -> Mapping[str, Mapping[str, Any]]:
    """Return the sources under attack for `merge_config`."""
    rules = [
        {
            "name": "any",
            "to": "digital-interaction",
            "map": {
                "eventId": "{{ item.id }}",
                "timestamp": "{{ item.time }}",
                "eventType": "content viewed",
                "content": {"contentId": "{{ item.id }}", "contentTitle": "{{ item.id }}"},
                "person": {"email": "{{ item.email }}"},
            },
        }
    ]
    extra = {name: {"rules": rules} for name in ("mailgun", "unmapped")}
    return {
        "sources": {
            name: {**source, **extra.get(name, {}), "destination": ATTACKER.name}
            for name, source in SOURCES.items()
        }
    }
