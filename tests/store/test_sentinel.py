"""Behind Sentinels every connection follows a failover, and a demoted primary accepts no event."""

import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from relay.core.errors import Unavailable
from relay.store.engine import keys
from relay.store.engine.connection import WORKER, ClientOptions, open_redis, redis_errors_as_unavailable
from relay.store.engine.durability import read_durability
from relay.store.engine.scripts import Scripts
from tests.harness.processes import free_port
from tests.harness.waiting import eventually
from tests.store_world import accept_events, event, take_events
from tests.valkey import Valkey
from workers.wakeup import Wakeup

pytestmark = pytest.mark.slow

SENTINEL = """
port {port}
sentinel monitor main 127.0.0.1 {primary} 1
sentinel down-after-milliseconds main 1500
sentinel failover-timeout main 4000
"""
_FAILOVER_SECONDS = 20


@dataclass
class SentinelSetup:
    """A primary, a replica and the Sentinel that watches them.

    Attributes:
        sentinel_client: a connection to the Sentinel itself.
    """

    primary: Valkey
    replica: Valkey
    replica_port: int
    sentinel: Valkey
    url: str
    sentinel_client: Redis

    def fail_over(self) -> None:
        """Fail over by command; the old primary keeps running as a replica."""
        eventually(self._start_failover, within=_FAILOVER_SECONDS, what="a replica to fail over to")
        self.await_new_primary()
        eventually(
            lambda: role_of(self.primary) == "slave",
            within=_FAILOVER_SECONDS,
            what="the old primary to step down",
        )

    def _start_failover(self) -> bool:
        try:
            return bool(self.sentinel_client.execute_command("SENTINEL", "FAILOVER", "main"))
        except RedisError as error:
            raise AssertionError(str(error)) from error

    def await_new_primary(self) -> None:
        def has_moved() -> bool:
            address = self.sentinel_client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")
            return int(address[1]) == self.replica_port

        eventually(has_moved, within=_FAILOVER_SECONDS, what="the new primary")


def role_of(server: Valkey) -> str:
    """The role of the server, or "" while it changes, because it then drops all connections."""
    try:
        with Redis.from_url(server.url) as client:
            return client.info("replication")["role"]
    except RedisError:
        return ""


def has_synced(replica: Valkey) -> bool:
    with Redis.from_url(replica.url) as client:
        return client.info("replication")["master_link_status"] == "up"


def _node(folder: Path, name: str, port: int, **options: str) -> Valkey:
    node_folder = folder / name
    node_folder.mkdir()
    return Valkey(node_folder, {"port": str(port), "repl-diskless-sync-delay": "0", **options})


@pytest.fixture
def setup() -> Iterator[SentinelSetup]:
    with tempfile.TemporaryDirectory(prefix="rs") as root:
        folder = Path(root)
        first, second, third = free_port(), free_port(), free_port()
        primary = _node(folder, "p", first)
        replica = _node(folder, "r", second, replicaof=f"127.0.0.1 {first}")
        sentinel = _node(folder, "s", third)
        primary.start()
        replica.start()
        eventually(lambda: has_synced(replica), within=10, what="the replica's first copy")
        (folder / "s" / "conf").write_text(SENTINEL.format(port=third, primary=first))
        sentinel.start_sentinel(folder / "s" / "conf", third)
        sentinel_client = Redis(port=third)
        url = f"redis+sentinel://127.0.0.1:{third}/main/0"
        try:
            yield SentinelSetup(primary, replica, second, sentinel, url, sentinel_client)
        finally:
            sentinel_client.close()
            for server in (sentinel, replica, primary):
                server.stop()


@pytest.fixture
def client(setup: SentinelSetup) -> Iterator[Redis]:
    client = open_redis(setup.url, ClientOptions(command_timeout=1.5, connect_timeout=1.0))
    yield client
    client.close()


def test_events_are_accepted_and_leased_after_a_failover_by_command(setup: SentinelSetup, client: Redis):
    scripts = Scripts(client)
    first = accept_events(scripts, event("1"))
    replicated = client.wait(1, 5000)
    assert replicated == 1

    setup.fail_over()
    second = accept_eventually(scripts, "2")

    assert client.info("replication")["role"] == "master"
    assert client.info("server")["tcp_port"] == setup.replica_port
    assert {leased.id for leased in take_events(scripts)} == {first.verdicts[0].id, second}


def test_the_store_is_unavailable_after_a_crash_until_the_replica_is_promoted(
    setup: SentinelSetup, client: Redis
):
    scripts = Scripts(client)
    accept_events(scripts, event("1"))
    assert client.wait(1, 5000) == 1

    eventually(lambda: knows_replica(setup), within=_FAILOVER_SECONDS, what="Sentinel to know the replica")
    setup.primary.kill()
    with pytest.raises(Unavailable):
        accept_events(scripts, event("2"))
    setup.await_new_primary()

    assert accept_eventually(scripts, "3")
    assert client.zcard(keys.EVENTS) == 2


def test_a_late_reply_of_a_frozen_primary_is_never_read_as_the_reply_to_another_command(setup: SentinelSetup):
    client = open_redis(setup.url, ClientOptions(command_timeout=0.3, connect_timeout=0.3))
    client.set("relay:a", "a")
    client.set("relay:b", "b")
    setup.primary.signal(signal.SIGSTOP)
    with pytest.raises(Unavailable), redis_errors_as_unavailable():
        client.get("relay:a")
    setup.primary.signal(signal.SIGCONT)

    def has_right_reply() -> bool:
        with suppress(RedisError):
            return client.get("relay:b") == b"b"
        return False

    eventually(has_right_reply, within=_FAILOVER_SECONDS, what="a reply")
    assert [client.get("relay:b") for _ in range(5)] == [b"b"] * 5
    client.close()


def test_a_worker_is_woken_through_the_new_primary(setup: SentinelSetup):
    client = open_redis(setup.url, WORKER)
    wakeup = Wakeup(client)
    wakeup.start()
    setup.fail_over()

    def is_woken() -> bool:
        with suppress(RedisError):
            client.lpush(keys.WAKEUP, 1)
        began = time.monotonic()
        wakeup.wait(1.0)
        return time.monotonic() - began < 0.9

    eventually(is_woken, within=_FAILOVER_SECONDS, what="a wakeup")
    assert client.info("server")["tcp_port"] == setup.replica_port


def test_sentinels_without_min_replicas_to_write_are_reported_as_relaxed(client: Redis):
    warnings = " ".join(read_durability(client).relaxed)

    assert "min-replicas-to-write is 0" in warnings


def test_the_store_is_reported_unavailable_within_two_seconds_if_no_sentinel_answers():
    url = f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{free_port()}/main/0"
    began = time.monotonic()

    with pytest.raises(Unavailable) as caught:
        accept_events(Scripts(open_redis(url, ClientOptions())), event("1"))

    assert caught.value.code == "store_unavailable"
    assert time.monotonic() - began < 2


def accept_eventually(scripts: Scripts, native: str) -> str:
    """Retry until the store accepts the event and return its id; a failover may outlast Sentinel's report."""
    ids: list[str] = []

    def is_accepted() -> bool:
        with suppress(Unavailable):
            ids.append(accept_events(scripts, event(native)).verdicts[0].id)
        return bool(ids)

    eventually(is_accepted, within=_FAILOVER_SECONDS, what=f"event {native} to be accepted")
    return ids[0]


def knows_replica(setup: SentinelSetup) -> bool:
    return bool(setup.sentinel_client.execute_command("SENTINEL", "REPLICAS", "main"))
