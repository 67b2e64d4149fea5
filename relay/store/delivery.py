"""What workers do with events: take them, settle them, and sweep up after those that died."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from relay.core.destination import Destination, Limits
from relay.core.lifecycle import Cause, Reason, State
from relay.store import keys
from relay.store.scripts import Scripts

SECOND = 1_000_000
"""Redis's clock and every moment in the store count microseconds."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One event under lease: everything its attempt needs. `attempts` counts the ones already spent."""

    company: str
    id: str
    try_number: int
    destination: str
    operation: str
    body: bytes
    event_id: str
    attempts: int
    received_at: datetime
    ambiguous: bool
    lockouts: int
    throttles: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did. `probes` are the destinations on hold whose credentials are to be tried now."""

    won: bool
    rescued: int
    promoted: int
    pruned: int
    probes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pacing:
    """`lease`: seconds until a silent worker is given up. `window`: seconds in which a company makes its per_second calls.

    The window is longer than one second by what the way to Gong may stretch or squeeze the distance between calls.
    """

    lease: float = 30.0
    window: float = 1.05


def take(scripts: Scripts, *, worker: str, want: int, pacing: Pacing) -> tuple[float | None, list[Taken]]:
    """Up to `want` events that may be sent now, and the seconds until the next one may (None: nothing is queued)."""
    default = Limits()
    wait, *taken = scripts.run(
        "take",
        want,
        worker,
        int(pacing.lease * SECOND),
        int(pacing.window * SECOND),
        default.per_second,
        default.day_budget,
    )
    return (None if wait < 0 else wait / SECOND), [_taken(row) for row in taken]


def _taken(row: Sequence[bytes]) -> Taken:
    (
        company,
        event,
        number,
        destination,
        operation,
        body,
        event_id,
        attempts,
        received,
        ambiguous,
        lockouts,
        throttles,
    ) = row
    return Taken(
        company.decode(),
        event.decode(),
        int(number),
        destination.decode(),
        operation.decode(),
        body,
        event_id.decode(),
        int(attempts),
        datetime.fromtimestamp(int(received) / SECOND, tz=UTC),
        ambiguous == b"1",
        int(lockouts),
        int(throttles),
    )


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt is settled: the verb of `finish.lua` with its arguments, the attempt's record, how long it is kept."""

    verb: str
    arguments: tuple[str | int, ...]
    record: bytes = b""
    keep_seconds: int = 0


def done(state: State, request_id: str | None, *, record: bytes, keep_seconds: int) -> Settlement:
    return Settlement("done", (state, request_id or ""), record, keep_seconds)


def later(seconds: float, *, ambiguous: bool, record: bytes) -> Settlement:
    return Settlement("later", (int(seconds * SECOND), int(ambiguous)), record)


def freeze(seconds: float, *, record: bytes) -> Settlement:
    return Settlement("freeze", (int(seconds * SECOND),), record)


def bury(reason: Reason, detail: str, *, record: bytes, keep_seconds: int) -> Settlement:
    return Settlement("bury", (reason, detail), record, keep_seconds)


def hold(cause: Cause, detail: str, *, record: bytes, probe_seconds: float) -> Settlement:
    return Settlement("hold", (cause, detail, int(probe_seconds * SECOND)), record)


def back() -> Settlement:
    """Never sent: as if it had not been taken."""
    return Settlement("back", ())


def finish(scripts: Scripts, taken: Taken, settlement: Settlement) -> bool:
    """Settle an attempt. False: its lease had run out and the event is another worker's now; nothing was changed."""
    answer = scripts.run(
        "finish",
        taken.company,
        taken.id,
        taken.try_number,
        settlement.verb,
        settlement.record,
        settlement.keep_seconds * SECOND,
        *settlement.arguments,
    )
    return bool(answer)


@dataclass(frozen=True, slots=True)
class Sweeping:
    """How `sweep` works. Times in seconds."""

    every: float = 1.0
    keep_dead: int = 720 * 3600
    most_rescues: int = 5
    probe_every: float = 300.0
    most_pruned: int = 500


def sweep(scripts: Scripts, sweeping: Sweeping, pacing: Pacing) -> Swept:
    """Rescue, promote, wake, prune, and say what is to be probed; one worker a second wins."""
    default = Limits()
    won, rescued, promoted, pruned, probes = scripts.run(
        "sweep",
        int(sweeping.every * 900),
        sweeping.keep_dead * SECOND,
        sweeping.most_rescues,
        int(sweeping.probe_every * SECOND),
        sweeping.most_pruned,
        int(pacing.window * SECOND),
        default.per_second,
        default.day_budget,
    )
    return Swept(bool(won), rescued, promoted, pruned, tuple(name.decode() for name in probes))


def publish_limits(scripts: Scripts, destinations: Mapping[str, Destination]) -> None:
    """Tell the store what each company may send, as the configuration says."""
    arguments: list[str | int] = []
    for destination in destinations.values():
        limits = destination.limits
        arguments += [destination.company, limits.per_second, limits.day_budget]
    scripts.run("limits", *arguments)


def probe_soon(redis: Redis) -> None:
    """Have every destination on hold probed at the next sweep: a restart is when credentials were mended."""
    names: Any = redis.smembers(keys.HOLDS)
    for name in names:
        if redis.hexists(keys.HOLD + name.decode(), "probe_at"):
            redis.hset(keys.HOLD + name.decode(), "probe_at", 0)
