"""The API, the pages and the metrics show how much of a store each source uses, and how much it may use."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.source_usage import read_source_bytes

Headers = dict[str, str]
MEMORY = 200 * 1024 * 1024


@pytest.fixture
def used(
    client: FlaskClient, sender: Headers, redis: Redis, page_view: Callable[..., dict[str, Any]]
) -> Iterator[int]:
    """The bytes of one event, in a store with a memory limit."""
    redis.config_set("maxmemory", MEMORY)
    assert client.post("/v1/events", json=page_view(), headers=sender).status_code == 202
    yield read_source_bytes(redis, ["web"])["web"]
    redis.config_set("maxmemory", 0)


def rows(client: FlaskClient, operator: Headers) -> dict[str, dict[str, Any]]:
    sources = client.get("/v1/sources", headers=operator).get_json()["sources"]
    return {row["source"]: row["usage"] for row in sources}


def test_the_api_shows_the_bytes_of_each_source_and_its_limits(
    client: FlaskClient, operator: Headers, used: int
):
    usage = rows(client, operator)

    assert usage["web"] == {
        "stores": [{"store": "main", "bytes": used, "limit_bytes": MEMORY // 2}],
        "store_share": 0.5,
        "events_per_minute": 60_000,
    }
    assert usage["shop"]["stores"][0]["bytes"] == 0


def test_without_maxmemory_there_is_no_limit(client: FlaskClient, operator: Headers):
    [store] = rows(client, operator)["web"]["stores"]

    assert store == {"store": "main", "bytes": 0, "limit_bytes": None}


def test_the_metrics_have_the_bytes_and_a_series_for_each_refusal(
    client: FlaskClient, operator: Headers, used: int
):
    lines = client.get("/metrics", headers=operator).text.splitlines()

    assert f'relay_source_store_bytes{{source="web",store="main"}} {float(used)}' in lines
    for outcome in ("source_store_share", "source_rate"):
        assert f'relay_requests_total{{outcome="{outcome}",source="web"}} 0.0' in lines


def test_the_page_of_the_source_shows_them(client: FlaskClient, operator: Headers, used: int):
    page = client.get("/ops/sources/web", headers=operator).text

    assert f"{used / 1000:.1f} kB of the 104.9 MB that it may use" in page
