"""The API, the pages and the metrics show how much of a store each source uses, and how much it may use."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.engine import keys
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


@pytest.fixture
def full_of_web(
    client: FlaskClient, sender: Headers, redis: Redis, page_view: Callable[..., dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The row of the source `web`, which uses twice its share of the store."""
    redis.config_set("maxmemory", MEMORY)
    assert client.post("/v1/events", json=page_view(), headers=sender).status_code == 202
    redis.hset(keys.SOURCE_USAGE + "web", "bytes", MEMORY)
    yield {"source": "web", "store": "main", "bytes": MEMORY, "limit_bytes": MEMORY // 2}
    redis.config_set("maxmemory", 0)


def rows(client: FlaskClient, operator: Headers) -> dict[str, dict[str, Any]]:
    sources = client.get("/v1/sources", headers=operator).get_json()["sources"]
    return {row["source"]: row for row in sources}


def test_the_api_shows_the_bytes_of_each_source_and_its_limits(
    client: FlaskClient, operator: Headers, used: int
):
    sources = rows(client, operator)

    assert sources["web"]["usage"] == {
        "stores": [{"store": "main", "bytes": used, "limit_bytes": MEMORY // 2}]
    }
    assert sources["web"]["limits"] == {
        "daily_share": None,
        "max_priority": "high",
        "store_share": 0.5,
        "events_per_minute": 60_000,
    }
    assert sources["shop"]["usage"]["stores"][0]["bytes"] == 0


def test_without_maxmemory_there_is_no_limit(client: FlaskClient, operator: Headers):
    [store] = rows(client, operator)["web"]["usage"]["stores"]

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

    assert f"{used / 1000:.1f} kB of 104.9 MB used" in page
    assert "up to 60,000 events per minute" in page


@pytest.mark.usefixtures("used")
@pytest.mark.parametrize("path", ["/v1/queues", "/v1/overview"])
def test_a_source_below_its_share_is_not_listed_as_full(client: FlaskClient, operator: Headers, path: str):
    assert client.get(path, headers=operator).get_json()["full_sources"] == []


@pytest.mark.parametrize("path", ["/v1/queues", "/v1/overview"])
def test_a_source_that_has_used_its_share_is_listed(
    client: FlaskClient, operator: Headers, full_of_web: dict[str, Any], path: str
):
    assert client.get(path, headers=operator).get_json()["full_sources"] == [full_of_web]


@pytest.mark.usefixtures("full_of_web")
def test_the_list_of_sources_marks_one_that_has_used_its_share(client: FlaskClient, operator: Headers):
    page = client.get("/ops/sources", headers=operator).text

    shares = re.findall(r'<td data-label="Store share" class="([^"]*)">([^<]*)</td>', page)
    assert shares == [("num", "0 %"), ("num bad-text", "200 %")]


@pytest.mark.usefixtures("full_of_web")
def test_the_overview_names_a_source_that_has_used_its_share(client: FlaskClient, operator: Headers):
    page = client.get("/ops/", headers=operator).text

    assert "web has used its share of the store main" in page
    assert "209.7 MB of 104.9 MB used" in page
