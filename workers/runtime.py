"""The worker's composition root: settings, configuration, Redis and the way to Gong, put together once a process."""

import os
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from relay.config.load import load_config
from relay.config.oauth import check_oauth
from relay.config.stores import check_store_name, check_stores
from relay.core.config import Config
from relay.core.destination import MAIN
from relay.core.schedule import Schedule
from relay.intake.replaying import replaying_in
from relay.intake.take_in import Intake
from relay.log import configure, line
from relay.settings import Settings
from relay.store.accepting import Retention
from relay.store.connection import WORKER, follows, refuse_cluster
from relay.store.delivery import Pacing, Sweeping, probe_soon, publish_limits
from relay.store.directory import Directory
from relay.store.durability import read_durability
from relay.store.stores import Store, Stores, open_stores
from workers.access import Accesses
from workers.connecting import oauth_chore
from workers.deliver import Deliverer
from workers.gate import Gate
from workers.gong import Gong, Manners
from workers.oauth import Tokens, open_tokens
from workers.paced import PacedWorker, Working
from workers.replays import ReplayChore
from workers.settling import Rules
from workers.steward import Chore


def build(threads: int | None = None, store_name: str = MAIN) -> PacedWorker:
    """A worker of one store, as the environment and the configuration file describe it.

    Waits for its store if that is not there yet. It speaks to no other.
    """
    settings = Settings.from_env(os.environ)
    configure(settings.log_level)
    config = load_config(Path(settings.config), environ=os.environ, allow_hosts=settings.allow_gong_hosts)
    check_oauth(config, settings)
    check_stores(config, settings)
    check_store_name(config, store_name)
    stores = open_stores(settings, config.stores, WORKER)
    store = stores.of(store_name)
    redis = store.redis
    await_redis(redis)
    refuse_cluster(redis)
    _tell_durability(redis, settings)
    # What a company that has moved left here stays on hold: its budget is counted in its own store.
    own = {name: each for name, each in config.destinations.items() if each.store == store_name}
    directory = Directory(own, redis, time.monotonic)
    publish_limits(store.scripts, directory.all())
    probe_soon(redis)
    tokens = open_tokens(settings, config.oauth, redis) if store_name == MAIN else None
    parts = Parts(settings, config, stores, store, directory, tokens)
    return create_worker(parts, threads=threads or settings.worker_threads)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker is made of. `directory` knows the destinations of its `store`.

    Without `tokens` no destination is reached by OAuth.
    """

    settings: Settings
    config: Config
    stores: Stores
    store: Store
    directory: Directory
    tokens: Tokens | None


def create_worker(parts: Parts, *, threads: int) -> PacedWorker:
    """A worker from its parts."""
    settings = parts.settings
    retention = Retention.from_settings(settings)
    pacing = Pacing(lease=float(settings.lease_seconds))
    manners = Manners(
        float(settings.connect_timeout_seconds),
        float(settings.call_timeout_seconds),
        threads,
        settings.trust_env,
    )
    schedule = Schedule(max_attempts=settings.max_attempts, max_age=settings.max_age_hours * 3600.0)
    deliverer = Deliverer(
        parts.directory.find, Accesses(parts.tokens, _now), Gong(manners), Gate(pacing.window)
    )
    working = Working(threads, pacing, Sweeping(keep_dead=retention.dead), Rules(schedule, retention))
    name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
    return PacedWorker(parts.store.redis, deliverer, working, name=name, chores=_chores(parts, retention))


def _chores(parts: Parts, retention: Retention) -> list[Chore]:
    """What every worker sees to beside delivering; of all workers one at a time."""
    everything = Directory(parts.config.destinations, parts.store.redis, time.monotonic)
    intake = Intake(parts.config, everything, parts.stores, retention, _now, parts.settings.max_items)
    chores: list[Chore] = [ReplayChore(replaying_in(parts.store, lambda: intake, _now)).step]
    if parts.tokens is not None:
        chores.append(oauth_chore(parts.settings, parts.tokens, parts.directory, _now).step)
    return chores


def _now() -> datetime:
    return datetime.now(UTC)


def await_redis(redis: Redis) -> None:
    """Return once Redis answers; say so while it does not."""
    delay = 0.1
    while True:
        try:
            redis.ping()
        except RedisError as error:
            line("worker.waits_for_store", error=type(error).__name__)
            time.sleep(delay)
            delay = min(delay * 2, 2.0)
        else:
            return


def _tell_durability(redis: Redis, settings: Settings) -> None:
    """Log what weakens the promise that an accepted event is kept."""
    relaxed = [*read_durability(redis).relaxed]
    if follows(redis) and not settings.redis_wait_replicas:
        relaxed.append("RELAY_REDIS_WAIT_REPLICAS is 0: a failover may lose the last accepted events.")
    if relaxed:
        line("worker.store_relaxed", relaxed=" ".join(relaxed))
