"""Packing: every text is unpacked unchanged, and the JSON of senders and of Gong becomes small."""

import hashlib
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from relay.core.call import Call, Operation
from relay.store.accept import NewEvent
from relay.store.engine import keys
from relay.store.engine.compression import is_delta, pack, pack_pair, unpack
from relay.store.engine.compression_dictionary import WORDS_1
from relay.store.engine.scripts import Scripts
from relay.store.events import read_event, read_receipt
from tests.store_world import accept_events, event, receipt, take_events

PAGE_VIEW = {
    "id": "ev-7",
    "type": "page_view",
    "occurred_at": "2026-11-20T10:00:00Z",
    "content": {"title": "Plans", "url": "https://www.initech.example/plans"},
    "person": {"email": "ada@globex.example", "name": "Ada", "company": {"domain": "globex.example"}},
    "session_id": "8d1f2c",
    "properties": {"scroll depth": 75},
}
POSTED = orjson.dumps(PAGE_VIEW)
BODY = {
    "eventId": "web:ev-7",
    "timestamp": "2026-11-20T10:00:00Z",
    "eventType": "page viewed",
    "sourceSystemName": "Acme",
    "sessionId": "8d1f2c",
    "content": {"contentTitle": "Plans", "contentUrl": "https://www.initech.example/plans"},
    "person": {"name": "Ada", "email": "ada@globex.example", "company": {"domain": "globex.example"}},
    "customFields": [{"name": "scroll depth", "value": "75", "dataType": "NUMBER"}],
}
SENT = orjson.dumps(BODY)

TEXTS = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=40).map(lambda text: text * 300),
    st.sampled_from([POSTED, SENT, POSTED * 40]),
    st.builds(bytes.__add__, st.sampled_from([b"\x00", b"\x01", b"\x02", b"\x03"]), st.binary(max_size=20)),
)


@given(TEXTS)
def test_a_packed_text_is_unpacked_unchanged(text: bytes):
    assert unpack(pack(text)) == text


@given(TEXTS, TEXTS)
def test_both_texts_of_a_pair_are_unpacked_unchanged(raw: bytes, body: bytes):
    packed_raw, packed_body = pack_pair(raw, body)

    assert (unpack(packed_raw), unpack(packed_body, packed_raw)) == (raw, body)


@given(TEXTS, TEXTS)
def test_a_body_that_is_no_delta_is_unpacked_alone(raw: bytes, body: bytes):
    _, packed_body = pack_pair(raw, body)

    assert is_delta(packed_body) or unpack(packed_body) == body


@given(TEXTS)
def test_packing_adds_at_most_one_byte(text: bytes):
    assert len(pack(text)) <= len(text) + 1


@pytest.mark.parametrize("text", [b"", b"{}", b'{"eventId":"a"}', b"[1]", b"a=b&c=d", "\ufeff{}".encode()])
def test_a_text_that_was_stored_unpacked_is_read_unchanged(text: bytes):
    assert unpack(text) == text


def test_a_page_view_and_its_body_shrink_by_more_than_half():
    packed_raw, packed_body = pack_pair(POSTED, SENT)

    assert len(packed_raw) < len(POSTED) / 2
    assert len(packed_body) < len(SENT) / 4
    assert len(pack(SENT)) < len(SENT) / 2


def test_the_dictionary_never_changes():
    """A changed dictionary could not unpack existing data. Add a second dictionary with its own marker byte instead."""
    digest = hashlib.sha256(WORDS_1).hexdigest()

    assert digest == "b7a258551d0ab6f8009d5022972c2e99b929e8fcabd5ee9e4080cfa57e514b70"


def test_the_packer_uses_the_start_of_the_dictionary():
    first = WORDS_1[:60]

    assert len(pack(first)) < 12


def page_view(native: str = "7") -> NewEvent:
    return replace(event(native), call=Call(Operation.DIGITAL_INTERACTION, f"web:{native}", BODY))


def test_an_event_and_its_receipt_are_stored_packed_and_read_unpacked(scripts: Scripts, redis: Redis):
    on = receipt(POSTED)
    [verdict] = accept_events(scripts, page_view(), on=on).verdicts

    stored = redis.hget(keys.RECEIPT + on.id, "raw") + redis.hget(keys.EVENT + verdict.id, "body")
    assert len(stored) < (len(POSTED) + len(SENT)) / 2
    assert read_event(redis, verdict.id)["body"] == SENT
    assert read_receipt(redis, on.id)["raw"] == POSTED


def test_a_worker_gets_the_unpacked_body(scripts: Scripts):
    accept_events(scripts, page_view(), on=receipt(POSTED))

    assert [leased.body for leased in take_events(scripts)] == [SENT]


def test_each_event_of_a_batch_gets_its_own_body(scripts: Scripts, redis: Redis):
    batch = receipt(orjson.dumps([PAGE_VIEW, PAGE_VIEW]))
    accept_events(scripts, page_view("1"), event("2"), on=batch)

    assert [leased.body for leased in take_events(scripts)] == [SENT, b'{"eventId":"web:2"}']
    assert read_receipt(redis, batch.id)["raw"] == batch.raw


def test_the_body_of_a_request_too_long_for_a_delta_is_packed_alone(scripts: Scripts, redis: Redis):
    long = receipt(orjson.dumps(PAGE_VIEW | {"action": "x" * 9_000}))
    [verdict] = accept_events(scripts, page_view(), on=long).verdicts

    assert not is_delta(redis.hget(keys.EVENT + verdict.id, "body"))
    assert [leased.body for leased in take_events(scripts)] == [SENT]


def test_an_unpacked_event_that_an_older_relay_queued_is_sent_unchanged(scripts: Scripts, redis: Redis):
    [verdict] = accept_events(scripts, event("1")).verdicts
    redis.hset(keys.EVENT + verdict.id, "body", SENT)

    assert [leased.body for leased in take_events(scripts)] == [SENT]


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson", ""])
def test_a_receipt_stores_its_content_type(scripts: Scripts, redis: Redis, content_type: str):
    on = receipt(POSTED, content_type=content_type)
    accept_events(scripts, event("1"), on=on)

    assert read_receipt(redis, on.id)["content_type"] == content_type.encode()
