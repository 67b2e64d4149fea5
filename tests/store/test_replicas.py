"""The relay can wait for replicas before it confirms an event, and refuses Redis Cluster."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from relay.core.errors import Unavailable
from relay.settings import SettingsError
from relay.store.engine.connection import WORKER, open_redis, refuse_cluster
from relay.store.engine.scripts import Scripts
from tests.harness.processes import free_port
from tests.harness.waiting import eventually
from tests.store_world import accept_events, event, receipt
from tests.valkey import Valkey


@pytest.fixture
def replicated() -> Iterator[tuple[Redis, Valkey]]:
    with tempfile.TemporaryDirectory(prefix="rw") as folder:
        port = free_port()
        servers = []
        for name, options in (("p", {"port": str(port)}), ("r", {"replicaof": f"127.0.0.1 {port}"})):
            (Path(folder) / name).mkdir()
            servers.append(Valkey(Path(folder) / name, {"repl-diskless-sync-delay": "0"} | options))
            servers[-1].start()
        client = open_redis(servers[0].url, WORKER)
        eventually(lambda: client.wait(1, 100) == 1, within=10, what="a replica")
        yield client, servers[1]
        client.close()
        for server in reversed(servers):
            server.stop()


def test_an_event_is_confirmed_once_a_replica_has_it(replicated: tuple[Redis, Valkey]):
    client, replica = replicated
    accepted = accept_events(Scripts(client, wait_replicas=1), event("1"))

    with Redis.from_url(replica.url) as copy:
        assert copy.exists(f"relay:event:{accepted.verdicts[0].id}")


def test_an_event_that_no_replica_has_is_not_confirmed_even_when_it_is_sent_again(
    replicated: tuple[Redis, Valkey],
):
    client, replica = replicated
    replica.kill()
    requests = [receipt(idempotency_key="once") for _ in range(2)]

    for request in requests:
        with pytest.raises(Unavailable) as caught:
            accept_events(Scripts(client, wait_replicas=1), event("1"), on=request)
        assert caught.value.code == "store_not_replicated"


def test_the_relay_waits_for_no_replica_by_default(replicated: tuple[Redis, Valkey]):
    client, replica = replicated
    replica.kill()

    assert accept_events(Scripts(client), event("1")).verdicts


def test_a_server_in_cluster_mode_is_refused_with_the_remedy():
    with tempfile.TemporaryDirectory(prefix="rk") as folder:
        server = Valkey(Path(folder), {"cluster-enabled": "yes", "port": str(free_port() % 50000 + 1024)})
        server.start()
        try:
            with pytest.raises(SettingsError, match=r"Cluster.*Use a server without cluster mode"):
                refuse_cluster(open_redis(server.url, WORKER))
        finally:
            server.stop()


def test_a_standalone_server_is_accepted(redis: Redis):
    refuse_cluster(redis)

    assert redis.ping()
