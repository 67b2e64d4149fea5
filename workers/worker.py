"""PacedWorker: an RQ worker that serves every company's queue at that company's pace, many calls in flight at once.

RQ provides the format of a job, the registry of workers and the command-line tools. Leasing, settling and sweeping are
three scripts in Redis (`relay.store.delivery`) instead: RQ's own take 18 round trips per job, know no rate limits, and
lose jobs if a worker that listens to several queues is killed. The few RQ methods that are overridden say why.
"""

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError
from rq.utils import now as rq_now
from rq.worker import SimpleWorker

from relay.core.backoff import failure_pause, rate_limit_pause
from relay.core.errors import Unavailable
from relay.core.outcome import Failed, RateLimited
from relay.log import log_crash, log_event
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
from workers.grace import GracePeriod
from workers.http_adapter import NoTimeLeftError
from workers.liveness import Liveness
from workers.periodic import PeriodicTasks, Task
from workers.settlement import (
    Attempt,
    SettlementOptions,
    is_gongs_fault,
    log_attempt,
    settle,
    summarize_probe,
)
from workers.tracing import trace_attempt
from workers.wakeup import Wakeup

_BATCH = 32
_IDLE_SECONDS = 0.25
_HEARTBEAT_SECONDS = 10.0
_NO_CALL = CallTiming()

_SHARE_FOR_CALLS = 7 / 8
"""Share of a lease within which its calls end. The rest is for settling the result, and for a timer that is late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How one worker works."""

    threads: int = 128
    """Maximum calls in flight."""
    pacing: Pacing = field(default_factory=Pacing)
    sweep: SweepOptions = field(default_factory=SweepOptions)
    settlement: SettlementOptions = field(default_factory=SettlementOptions)
    grace: float = 25.0
    """Seconds within which a stopping worker ends, whatever does not answer."""
    liveness: Liveness = field(default_factory=Liveness)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: TID251 - a worker gets the store's time
    """The time for probes. Events have the time of their lease."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A leased event, and the `time.monotonic` just before it was leased."""

    event: LeasedEvent
    requested_at: float

    def now(self) -> datetime:
        """Return the store's time: the worker's own clock may be minutes off."""
        return self.event.leased_at + timedelta(seconds=time.monotonic() - self.requested_at)


class PacedWorker(SimpleWorker):
    """Leases events from every company's queue, and makes and settles each attempt in its own thread."""

    def __init__(
        self,
        redis: Redis,
        deliverer: Deliverer,
        options: WorkerOptions,
        *,
        name: str,
        tasks: Sequence[Task] = (),
    ) -> None:
        # The queue named here is only what RQ lists beside the worker: `lease_events` serves every company's.
        super().__init__(
            [keys.QUEUE_PREFIX + "*"], name=name, connection=redis, serializer="json", worker_ttl=45
        )
        self._scripts = Scripts(redis)
        self._deliverer = deliverer
        self._options = options
        self._free_slots = threading.Semaphore(options.threads)
        self._pool = ThreadPoolExecutor(options.threads, thread_name_prefix="call")
        self._leased: deque[_Job] = deque()
        self._wakeup = Wakeup(redis)
        self._tasks = PeriodicTasks(tasks)
        self._grace = GracePeriod(options.grace)
        self.stopped_by_signal = False
        self.gave_up = False
        """True if the worker ended with work unfinished. Its process must exit without waiting for the threads."""
        self._heartbeat_at = self._swept_at = float("-inf")

    # Methods of RQ's worker ----------------------------------------------------------------------------------------

    def _install_signal_handlers(self) -> None:
        """Set a flag on SIGTERM and SIGINT. RQ's handlers raise wherever the code is, and orphan a job just leased."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stop(by_signal=True))

    def _set_connection(self, connection: Redis) -> Redis:
        """Leave the connection's timeout unchanged. RQ would raise it for its blocking pop, which this worker never uses."""
        return connection

    def bootstrap(self, *arguments: Any, **options: Any) -> None:
        """Install the handlers before RQ registers the worker: a signal in between would leave a dead worker listed."""
        self._install_signal_handlers()
        super().bootstrap(*arguments, **options)

    def register_birth(self) -> None:
        """Register the worker, unless the store is full."""
        # Only workers free memory in a full store, so they have to start; `heartbeat` registers them later.
        with suppress(OutOfMemoryError):
            super().register_birth()  # type: ignore[no-untyped-call]

    def set_state(self, state: str, pipeline: Any = None) -> None:
        """Save RQ's worker state, unless the store is full. Only RQ's tools show it."""
        with suppress(OutOfMemoryError):
            super().set_state(state, pipeline)

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001 - RQ's signature
        """Ignore `rq suspend`: operators pause a destination instead."""

    def clean_registries(self) -> None:
        """Do nothing: RQ's may queue an abandoned job twice if two workers clean at once. `sweep` does it in one step."""
        self.last_cleaned_at = rq_now()  # type: ignore[assignment]  # RQ declares it by its first value, None

    def subscribe(self) -> None:
        """Start the wakeup and the periodic tasks. RQ's remote commands are not used: a supervisor stops the worker."""
        self._wakeup.start()
        self._tasks.start()

    def unsubscribe(self) -> None: ...

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Extend the worker's registration, at most every ten seconds. RQ calls this around every job."""
        if time.monotonic() - self._heartbeat_at >= _HEARTBEAT_SECONDS:
            self._heartbeat_at = time.monotonic()
            # RQ's loop would end the worker after one timeout. The commands after this one report an unreachable store.
            with suppress(RedisError):
                if not self.connection.exists(self.key):
                    self.register_birth()
                super().heartbeat(timeout, pipeline)

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:  # noqa: ARG002 - RQ's signature
        """Wait for the next event to send and return it with its company; None when the worker is to stop."""
        failures = 0
        while not self._stop_requested:
            self._options.liveness.record_loop()
            try:
                job = self._next()
                failures = 0
            except (RedisError, Unavailable) as error:
                failures += 1
                log_event(
                    "worker.store_unavailable",
                    worker=self.name,
                    error=type(error).__name__,
                    times=failures,
                )
                self._grace.wait(min(0.1 * 2**failures, 2.0))
                continue
            if job is not None:
                return job, job.event.company
        return None

    def execute_job(self, job: Any, queue: Any) -> None:  # noqa: ARG002 - RQ's signature
        """Start an attempt in its own thread. `job` is what `dequeue_job_and_maintain_ttl` returned."""
        self._pool.submit(trace_attempt, self.connection, job.event, partial(self._run_attempt, job))

    def teardown(self) -> None:
        """Return unsent events to their queues, wait for the calls in flight, and remove the registration.

        Gives up at the end of the grace period: leases and the registration then expire by themselves.
        """
        self._grace.begin()
        self._tasks.stop()
        while self._leased:
            self._pool.submit(self._settle, self._leased.popleft().event, return_unsent())
        # The pool ends when its calls are settled, and the store may be away for both. A thread can be left, a call cannot.
        ended = _ends_within(self._pool.shutdown, self._grace) and _ends_within(self._unregister, self._grace)
        self.gave_up = not ended
        if self.gave_up:
            log_event("worker.gave_up", level="warning", worker=self.name, seconds=self._options.grace)
        log_event("worker.stopped", worker=self.name)

    def _unregister(self) -> None:
        with suppress(RedisError):
            super().teardown()  # type: ignore[no-untyped-call]

    # The relay's own ------------------------------------------------------------------------------------------------

    def stop(self, *, by_signal: bool = False) -> None:
        """Lease nothing more; `work` returns when the calls in flight have ended. After a signal there is no restart."""
        self.stopped_by_signal = self.stopped_by_signal or by_signal
        self._grace.begin()
        self._stop_requested = True
        # A handler interrupts this very thread, perhaps while it holds the lock that `notify` needs. An idle worker looks
        # at the flag several times a second anyway.
        if not by_signal:
            self._wakeup.notify()

    def _next(self) -> _Job | None:
        self.heartbeat()
        self._sweep_if_due()
        if not self._leased:
            self._lease_batch()
        return self._leased.popleft() if self._leased else None

    def _lease_batch(self) -> None:
        """Lease as many events as there are free threads, up to a batch; wait for a wakeup if none may be sent now."""
        slots = self._reserve_slots()
        if not slots:
            return
        wait: float | None = None
        events: list[LeasedEvent] = []
        requested_at = time.monotonic()
        try:
            wait, events = lease_events(
                self._scripts, worker=self.name, want=slots, pacing=self._options.pacing
            )
        finally:
            # Give back what was reserved for nothing, also when the store did not answer.
            for _ in range(slots - len(events)):
                self._free_slots.release()
        self._leased.extend(_Job(event, requested_at) for event in events)
        if not events:
            self._wakeup.wait(_IDLE_SECONDS if wait is None else min(wait, _IDLE_SECONDS))

    def _reserve_slots(self) -> int:
        """Reserve the threads that are free, up to a batch. 0 if none becomes free in time."""
        if not self._free_slots.acquire(timeout=_IDLE_SECONDS):
            return 0
        slots = 1
        while slots < _BATCH and self._free_slots.acquire(blocking=False):
            slots += 1
        return slots

    def _sweep_if_due(self) -> None:
        if time.monotonic() - self._swept_at < self._options.sweep.interval:
            return
        self._swept_at = time.monotonic()
        swept = sweep(self._scripts, self._options.sweep, self._options.pacing)
        if swept.rescued or swept.pruned:
            log_event("worker.swept", worker=self.name, rescued=swept.rescued, pruned=swept.pruned)
        for name in swept.probes:
            self._pool.submit(self._probe, name)

    def _run_attempt(self, job: _Job) -> None:
        """Make the call of one event and settle it."""
        event = job.event
        try:
            started = job.now()
            until = job.requested_at + self._options.pacing.lease * _SHARE_FOR_CALLS
            with self._options.liveness.track_call():
                result = self._deliverer.attempt(event, job.now, until)
            attempt = Attempt(
                event=event,
                outcome=result.outcome,
                worker=self.name,
                started_at=started,
                seconds=result.seconds,
                limits=result.limits,
            )
            settlement = settle(attempt, self._options.settlement)
            settled = self._settle(event, settlement, _build_call_timing(result, job.requested_at))
            log_attempt(attempt, settlement, settled=settled)
        except NoTimeLeftError:
            # Such as a process that was frozen. The event is perhaps another worker's by now, so nothing was sent.
            self._settle(event, return_unsent())
            log_event("delivery.out_of_time", worker=self.name, id=event.id)
        # Nothing may escape, or the thread's slot would be lost. The lease expires and another worker takes the event.
        except Exception as error:  # noqa: BLE001 - see the line above
            log_crash("delivery.crashed", error, worker=self.name, id=event.id)
        finally:
            self._free_slots.release()

    def _settle(self, event: LeasedEvent, settlement: Settlement, timing: CallTiming = _NO_CALL) -> bool:
        """Settle an attempt, retrying while Redis is unreachable. False if the event is another worker's by now."""
        delay = 0.05
        while True:
            try:
                return finish(self._scripts, event, settlement, timing, self._options.pacing)
            except RedisError as error:
                # Gong has answered: this result is worth waiting for, until the worker's grace period is over.
                if self._grace.wait(delay):
                    log_event(
                        "delivery.unsettled",
                        worker=self.name,
                        id=event.id,
                        verb=settlement.verb,
                        error=type(error).__name__,
                    )
                    return False
            delay = min(delay * 2, 2.0)

    def _probe(self, name: str) -> None:
        """Test a destination's credentials, and end its hold if they pass."""
        try:
            outcome = self._deliverer.probe(name, self._options.now)
            result, resumed, moved = summarize_probe(outcome), False, 0
            save_probe_result(self.connection, name, result)
            # A probe is a call like any other: its 429 pauses the company too.
            if isinstance(outcome, RateLimited):
                freeze_after_probe(self._scripts, name, rate_limit_pause(outcome.retry_after, 0))
            elif isinstance(outcome, Failed) and outcome.retry_after and is_gongs_fault(outcome):
                pause = failure_pause(outcome.retry_after)
                freeze_after_probe(self._scripts, name, pause, rate_limited=False)
            if result.outcome == "passed":
                resumed, moved = resume_destination(self._scripts, name, probed=True)
            log_event(
                "destination.probed",
                destination=name,
                outcome=result.outcome,
                resumed=resumed,
                events=moved,
            )
        except (RedisError, Unavailable) as error:
            log_event(
                "destination.probed",
                destination=name,
                outcome="store_unavailable",
                error=type(error).__name__,
            )


def _ends_within(action: Callable[[], None], grace: GracePeriod) -> bool:
    """Run `action` in a thread of its own. Returns False if the grace period is over before it ends."""
    thread = threading.Thread(target=action, name="teardown", daemon=True)
    thread.start()
    thread.join(grace.remaining)
    return not thread.is_alive()


def _build_call_timing(result: CallResult, requested_at: float) -> CallTiming:
    # Redis and this process have different clocks, so the store gets durations since the lease was requested.
    if result.arrived_at is None:
        return CallTiming(result.base_url)
    return CallTiming(result.base_url, max(result.arrived_at - requested_at, 0.0), result.seconds)
