"""Packing what senders post and what Gong is sent, so that a queued event takes little of the store's memory.

A text is deflated by words that such texts share (`relay.store.engine.compression_dictionary`). Alone in its request, an event's body
is packed as the rest of one stream that the request's bytes begin, for it says much the same: it is read with them.
Every packed text begins with one of the marks below, which no JSON does: what was kept before there were any, or gets
no smaller, is kept as it is.
"""

import zlib

from relay.store.engine.compression_dictionary import WORDS_1

DEFAULT_CONTENT_TYPE = "application/json"
"""A request's content type that is not kept: one that is missing is this."""

_BY_WORDS, _GOES_ON, _AS_IS = b"\x01", b"\x02", b"\x03"

_LEVEL = 3
"""Measured: less is larger and hardly faster, more takes a fifth longer for a thirtieth less."""
_WINDOW, _MEMORY = -13, 4
"""8 KiB of window hold the words. Such a packer is copied in 2 µs, and made in 8."""

_SYNCED = b"\x00\x00\xff\xff"
"""How every flush inside a stream ends. It is left away, and put back to read."""

_LARGEST_BEGINNING = 8_192
"""Bytes of a request that a body goes on from: to read the body they are unpacked again."""

_FRESH = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, WORDS_1)


def pack(text: bytes) -> bytes:
    """A text as it is kept."""
    packer = _FRESH.copy()
    return _shorter(text, _BY_WORDS + packer.compress(text) + packer.flush())


def pack_pair(raw: bytes, body: bytes) -> tuple[bytes, bytes]:
    """A request's bytes and the body of its only event, as they are kept."""
    if len(raw) > _LARGEST_BEGINNING:
        return pack(raw), pack(body)
    packer = _FRESH.copy()
    begun = packer.compress(raw) + packer.flush(zlib.Z_SYNC_FLUSH)
    beginning = _BY_WORDS + begun.removesuffix(_SYNCED)
    if len(beginning) >= len(raw):
        return pack(raw), pack(body)
    return beginning, _GOES_ON + packer.compress(body) + packer.flush()


def is_delta(kept: bytes) -> bool:
    """Whether it is read only with the bytes that it goes on from."""
    return kept.startswith(_GOES_ON)


def unpack(kept: bytes, beginning: bytes = b"") -> bytes:
    """The text itself. `beginning`: the request's bytes as they are kept, where the text goes on from them."""
    mark, rest = kept[:1], memoryview(kept)[1:]
    if mark == _AS_IS:
        return bytes(rest)
    if mark not in {_BY_WORDS, _GOES_ON}:
        return kept
    reader = zlib.decompressobj(_WINDOW, WORDS_1)
    if mark == _GOES_ON:
        reader.decompress(beginning[1:] + _SYNCED)
    text = reader.decompress(rest)
    return text if reader.eof else text + reader.decompress(_SYNCED)


def _shorter(text: bytes, packed: bytes) -> bytes:
    if len(packed) < len(text):
        return packed
    return _AS_IS + text if text[:1] in {_BY_WORDS, _GOES_ON, _AS_IS} else text
