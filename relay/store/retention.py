"""How long ended events stay: a changed retention applies to what is stored, and a nearly full store frees memory early."""

from relay.store.accept import Retention
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND
from relay.store.engine.scripts import Scripts

_RESCHEDULED_PER_SCRIPT = 200
_EXAMINED_PER_SCRIPT = 50
"""A script that deletes more would keep the store busy for more than a few milliseconds."""


def publish_retention(scripts: Scripts, retention: Retention) -> bool:
    """Save how long ended events are kept. True if that has changed; then `apply_retention` has work."""
    times = (retention.delivered, retention.filtered, retention.discarded, retention.dead)
    return bool(scripts.run("publish_retention", *(seconds * SECOND for seconds in times)))


def apply_retention(scripts: Scripts) -> bool:
    """Apply a changed retention to some of the events that have ended. True while there are more."""
    with redis_errors_as_unavailable():
        return bool(scripts.run("apply_retention", _RESCHEDULED_PER_SCRIPT))


def delete_oldest(scripts: Scripts, *, after: int) -> tuple[int, int]:
    """Delete some ended events before their time, those first that would be pruned first.

    Dead letters stay. `after` is how many events at the beginning of that order to pass over. Returns how many were
    deleted, and how many dead letters were passed over; (0, 0) at the end.
    """
    with redis_errors_as_unavailable():
        deleted, passed = scripts.run("make_room", after, _EXAMINED_PER_SCRIPT)
    return deleted, passed
