"""Random requests: genuine ones with small or large damage, and malformed ones."""

from dataclasses import replace
from random import Random

from relay.core.verification.request import SignedRequest
from tests.core.verification.senders import SENDERS

HOSTILE = [
    "", " ", ",", "=", ".", "é", "✓", "\ud800", "\x00", "\n", "v1,", "v1a,", "v1,=", "v1, v1, v1,", "t=,v1=", "t=1,t=2",
    "sha256=", "v0=", "Basic ", "Basic ====", "Basic é", "Bearer ", "Bearer  x", "nan", "-1", "1e9", "٣٣٣٣٣٣٣٣٣٣",
    "0000000000", "9999999999", "9999999999999", "1790000000.0", "A" * 44, "A===", "YQ==", "zz" * 32, "ab" * 32, "v1,YQ== " * 40,
    "multipart/form-data; boundary=XyZ", "multipart/form-data; boundary=", "application/x-www-form-urlencoded",
    "{}", "[]", "null", '{"a":1}', "1" * 5_000, "%zz", "%", "a=b&a=c&&=", "x" * 5_000,
]  # fmt: skip
BODIES = [
    b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"{", b"[" * 5_000, b'{"signature": 1}', b'{"event": {"event_time": []}}',
    b'{"signature": {"signature": "\\ud800", "timestamp": 1e999, "token": ""}}', b'{"security_key": true}',
    b"&" * 2_000, b"%", b"a=%ff&%=", b"--XyZ", b"--XyZ\r\n\r\n--XyZ--", b"--XyZ\r\n" * 1_500, b"json={}",
    b'--XyZ\r\nContent-Disposition: form-data; name="json"\r\n\r\n{"event": 0}\r\n--XyZ--\r\n',
]  # fmt: skip


def random_request(name: str, random: Random) -> SignedRequest:
    """Return a genuine request of this scheme with one to four random changes."""
    request = SENDERS[name].request()
    for _ in range(random.randint(1, 4)):
        change = random.choice(_CHANGES)
        request = change(request, random)
    return request


def _damage_text(text: str, random: Random) -> str:
    kind = random.randrange(4)
    if kind == 0:
        return random.choice(HOSTILE)
    index = random.randrange(len(text) + 1)
    if kind == 1:
        return text[:index] + random.choice(HOSTILE) + text[index:]
    if kind == 2:
        return text[:index] + chr(random.randrange(0x11_0000)) + text[index + 1 :]
    return text[:index]


def _damage_header(request: SignedRequest, random: Random) -> SignedRequest:
    headers = list(request.headers)
    index = random.randrange(len(headers))
    headers[index] = (headers[index][0], _damage_text(headers[index][1], random))
    return replace(request, headers=headers)


def _repeat_header(request: SignedRequest, random: Random) -> SignedRequest:
    name, value = random.choice(list(request.headers))
    return replace(
        request, headers=[*request.headers, (_damage_text(name, random), _damage_text(value, random))]
    )


def _damage_query(request: SignedRequest, random: Random) -> SignedRequest:
    query = _damage_text(request.query_string.decode("latin-1"), random)
    return replace(request, query_string=query.encode("latin-1", "replace"))


def _damage_body(request: SignedRequest, random: Random) -> SignedRequest:
    index = random.randrange(len(request.body) + 1)
    bodies = [
        random.choice(BODIES),
        request.body[:index] + random.randbytes(random.randrange(4)) + request.body[index:],
        request.body[:index] + random.randbytes(1) + request.body[index + 1 :],
        request.body[:index],
        random.randbytes(random.randrange(40)),
    ]
    return replace(request, body=random.choice(bodies))


def _damage_address(request: SignedRequest, random: Random) -> SignedRequest:
    method, url = _damage_text(request.method, random), _damage_text(request.public_url, random)
    return replace(request, method=method, public_url=url)


_CHANGES = [
    _damage_header,
    _damage_header,
    _repeat_header,
    _damage_query,
    _damage_body,
    _damage_body,
    _damage_address,
]
