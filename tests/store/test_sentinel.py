"""Behind Sentinels: every way to the store follows a failover, and a primary that was demoted takes no event."""

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
class Guarded:
    """A primary, a replica, and the Sentinel that watches them."""

    primary: Valkey
    replica: Valkey
    replica_port: int
    sentinel: Valkey
    url: str
    spoken: Redis

    def fail_over(self) -> None:
        """By command: the old primary lives on, as a replica."""
        eventually(self._told_to, within=_FAILOVER_SECONDS, what="a replica to fail over to")
        self.await_new_primary()
        eventually(
            lambda: role_of(self.primary) == "slave",
            within=_FAILOVER_SECONDS,
            what="the old primary to step down",
        )

    def _told_to(self) -> bool:
        try:
            return bool(self.spoken.execute_command("SENTINEL", "FAILOVER", "main"))
        except RedisError as error:
            raise AssertionError(str(error)) from error

    def await_new_primary(self) -> None:
        def moved() -> bool:
            found = self.spoken.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")
            return int(found[1]) == self.replica_port

        eventually(moved, within=_FAILOVER_SECONDS, what="the new primary")


def role_of(server: Valkey) -> str:
    """What the server is, "" while it changes: it then drops whoever is connected."""
    try:
        with Redis.from_url(server.url) as client:
            return client.info("replication")["role"]
    except RedisError:
        return ""


def copies(replica: Valkey) -> bool:
    with Redis.from_url(replica.url) as client:
        return client.info("replication")["master_link_status"] == "up"


def _node(folder: Path, name: str, port: int, **options: str) -> Valkey:
    inside = folder / name
    inside.mkdir()
    return Valkey(inside, {"port": str(port), "repl-diskless-sync-delay": "0", **options})


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    with tempfile.TemporaryDirectory(prefix="rs") as place:
        folder = Path(place)
        first, second, third = free_port(), free_port(), free_port()
        primary = _node(folder, "p", first)
        replica = _node(folder, "r", second, replicaof=f"127.0.0.1 {first}")
        sentinel = _node(folder, "s", third)
        primary.start()
        replica.start()
        eventually(lambda: copies(replica), within=10, what="the replica's first copy")
        (folder / "s" / "conf").write_text(SENTINEL.format(port=third, primary=first))
        sentinel.start_sentinel(folder / "s" / "conf", third)
        spoken = Redis(port=third)
        url = f"redis+sentinel://127.0.0.1:{third}/main/0"
        try:
            yield Guarded(primary, replica, second, sentinel, url, spoken)
        finally:
            spoken.close()
            for server in (sentinel, replica, primary):
                server.stop()


@pytest.fixture
def client(guarded: Guarded) -> Iterator[Redis]:
    client = open_redis(guarded.url, ClientOptions(answer=1.5, connect=1.0))
    yield client
    client.close()


def test_accept_and_take_go_on_after_a_failover_by_command(guarded: Guarded, client: Redis):
    scripts = Scripts(client)
    first = accept_events(scripts, event("1"))
    replicated = client.wait(1, 5000)
    assert replicated == 1

    guarded.fail_over()
    second = eventually_accepted(scripts, "2")

    assert client.info("replication")["role"] == "master"
    assert client.info("server")["tcp_port"] == guarded.replica_port
    assert {taken.id for taken in take_events(scripts)} == {first.verdicts[0].id, second}


def test_a_killed_primary_is_unavailable_until_the_replica_has_its_place(guarded: Guarded, client: Redis):
    scripts = Scripts(client)
    accept_events(scripts, event("1"))
    assert client.wait(1, 5000) == 1

    eventually(lambda: knows_replica(guarded), within=_FAILOVER_SECONDS, what="Sentinel to know the replica")
    guarded.primary.kill()
    with pytest.raises(Unavailable):
        accept_events(scripts, event("2"))
    guarded.await_new_primary()

    assert eventually_accepted(scripts, "3")
    assert client.zcard(keys.EVENTS) == 2


def test_a_frozen_primarys_late_answer_is_nobodys(guarded: Guarded):
    client = open_redis(guarded.url, ClientOptions(answer=0.3, connect=0.3))
    client.set("relay:a", "a")
    client.set("relay:b", "b")
    guarded.primary.signal(signal.SIGSTOP)
    with pytest.raises(Unavailable), redis_errors_as_unavailable():
        client.get("relay:a")
    guarded.primary.signal(signal.SIGCONT)

    def answered() -> bool:
        with suppress(RedisError):
            return client.get("relay:b") == b"b"
        return False

    eventually(answered, within=_FAILOVER_SECONDS, what="an answer")
    assert [client.get("relay:b") for _ in range(5)] == [b"b"] * 5
    client.close()


def test_the_bell_rings_on_the_new_primary(guarded: Guarded):
    client = open_redis(guarded.url, WORKER)
    bell = Wakeup(client)
    bell.start()
    guarded.fail_over()

    def rung() -> bool:
        with suppress(RedisError):
            client.lpush(keys.WAKEUP, 1)
        began = time.monotonic()
        bell.wait(1.0)
        return time.monotonic() - began < 0.9

    eventually(rung, within=_FAILOVER_SECONDS, what="the bell")
    assert client.info("server")["tcp_port"] == guarded.replica_port


def test_sentinels_without_a_least_number_of_replicas_are_told_as_relaxed(client: Redis):
    told = " ".join(read_durability(client).relaxed)

    assert "min-replicas-to-write is 0" in told


def test_no_sentinel_is_unavailable_within_two_seconds():
    url = f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{free_port()}/main/0"
    began = time.monotonic()

    with pytest.raises(Unavailable) as caught:
        accept_events(Scripts(open_redis(url, ClientOptions())), event("1"))

    assert caught.value.code == "store_unavailable"
    assert time.monotonic() - began < 2


def eventually_accepted(scripts: Scripts, native: str) -> str:
    """The id of the event once the store takes it; a failover may last a moment longer than Sentinel says."""
    found: list[str] = []

    def accepted() -> bool:
        with suppress(Unavailable):
            found.append(accept_events(scripts, event(native)).verdicts[0].id)
        return bool(found)

    eventually(accepted, within=_FAILOVER_SECONDS, what=f"event {native} to be taken")
    return found[0]


def knows_replica(guarded: Guarded) -> bool:
    return bool(guarded.spoken.execute_command("SENTINEL", "REPLICAS", "main"))
