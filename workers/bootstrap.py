"""Composition root of a worker: builds it from settings, configuration, Redis and an HTTP client, once per process."""

import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from redis import Redis
from redis.exceptions import RedisError

from relay.actions.erasure_job import ErasureContext
from relay.actions.remap import make_replay_context
from relay.config.load import read_config
from relay.config.oauth import check_oauth
from relay.config.reload import ConfigFile
from relay.config.stores import check_store_name, check_stores
from relay.core.backoff import RetrySchedule
from relay.core.config import Config
from relay.core.destination import MAIN_STORE
from relay.core.secret import Process
from relay.file_limit import raise_file_limit
from relay.ingest.accept_events import IngestContext
from relay.log import configure, log_event
from relay.queries.prometheus import MetricsContext
from relay.settings import Settings, setting_error
from relay.store.accept import Retention
from relay.store.delivery import Pacing, SweepOptions, publish_limits, publish_shares, schedule_probes
from relay.store.destinations import DestinationDirectory
from relay.store.engine.connection import WORKER, refuse_cluster, uses_sentinels
from relay.store.engine.durability import read_durability
from relay.store.retention import publish_retention
from relay.store.schema_version import check_layout, record_layout
from relay.store.stores import Store, Stores, open_stores
from relay.tracing.setup import enable_tracing
from workers.alerts import create_alert_tasks
from workers.config_reload import ConfigWatcher
from workers.credentials import CredentialStore
from workers.deliver import Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.health_server import HealthReport, serve_health
from workers.jobs import ErasureTask, ReplayTask
from workers.liveness import Liveness
from workers.oauth_client import TokenService, create_token_service
from workers.oauth_job import create_oauth_task
from workers.open_files import limit_threads, size_pools
from workers.pacing import RateGate
from workers.periodic import Task
from workers.room import RoomTask
from workers.settlement import SettlementOptions
from workers.store_time import StoreTime
from workers.worker import PacedWorker, WorkerOptions


def build_worker(
    threads: int | None = None, store_name: str = MAIN_STORE
) -> tuple[PacedWorker, ConfigWatcher]:
    """Build the worker of one store from the environment and the configuration file, and the file's watcher.

    Waits until the store answers. The worker connects to no other store.
    """
    settings = Settings.from_env(os.environ, Process.WORKER)
    configure(settings.log_level)
    enable_tracing("gong-relay-worker", os.environ)
    read = partial(_read_config, settings=settings, store_name=store_name)
    file = ConfigFile(settings.config, read, environ=os.environ, now=_now)
    config = file.load()
    stores = open_stores(settings, config.stores, WORKER)
    store = stores.get(store_name)
    redis = store.redis
    # Events of a company that was moved to another store stay on hold here: its budget is counted in its own store.
    own = {
        name: destination
        for name, destination in config.destinations.items()
        if destination.store == store_name
    }
    directory = DestinationDirectory(own, redis, time.monotonic)
    file_limit = raise_file_limit()
    liveness, threads = Liveness(), _limit_threads(threads or settings.worker_threads, file_limit)
    # The health server starts before the store is reachable: /livez must answer while the worker waits for it.
    if settings.worker_port:
        metrics = MetricsContext(
            stores=(store,),
            config=config,
            destinations=directory.all,
            now=_now,
            per_destination=settings.metrics_destination_labels,
        )
        serve_health(settings.worker_port, HealthReport(liveness, threads, redis, metrics))
    _open_store(redis, settings, store_name)
    publish_limits(store.scripts, directory.all())
    shares = config.daily_shares({destination.company for destination in own.values()})
    publish_shares(store.scripts, shares, sorted({item.company for item in directory.all().values()}))
    publish_retention(store.scripts, Retention.from_settings(settings))
    # The configuration may hold new credentials: probe the destinations on hold now, not in five minutes.
    schedule_probes(store.scripts)
    # Customers' tokens are in the main store only.
    tokens = create_token_service(settings, config.oauth, redis) if store_name == MAIN_STORE else None
    watcher = ConfigWatcher(file)
    parts = WorkerParts(
        settings=settings,
        config=config,
        stores=stores,
        store=store,
        directory=directory,
        tokens=tokens,
        liveness=liveness,
        file_limit=file_limit,
        is_current=watcher.is_current,
    )
    worker = create_worker(parts, threads=threads, extra_tasks=[watcher.step])
    watcher.stop = worker.stop
    return worker, watcher


def _open_store(redis: Redis, settings: Settings, store_name: str) -> None:
    """Wait until the store answers, and check it. Raises StartupError."""
    wait_for_redis(redis)
    refuse_cluster(redis)
    while not check_layout(redis, setting=f"store {store_name}"):
        time.sleep(0.1)
        wait_for_redis(redis)
    record_layout(redis)
    _log_durability(redis, settings)


def _read_config(text: str, *, settings: Settings, store_name: str) -> Config:
    """Parse the configuration and check it against the settings. Raises StartupError."""
    config = read_config(
        text, environ=os.environ, allow_hosts=settings.allow_gong_hosts, process=Process.WORKER
    )
    check_oauth(config, settings)
    check_stores(config, settings)
    check_store_name(config, store_name)
    return config


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker is built from."""

    settings: Settings
    config: Config
    stores: Stores
    store: Store
    directory: DestinationDirectory
    """The destinations of `store`."""
    tokens: TokenService | None
    """None if the configuration has no OAuth application."""
    liveness: Liveness = field(default_factory=Liveness)
    file_limit: int = 65_536
    """How many files this process may open."""
    is_current: Callable[[], bool] = lambda: True
    """Returns True while `config` is what the file holds."""


def create_worker(parts: WorkerParts, *, threads: int, extra_tasks: Sequence[Task] = ()) -> PacedWorker:
    """Create a worker from its parts. `extra_tasks` run in addition to its own periodic tasks."""
    settings = parts.settings
    # Unique even if a container with the same host name and process id comes back before the old entry expires.
    name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
    times = StoreTime(store=parts.store, worker=name, own_clock=_now)
    retention = Retention.from_settings(settings)
    pacing = Pacing(lease=float(settings.lease_seconds))
    base_urls = {destination.base_url for destination in parts.directory.all().values()}
    hosts, connections = size_pools(threads, len(base_urls), parts.file_limit)
    http_options = HttpOptions(
        connect=float(settings.connect_timeout_seconds),
        total=float(settings.call_timeout_seconds),
        connections=connections,
        hosts=hosts,
        trust_env=settings.trust_env,
    )
    schedule = RetrySchedule(max_attempts=settings.max_attempts, max_age=settings.max_age_hours * 3600.0)
    deliverer = Deliverer(
        parts.directory.find,
        CredentialStore(parts.tokens, times.now),
        GongClient(http_options),
        RateGate(pacing.window),
    )
    options = WorkerOptions(
        threads=threads,
        pacing=pacing,
        sweep=SweepOptions(keep_dead=retention.dead),
        settlement=SettlementOptions(schedule, retention),
        grace=settings.worker_grace_seconds,
        liveness=parts.liveness,
        now=times.now,
    )
    tasks = [times.step, *_create_tasks(parts, retention, times.now), *extra_tasks]
    return PacedWorker(parts.store.redis, deliverer, options, name=name, tasks=tasks)


def _create_tasks(parts: WorkerParts, retention: Retention, now: Callable[[], datetime]) -> list[Task]:
    """Return the periodic tasks of this worker. `now` is the store's time. Locks in Redis make sure that one worker at a time does each."""
    # A replay may route an event to a destination of any store, so remapping gets every destination.
    all_destinations = DestinationDirectory(parts.config.destinations, parts.store.redis, time.monotonic)
    ingest = IngestContext(
        config=parts.config,
        directory=all_destinations,
        stores=parts.stores,
        retention=retention,
        now=now,
        max_items=parts.settings.max_items,
    )
    replaying = make_replay_context(parts.store, lambda: ingest, now)
    eraser = ErasureContext(parts.store, now, retention.dead, parts.settings.retention_audit_hours * 3600)
    room = RoomTask(parts.store, parts.settings.high_water_percent / 100)
    tasks: list[Task] = [ReplayTask(replaying, parts.is_current).step, ErasureTask(eraser).step, room.step]
    if parts.tokens is not None:
        tasks.append(create_oauth_task(parts.settings, parts.tokens, parts.directory, now).step)
    if parts.store.name == MAIN_STORE:
        tasks += _create_sign_in_tasks(parts, now)
    tasks += create_alert_tasks(
        parts.settings, parts.config.alerts, parts.store, destinations=parts.directory.all, now=now
    )
    return tasks


def _create_sign_in_tasks(parts: WorkerParts, now: Callable[[], datetime]) -> list[Task]:
    """Return the task that signs in accounts of an OpenID provider, if one is configured. Raises StartupError."""
    if parts.settings.oidc_issuer is None:
        return []
    try:
        from workers.oidc_job import create_oidc_task  # noqa: PLC0415 - joserfc is an optional extra
    except ModuleNotFoundError as error:
        text = "needs an extra: pip install 'gong-event-relay[oidc]'"
        raise setting_error("RELAY_OIDC_ISSUER", text) from error
    return [create_oidc_task(parts.settings, parts.store.redis, now).step]


def _limit_threads(wanted: int, file_limit: int) -> int:
    """Return how many threads fit into the limit on open files. Logs if they are fewer than wanted."""
    threads = limit_threads(wanted, file_limit)
    if threads < wanted:
        text = "the limit on open files is too low for RELAY_WORKER_THREADS: raise it with ulimit -n or LimitNOFILE="
        log_event("worker.fewer_threads", level="warning", count=threads, number=file_limit, reason=text)
    return threads


def _now() -> datetime:
    return datetime.now(UTC)


def wait_for_redis(redis: Redis) -> None:
    """Return when Redis answers. Logs each failed try."""
    delay = 0.1
    while True:
        try:
            redis.ping()
        except RedisError as error:
            log_event("worker.waiting_for_store", error=type(error).__name__)
            time.sleep(delay)
            delay = min(delay * 2, 2.0)
        else:
            return


def _log_durability(redis: Redis, settings: Settings) -> None:
    """Log each setting of Redis under which an accepted event may be lost."""
    relaxed = [*read_durability(redis).relaxed]
    if uses_sentinels(redis) and not settings.redis_wait_replicas:
        relaxed.append("RELAY_REDIS_WAIT_REPLICAS is 0: a failover may lose the last accepted events.")
    if relaxed:
        log_event("worker.relaxed_durability", relaxed=" ".join(relaxed))
