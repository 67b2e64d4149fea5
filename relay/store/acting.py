"""What operators do: pause and resume destinations, replay and discard events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relay.core.destination import Destination
from relay.core.errors import Conflict, NotFound
from relay.core.lifecycle import Cause
from relay.store.connection import translated
from relay.store.delivery import SECOND
from relay.store.jobs import job_data, job_moment
from relay.store.scripts import Scripts

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a destination is to rest. With `probe_seconds` its credentials are tried after that long, and the hold
    ends when they pass; without, only an operator ends it.
    """

    cause: Cause
    detail: str
    probe_seconds: float | None


def hold_destination(scripts: Scripts, destination: Destination, hold: Hold) -> bool:
    """Put a destination on hold, or change why. True when it was not on hold before."""
    probe = "" if hold.probe_seconds is None else int(hold.probe_seconds * SECOND)
    with translated():
        return bool(
            scripts.run("hold", destination.name, destination.company, hold.cause, hold.detail, probe)
        )


def resume_destination(scripts: Scripts, name: str, *, probed: bool = False) -> tuple[bool, int]:
    """End a hold. Returns whether there was one, and how many events went back to their queue, in their order.

    `probed`: Gong has just taken the credentials, so an event that is locked out next has itself to blame.
    """
    was_held, moved = False, 0
    while True:
        with translated():
            was, some, left = scripts.run("resume", name, _AT_ONCE, int(probed))
        was_held, moved = was_held or bool(was), moved + some
        if not left:
            return was_held, moved


def replay_event(
    scripts: Scripts, event_id: str, *, now: datetime, fields: Mapping[str, str | bytes] | None = None
) -> None:
    """Send a dead letter (or a discarded event) again, perhaps with a body mapped anew in `fields`.

    Raises NotFound, or Conflict when it is in another state or was never mapped.
    """
    changes = [part for pair in (fields or {}).items() for part in pair]
    with translated():
        done, state = scripts.run("replay", event_id, job_moment(now), job_data(event_id), *changes)
    _check(
        event_id,
        done=bool(done),
        state=state.decode(),
        verb="replayed",
        may="a dead letter or a discarded event",
    )


def discard_event(scripts: Scripts, event_id: str, *, keep_seconds: int) -> None:
    """Give an event up. NotFound, or Conflict when it is being sent or has ended."""
    with translated():
        done, state = scripts.run("discard", event_id, keep_seconds * SECOND)
    may = "an event that is queued, waiting, held or a dead letter"
    _check(event_id, done=bool(done), state=state.decode(), verb="discarded", may=may)


def _check(event_id: str, *, done: bool, state: str, verb: str, may: str) -> None:
    if done:
        return
    if not state:
        raise NotFound(
            "no_such_event", f"There is no event {event_id}: the id is wrong, or its record was pruned."
        )
    raise Conflict("wrong_state", f"Event {event_id} is {state}. Only {may} can be {verb}.")
