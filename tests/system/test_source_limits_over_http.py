"""No source can make another source's request fail: neither by filling the store nor by flooding it."""

import base64
import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.harness.accounts import ADMIN_KEY, Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000
POSTS = 100
"""That many requests of a megabyte, compressed, fill more than the whole store."""
PARTNER, EAGER = Account("partner"), Account("eager")
RULE = {
    "name": "view",
    "to": "digital-interaction",
    "map": {
        "eventId": "{{ item.id }}",
        "timestamp": "2026-11-20T10:00:00Z",
        "eventType": "page viewed",
        # No payload of this test has a title, so every event becomes a dead letter.
        "content": {"contentTitle": "{{ item.title }}"},
        "person": {"email": "{{ item.email }}"},
    },
}
SOURCES = {
    "hostile": {"destination": "partner", "verify": {"scheme": "none"}, "rules": [RULE]},
    "eager": {
        "destination": "eager",
        "keys": [f"sha256:{EAGER.key_digest}"],
        "limits": {"events_per_minute": 30},
    },
}


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    settings = FAST | {"RELAY_MAX_BODY_BYTES": "2000000"}
    plan = Plan([PARTNER, EAGER], settings, store={"maxmemory": "64mb"}, config={"sources": SOURCES})
    with launch(plan) as stack:
        yield stack


@pytest.fixture(autouse=True)
def purge_dead_letters(stack: Stack) -> Iterator[None]:
    yield
    purge(stack)


def purge(stack: Stack) -> int:
    """Purge the hostile source's dead letters. Returns how many there were."""
    response = requests.post(
        f"{stack.url}/v1/purges",
        json={"filter": {"source": "hostile", "status": "dead"}},
        headers={"X-API-Key": ADMIN_KEY},
        timeout=30,
    )
    assert response.status_code == 200, response.text
    return int(response.json()["events"])


def unmappable(number: int) -> bytes:
    """JSON of a megabyte that cannot be compressed, and that the source's rule cannot map."""
    text = base64.b64encode(random.randbytes(MEGABYTE * 3 // 4))
    return b'{"id": "%d", "text": "%s"}' % (number, text)


def unreadable(size: int) -> Callable[[int], bytes]:
    """Bytes that are no JSON."""
    return lambda number: b"%d: " % number + random.randbytes(size)


def post_webhook(stack: Stack, body: bytes) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    return requests.post(f"{stack.url}/v1/webhooks/hostile", body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("make", "posts", "refusal"),
    [
        (unmappable, POSTS, 429),
        (unreadable(250_000), 4 * POSTS, 429),
        (unreadable(MEGABYTE), POSTS, 413),
    ],
    ids=["unmappable", "unreadable", "unreadable and large"],
)
def test_a_source_that_fills_its_share_is_refused_and_the_other_never(
    stack: Stack, make: Callable[[int], bytes], posts: int, refusal: int
) -> None:
    statuses: Counter[int] = Counter()
    for number in range(posts):
        statuses[post_webhook(stack, make(number)).status_code] += 1
        # Raises unless it is answered with 202.
        stack.relay.accept(PARTNER, page_view(f"{refusal}-{posts}-{number}"))

    assert set(statuses) <= {202, refusal}
    assert statuses[refusal] > posts / 4


def test_a_purge_makes_room_at_once(stack: Stack) -> None:
    accepted = 0
    # New ids: an event that was purged is still a duplicate, and takes no memory.
    while (response := post_webhook(stack, unmappable(1000 + accepted))).status_code == 202:
        accepted += 1
        assert accepted < POSTS
    assert (response.status_code, response.json()["code"]) == (429, "source_store_share")
    assert int(response.headers["Retry-After"]) > 0

    assert purge(stack) == accepted

    assert post_webhook(stack, unmappable(2000)).status_code == 202


def test_a_source_that_sends_too_many_events_is_refused_and_the_other_never(stack: Stack) -> None:
    refused = None
    for number in range(60):
        response = stack.relay.post(EAGER, page_view(f"flood-{number}"))
        if response.status_code != 202:
            refused = response
        stack.relay.accept(PARTNER, page_view(f"beside-the-flood-{number}"))

    assert refused is not None
    assert (refused.status_code, refused.json()["code"]) == (429, "source_rate")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    # Rejections are counted in the process, and written once a second with a later request.
    eventually(lambda: last_rejection(stack) == "source_rate", within=10, what="the count of the rejection")


def last_rejection(stack: Stack) -> str | None:
    stack.relay.post(PARTNER, page_view("the same each time"))
    [row] = [row for row in stack.relay.get("/v1/sources")["sources"] if row["source"] == "eager"]
    return row["last_rejection"] and str(row["last_rejection"]["code"])
