"""PacedWorker: an RQ worker that serves every company's queue at that company's pace, many calls in flight at once.

RQ gives the shape of a job, the registry of workers and the tools; taking, settling and sweeping are three scripts in
Redis (`relay.store`), because RQ's own take 18 round trips a job, know no limits, and lose jobs when a worker that
listens to several queues is killed. Few of RQ's methods are touched, each for a reason given beside it.
"""

import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError
from rq.utils import now as rq_now
from rq.worker import SimpleWorker

from relay.core.backoff import rate_limit_pause
from relay.core.errors import Unavailable
from relay.core.outcome import RateLimited
from relay.log import log_event
from relay.store.delivery import (
    CallTiming,
    LeasedEvent,
    Pacing,
    Settlement,
    SweepOptions,
    finish,
    lease_events,
    return_unsent,
    sweep,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.holds import freeze_after_probe, resume_destination, save_probe_result
from workers.deliver import CallResult, Deliverer
from workers.liveness import Liveness
from workers.periodic import PeriodicTasks, Task
from workers.probe_result import summarize_probe
from workers.settlement import Attempt, SettlementOptions, log_attempt, settle
from workers.tracing import trace_attempt
from workers.wakeup import Wakeup

_BATCH = 32
_IDLE_SECONDS = 0.25
_BEAT_SECONDS = 10.0
_NOT_MADE = CallTiming()


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How one worker works. Times in seconds."""

    threads: int = 128
    pacing: Pacing = field(default_factory=Pacing)
    sweeping: SweepOptions = field(default_factory=SweepOptions)
    rules: SettlementOptions = field(default_factory=SettlementOptions)
    grace: float = 25.0
    pulse: Liveness = field(default_factory=Liveness)


@dataclass(frozen=True, slots=True)
class _Job:
    """An event that was taken, and the moment before it was, by `time.monotonic`."""

    taken: LeasedEvent
    asked_at: float


class PacedWorker(SimpleWorker):
    """Takes events from every company's queue, and settles each attempt in its own thread."""

    def __init__(
        self,
        redis: Redis,
        deliverer: Deliverer,
        working: WorkerOptions,
        *,
        name: str,
        chores: Sequence[Task] = (),
    ) -> None:
        # The queue named here is only what RQ lists beside the worker: `lease_events` serves every company's.
        super().__init__(
            [keys.QUEUE_PREFIX + "*"], name=name, connection=redis, serializer="json", worker_ttl=45
        )
        self._scripts = Scripts(redis)
        self._deliverer = deliverer
        self._working = working
        self._free = threading.Semaphore(working.threads)
        self._pool = ThreadPoolExecutor(working.threads, thread_name_prefix="call")
        self._taken: deque[_Job] = deque()
        self._bell = Wakeup(redis)
        self._steward = PeriodicTasks(chores)
        self._abandon = threading.Event()
        self.stopped_by_signal = False
        self._beat_at = self._swept_at = float("-inf")

    # RQ's hooks ---------------------------------------------------------------------------------------------------

    def _install_signal_handlers(self) -> None:
        """RQ's raise inside whatever line runs, and orphan what was just taken; ours set a flag."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stop(for_good=True))

    def _set_connection(self, connection: Redis) -> Redis:
        """RQ would let every command hang as long as its own blocking pop, which is never made."""
        return connection

    def bootstrap(self, *arguments: Any, **options: Any) -> None:
        """RQ registers the worker first: told to stop just then, it would die at once and stay listed as alive."""
        self._install_signal_handlers()
        super().bootstrap(*arguments, **options)

    def register_birth(self) -> None:
        """A full store takes no new worker's name, but only workers make room there: `heartbeat` tries again."""
        with suppress(OutOfMemoryError):
            super().register_birth()  # type: ignore[no-untyped-call]

    def set_state(self, state: str, pipeline: Any = None) -> None:
        """Nor does it take a worker's state, which nothing here goes by."""
        with suppress(OutOfMemoryError):
            super().set_state(state, pipeline)

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001 - RQ's signature
        """`rq suspend` is not served: a destination or a company is paused instead."""

    def clean_registries(self) -> None:
        """RQ's may queue an abandoned job twice when two workers clean at once; `sweep` does it in one step."""
        self.last_cleaned_at = rq_now()  # type: ignore[assignment]  # RQ declares it by its first value, None

    def subscribe(self) -> None:
        """In place of RQ's connection for remote commands (a worker is stopped by its supervisor), the bell's."""
        self._bell.start()
        self._steward.start()

    def unsubscribe(self) -> None: ...

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """RQ calls this around every job; once in ten seconds is enough."""
        if time.monotonic() - self._beat_at >= _BEAT_SECONDS:
            self._beat_at = time.monotonic()
            if not self.connection.exists(self.key):
                self.register_birth()
            super().heartbeat(timeout, pipeline)

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:  # noqa: ARG002 - RQ's signature
        """The next event to send, waiting for one as long as it takes; None when the worker is to stop."""
        trouble = 0
        while not self._stop_requested:
            self._working.pulse.record_loop()
            try:
                job = self._next()
                trouble = 0
            except (RedisError, Unavailable) as error:
                trouble += 1
                log_event(
                    "worker.store_unavailable",
                    worker=self.name,
                    error=type(error).__name__,
                    histogram=trouble,
                )
                self._abandon.wait(min(0.1 * 2**trouble, 2.0))
                continue
            if job is not None:
                return job, job.taken.company
        return None

    def execute_job(self, job: Any, queue: Any) -> None:  # noqa: ARG002 - RQ's signature
        """Begin an attempt in a thread of its own; `job` is what `dequeue_job_and_maintain_ttl` returned."""
        self._pool.submit(trace_attempt, self.connection, job.taken, partial(self._carry, job))

    def teardown(self) -> None:
        """Give back what was not begun, let what was begun end, and sign off."""
        self._steward.stop()
        while self._taken:
            self._settle(self._taken.popleft().taken, return_unsent())
        ending = threading.Timer(self._working.grace, self._abandon.set)
        ending.start()
        self._pool.shutdown(wait=True)
        ending.cancel()
        with suppress(RedisError):
            super().teardown()  # type: ignore[no-untyped-call]
        log_event("worker.stopped", worker=self.name)

    # Ours ---------------------------------------------------------------------------------------------------------

    def stop(self, *, for_good: bool = False) -> None:
        """Take nothing more; `work` returns once what is in flight has ended. `for_good`: nothing is to follow it."""
        self.stopped_by_signal = self.stopped_by_signal or for_good
        self._stop_requested = True
        self._bell.notify()

    def _next(self) -> _Job | None:
        self.heartbeat()
        self._sweep_if_due()
        if not self._taken:
            self._fill()
        return self._taken.popleft() if self._taken else None

    def _fill(self) -> None:
        """Take as many events as there are free threads, a batch at most; wait for the bell when none may go."""
        slots = self._reserve()
        if not slots:
            return
        wait: float | None = None
        taken: list[LeasedEvent] = []
        asked_at = time.monotonic()
        try:
            wait, taken = lease_events(
                self._scripts, worker=self.name, want=slots, pacing=self._working.pacing
            )
        finally:
            for _ in range(slots - len(taken)):
                self._free.release()
        self._taken.extend(_Job(one, asked_at) for one in taken)
        if not taken:
            self._bell.wait(_IDLE_SECONDS if wait is None else min(wait, _IDLE_SECONDS))

    def _reserve(self) -> int:
        if not self._free.acquire(timeout=_IDLE_SECONDS):
            return 0
        slots = 1
        while slots < _BATCH and self._free.acquire(blocking=False):
            slots += 1
        return slots

    def _sweep_if_due(self) -> None:
        if time.monotonic() - self._swept_at < self._working.sweeping.interval:
            return
        self._swept_at = time.monotonic()
        swept = sweep(self._scripts, self._working.sweeping, self._working.pacing)
        if swept.rescued or swept.pruned:
            log_event("worker.swept", worker=self.name, rescued=swept.rescued, pruned=swept.pruned)
        for name in swept.probes:
            self._pool.submit(self._probe, name)

    def _carry(self, job: _Job) -> None:
        """One event's attempt, from call to settlement. Nothing may escape: its thread's slot would be lost."""
        taken = job.taken
        try:
            started = _now()
            with self._working.pulse.track_call():
                made = self._deliverer.attempt(taken, _now)
            attempt = Attempt(taken, made.outcome, self.name, started, made.seconds, made.limits)
            settlement = settle(attempt, self._working.rules)
            settled = self._settle(taken, settlement, _trip(made, job.asked_at))
            log_attempt(attempt, settlement, settled=settled)
        except Exception as error:  # noqa: BLE001 - whatever it is, the lease brings the event back
            log_event(
                "delivery.crashed",
                worker=self.name,
                id=taken.id,
                error=f"{type(error).__name__}: {error}"[:300],
            )
        finally:
            self._free.release()

    def _settle(self, taken: LeasedEvent, settlement: Settlement, trip: CallTiming = _NOT_MADE) -> bool:
        """Settle an attempt, for as long as Redis is away. False when the event is no longer ours."""
        delay = 0.05
        while True:
            try:
                return finish(self._scripts, taken, settlement, trip, self._working.pacing)
            except RedisError as error:
                if self._abandon.wait(delay):
                    log_event(
                        "delivery.unsettled",
                        worker=self.name,
                        id=taken.id,
                        verb=settlement.verb,
                        error=str(error)[:200],
                    )
                    return False
            delay = min(delay * 2, 2.0)

    def _probe(self, name: str) -> None:
        """Try a destination's credentials; when they pass, its hold ends."""
        try:
            outcome = self._deliverer.probe(name, _now)
            told, resumed, moved = summarize_probe(outcome), False, 0
            save_probe_result(self.connection, name, told)
            if isinstance(outcome, RateLimited):
                freeze_after_probe(self._scripts, name, rate_limit_pause(outcome.seconds, 0))
            if told.outcome == "passed":
                resumed, moved = resume_destination(self._scripts, name, probed=True)
            log_event(
                "destination.probed", destination=name, outcome=told.outcome, resumed=resumed, events=moved
            )
        except (RedisError, Unavailable) as error:
            log_event(
                "destination.probed",
                destination=name,
                outcome="store_unavailable",
                error=type(error).__name__,
            )


def _trip(made: CallResult, asked_at: float) -> CallTiming:
    if made.arrived_at is None:
        return CallTiming(made.base_url)
    return CallTiming(made.base_url, max(made.arrived_at - asked_at, 0.0), made.seconds)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - an attempt's record says when it was; nothing is decided by it
