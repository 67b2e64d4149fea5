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
from relay.core.config import Config
from relay.core.schedule import Schedule
from relay.intake.replaying import Replaying
from relay.intake.take_in import Intake
from relay.log import configure, line
from relay.settings import Settings
from relay.store.accepting import Retention
from relay.store.connection import WORKER, follows, open_redis, refuse_cluster
from relay.store.delivery import Pacing, Sweeping, probe_soon, publish_limits
from relay.store.directory import Directory
from relay.store.durability import read_durability
from relay.store.scripts import Scripts
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


def build(threads: int | None = None) -> PacedWorker:
    """A worker as the environment and the configuration file describe it. Waits for Redis if it is not there yet."""
    settings = Settings.from_env(os.environ)
    configure(settings.log_level)
    config = load_config(Path(settings.config), environ=os.environ, allow_hosts=settings.allow_gong_hosts)
    check_oauth(config, settings)
    redis = open_redis(settings.redis_url, WORKER)
    await_redis(redis)
    refuse_cluster(redis)
    _tell_durability(redis, settings)
    directory = Directory(config.destinations, redis, time.monotonic)
    scripts = Scripts(redis)
    publish_limits(scripts, directory.all())
    probe_soon(redis)
    parts = Parts(settings, config, redis, scripts, directory, open_tokens(settings, config.oauth, redis))
    return create_worker(parts, threads=threads or settings.worker_threads)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker is made of. Without `tokens` no destination is reached by OAuth."""

    settings: Settings
    config: Config
    redis: Redis
    scripts: Scripts
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
    return PacedWorker(parts.redis, deliverer, working, name=name, chores=_chores(parts, retention))


def _chores(parts: Parts, retention: Retention) -> list[Chore]:
    """What every worker sees to beside delivering; of all workers one at a time."""
    intake = Intake(parts.config, parts.directory, parts.scripts, retention, _now, parts.settings.max_items)
    chores: list[Chore] = [ReplayChore(Replaying(parts.redis, parts.scripts, _now, lambda: intake)).step]
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
