"""A worker of one store serves that store's destinations and no others."""

from pathlib import Path

import pytest
from redis import Redis

from relay.core.destination import MAIN_STORE
from relay.store.engine import keys
from tests.valkey import Valkey
from workers.bootstrap import build_worker

_CONFIG = """
destinations:
  acme: {auth: &auth {basic: {access_key: k, access_key_secret: s}}}
  globex: {auth: *auth, company: tps, store: eu}
stores: {eu: {url: "${EU}"}}
"""


@pytest.fixture
def environ(
    valkey: Valkey, second_valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    (tmp_path / "relay.yaml").write_text(_CONFIG)
    variables = {
        "RELAY_CONFIG": str(tmp_path / "relay.yaml"),
        "RELAY_REDIS_URL": valkey.url,
        "EU": second_valkey.url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.usefixtures("environ")
def test_a_worker_publishes_the_limits_of_its_own_stores_companies(redis: Redis, second_redis: Redis):
    build_worker(4, MAIN_STORE)
    build_worker(4, "eu")

    assert [redis.exists(keys.COMPANY + name) for name in ("acme", "tps")] == [1, 0]
    assert [second_redis.exists(keys.COMPANY + name) for name in ("acme", "tps")] == [0, 1]


def test_a_worker_starts_while_another_store_is_unreachable(environ: pytest.MonkeyPatch, redis: Redis):
    environ.setenv("RELAY_REDIS_URL", "unix:///nowhere/at/all")

    worker, _ = build_worker(4, "eu")

    assert worker.connection.ping()
    assert redis.dbsize() == 0
