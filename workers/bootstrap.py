"""The worker's composition root: settings, configuration, Redis and the way to Gong, put together once a process."""

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
from relay.ingest.accept_events import IngestContext
from relay.log import configure, log_event
from relay.queries.prometheus import MetricsContext
from relay.settings import Settings, setting_error
from relay.store.accept import Retention
from relay.store.delivery import Pacing, SweepOptions, publish_limits, schedule_probes
from relay.store.destinations import DestinationDirectory
from relay.store.engine.connection import WORKER, refuse_cluster, uses_sentinels
from relay.store.engine.durability import read_durability
from relay.store.schema_version import check_layout, record_layout
from relay.store.stores import Store, Stores, open_stores
from relay.tracing.setup import enable_tracing
from workers.alerts import create_alert_tasks
from workers.config_reload import ConfigWatcher
from workers.credentials import CredentialStore
from workers.deliver import Deliverer
from workers.erasure_job import ErasureTask
from workers.gong_client import GongClient, HttpOptions
from workers.health_server import HealthReport, serve_health
from workers.liveness import Liveness
from workers.oauth_client import TokenService, create_token_service
from workers.oauth_job import create_oauth_task
from workers.periodic import Task
from workers.rate_gate import RateGate
from workers.replay_job import ReplayTask
from workers.settlement import SettlementOptions
from workers.worker import PacedWorker, WorkerOptions


def build_worker(
    threads: int | None = None, store_name: str = MAIN_STORE
) -> tuple[PacedWorker, ConfigWatcher]:
    """A worker of one store, as the environment and the configuration file describe it, and what follows that file.

    Waits for its store if that is not there yet. It speaks to no other.
    """
    settings = Settings.from_env(os.environ)
    configure(settings.log_level)
    enable_tracing("gong-relay-worker", os.environ)
    read = partial(_checked, settings=settings, store_name=store_name)
    file = ConfigFile(settings.config, read, environ=os.environ, now=_now)
    config = file.load()
    stores = open_stores(settings, config.stores, WORKER)
    store = stores.get(store_name)
    redis = store.redis
    # What a company that has moved left here stays on hold: its budget is counted in its own store.
    own = {name: each for name, each in config.destinations.items() if each.store == store_name}
    directory = DestinationDirectory(own, redis, time.monotonic)
    pulse, threads = Liveness(), threads or settings.worker_threads
    if settings.worker_port:
        watched = MetricsContext((store,), config, directory.all, _now, settings.metrics_destination_labels)
        serve_health(settings.worker_port, HealthReport(pulse, threads, redis, watched))
    wait_for_redis(redis)
    refuse_cluster(redis)
    check_layout(redis, setting=f"store {store_name}")
    record_layout(redis)
    _tell_durability(redis, settings)
    publish_limits(store.scripts, directory.all())
    schedule_probes(redis)
    tokens = create_token_service(settings, config.oauth, redis) if store_name == MAIN_STORE else None
    reloading = ConfigWatcher(file)
    parts = WorkerParts(settings, config, stores, store, directory, tokens, pulse, reloading.is_current)
    worker = create_worker(parts, threads=threads, chores=[reloading.step])
    reloading.stop = worker.stop
    return worker, reloading


def _checked(text: str, *, settings: Settings, store_name: str) -> Config:
    """The configuration that a text tells. Misconfigured where it is wrong, or does not go with the settings."""
    config = read_config(text, environ=os.environ, allow_hosts=settings.allow_gong_hosts)
    check_oauth(config, settings)
    check_stores(config, settings)
    check_store_name(config, store_name)
    return config


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a worker is made of. `directory` knows the destinations of its `store`.

    Without `tokens` no destination is reached by OAuth. `is_current`: the configuration is the one that the file holds.
    """

    settings: Settings
    config: Config
    stores: Stores
    store: Store
    directory: DestinationDirectory
    tokens: TokenService | None
    pulse: Liveness = field(default_factory=Liveness)
    is_current: Callable[[], bool] = lambda: True


def create_worker(parts: WorkerParts, *, threads: int, chores: Sequence[Task] = ()) -> PacedWorker:
    """A worker from its parts. `chores` are those beside its own."""
    settings = parts.settings
    retention = Retention.from_settings(settings)
    pacing = Pacing(lease=float(settings.lease_seconds))
    manners = HttpOptions(
        float(settings.connect_timeout_seconds),
        float(settings.call_timeout_seconds),
        threads,
        settings.trust_env,
    )
    schedule = RetrySchedule(max_attempts=settings.max_attempts, max_age=settings.max_age_hours * 3600.0)
    deliverer = Deliverer(
        parts.directory.find,
        CredentialStore(parts.tokens, _now),
        GongClient(manners),
        RateGate(pacing.window),
    )
    sweeping, rules = SweepOptions(keep_dead=retention.dead), SettlementOptions(schedule, retention)
    working = WorkerOptions(threads, pacing, sweeping, rules, pulse=parts.pulse)
    name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
    own = [*_chores(parts, retention), *chores]
    return PacedWorker(parts.store.redis, deliverer, working, name=name, chores=own)


def _chores(parts: WorkerParts, retention: Retention) -> list[Task]:
    """What every worker sees to beside delivering; of all workers one at a time."""
    everything = DestinationDirectory(parts.config.destinations, parts.store.redis, time.monotonic)
    intake = IngestContext(parts.config, everything, parts.stores, retention, _now, parts.settings.max_items)
    replaying = make_replay_context(parts.store, lambda: intake, _now)
    chores: list[Task] = [ReplayTask(replaying, parts.is_current).step]
    chores.append(ErasureTask(_eraser(parts, retention)).step)
    if parts.tokens is not None:
        chores.append(create_oauth_task(parts.settings, parts.tokens, parts.directory, _now).step)
    if parts.store.name == MAIN_STORE:
        chores += _sign_in_chores(parts)
    known = parts.directory.all
    chores += create_alert_tasks(parts.settings, parts.config.alerts, parts.store, known=known, now=_now)
    return chores


def _eraser(parts: WorkerParts, retention: Retention) -> ErasureContext:
    return ErasureContext(parts.store, _now, retention.dead, parts.settings.retention_audit_hours * 3600)


def _sign_in_chores(parts: WorkerParts) -> list[Task]:
    """Accounts of a provider sign in through a worker. What reads their tokens is an extra, loaded where it is wanted."""
    if parts.settings.oidc_issuer is None:
        return []
    try:
        from workers.oidc_job import create_oidc_task  # noqa: PLC0415
    except ModuleNotFoundError as error:
        text = "needs an extra: pip install 'gong-event-relay[oidc]'"
        raise setting_error("RELAY_OIDC_ISSUER", text) from error
    return [create_oidc_task(parts.settings, parts.store.redis, _now).step]


def _now() -> datetime:
    return datetime.now(UTC)


def wait_for_redis(redis: Redis) -> None:
    """Return once Redis answers; say so while it does not."""
    delay = 0.1
    while True:
        try:
            redis.ping()
        except RedisError as error:
            log_event("worker.waits_for_store", error=type(error).__name__)
            time.sleep(delay)
            delay = min(delay * 2, 2.0)
        else:
            return


def _tell_durability(redis: Redis, settings: Settings) -> None:
    """Log what weakens the promise that an accepted event is kept."""
    relaxed = [*read_durability(redis).relaxed]
    if uses_sentinels(redis) and not settings.redis_wait_replicas:
        relaxed.append("RELAY_REDIS_WAIT_REPLICAS is 0: a failover may lose the last accepted events.")
    if relaxed:
        log_event("worker.store_relaxed", relaxed=" ".join(relaxed))
