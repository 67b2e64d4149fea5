"""The worker's composition root: settings, configuration, Redis and the way to Gong, put together once a process."""

import os
import socket
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from relay.config.load import load_config
from relay.core.config import Config
from relay.core.schedule import Schedule
from relay.log import configure, line
from relay.settings import Settings
from relay.store.accepting import Retention
from relay.store.connection import WORKER, open_redis
from relay.store.delivery import Pacing, Sweeping, probe_soon, publish_limits
from relay.store.scripts import Scripts
from workers.deliver import Deliverer, Rules
from workers.gate import Gate
from workers.gong import Gong, Manners
from workers.paced import PacedWorker, Working


def build(threads: int | None = None) -> PacedWorker:
    """A worker as the environment and the configuration file describe it. Waits for Redis if it is not there yet."""
    settings = Settings.from_env(os.environ)
    configure(settings.log_level)
    config = load_config(Path(settings.config), environ=os.environ, allow_hosts=settings.allow_gong_hosts)
    redis = open_redis(settings.redis_url, WORKER)
    await_redis(redis)
    publish_limits(Scripts(redis), config.destinations)
    probe_soon(redis)
    return create_worker(settings, config, redis, threads=threads or settings.worker_threads)


def create_worker(settings: Settings, config: Config, redis: Redis, *, threads: int) -> PacedWorker:
    """A worker from its parts."""
    retention = Retention.from_settings(settings)
    pacing = Pacing(lease=float(settings.lease_seconds))
    manners = Manners(
        float(settings.connect_timeout_seconds),
        float(settings.call_timeout_seconds),
        threads,
        settings.trust_env,
    )
    schedule = Schedule(max_attempts=settings.max_attempts, max_age=settings.max_age_hours * 3600.0)
    deliverer = Deliverer(config, Gong(manners), Gate(pacing.window), Rules(schedule, retention))
    working = Working(threads=threads, pacing=pacing, sweeping=Sweeping(keep_dead=retention.dead))
    name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
    return PacedWorker(redis, deliverer, working, name=name)


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
