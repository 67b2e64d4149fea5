"""Requests made at random: true ones damaged a little or much, and such as nobody would send."""

from dataclasses import replace
from random import Random

from relay.core.verification.request import SignedRequest
from tests.core.verification.senders import SENDERS

HOSTILE = [
    *("", " ", ",", "=", ".", "é", "✓", "\ud800", "\x00", "\n", "v1,", "v1a,", "v1,=", "v1, v1, v1,", "t=,v1=", "t=1,t=2"),
    *("sha256=", "v0=", "Basic ", "Basic ====", "Basic é", "Bearer ", "Bearer  x", "nan", "-1", "1e9", "٣٣٣٣٣٣٣٣٣٣"),
    *("0000000000", "9999999999", "9999999999999", "1790000000.0", "A" * 44, "A===", "YQ==", "zz" * 32, "ab" * 32, "v1,YQ== " * 40),
    *("multipart/form-data; boundary=XyZ", "multipart/form-data; boundary=", "application/x-www-form-urlencoded"),
    *("{}", "[]", "null", '{"a":1}', "1" * 5_000, "%zz", "%", "a=b&a=c&&=", "x" * 5_000),
]  # fmt: skip
BODIES = [
    *(b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"{", b"[" * 5_000, b'{"signature": 1}', b'{"event": {"event_time": []}}'),
    *(b'{"signature": {"signature": "\\ud800", "timestamp": 1e999, "token": ""}}', b'{"security_key": true}'),
    *(b"&" * 2_000, b"%", b"a=%ff&%=", b"--XyZ", b"--XyZ\r\n\r\n--XyZ--", b"--XyZ\r\n" * 1_500, b"json={}"),
    b'--XyZ\r\nContent-Disposition: form-data; name="json"\r\n\r\n{"event": 0}\r\n--XyZ--\r\n',
]  # fmt: skip


def noisy(name: str, random: Random) -> SignedRequest:
    """A request to a source of this scheme: its true one, changed in one to four places."""
    request = SENDERS[name].request()
    for _ in range(random.randint(1, 4)):
        change = random.choice(_CHANGES)
        request = change(request, random)
    return request


def _text(true: str, random: Random) -> str:
    kind = random.randrange(4)
    if kind == 0:
        return random.choice(HOSTILE)
    at = random.randrange(len(true) + 1)
    if kind == 1:
        return true[:at] + random.choice(HOSTILE) + true[at:]
    if kind == 2:
        return true[:at] + chr(random.randrange(0x11_0000)) + true[at + 1 :]
    return true[:at]


def _header_value(request: SignedRequest, random: Random) -> SignedRequest:
    headers = list(request.headers)
    at = random.randrange(len(headers))
    headers[at] = (headers[at][0], _text(headers[at][1], random))
    return replace(request, headers=headers)


def _header_again(request: SignedRequest, random: Random) -> SignedRequest:
    name, value = random.choice(list(request.headers))
    return replace(request, headers=[*request.headers, (_text(name, random), _text(value, random))])


def _query(request: SignedRequest, random: Random) -> SignedRequest:
    query = _text(request.query_string.decode("latin-1"), random)
    return replace(request, query_string=query.encode("latin-1", "replace"))


def _body(request: SignedRequest, random: Random) -> SignedRequest:
    at = random.randrange(len(request.body) + 1)
    bodies = [
        random.choice(BODIES),
        request.body[:at] + random.randbytes(random.randrange(4)) + request.body[at:],
        request.body[:at] + random.randbytes(1) + request.body[at + 1 :],
        request.body[:at],
        random.randbytes(random.randrange(40)),
    ]
    return replace(request, body=random.choice(bodies))


def _address(request: SignedRequest, random: Random) -> SignedRequest:
    method, url = _text(request.method, random), _text(request.public_url, random)
    return replace(request, method=method, public_url=url)


_CHANGES = [_header_value, _header_value, _header_again, _query, _body, _body, _address]
