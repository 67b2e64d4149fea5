"""The deadline of a request: all commands that a request sends to the stores share it."""

from contextvars import ContextVar

from redis.exceptions import TimeoutError as RedisTimeoutError

from relay.sockets import Deadline

_LONGEST_SECONDS = 3600.0

_deadline: ContextVar[Deadline | None] = ContextVar("store_deadline", default=None)


def limit_store_time(seconds: float | None) -> None:
    """Let the commands of this context take `seconds` together from now on; None to remove the limit."""
    _deadline.set(None if seconds is None else Deadline(seconds))


def time_left(seconds: float | None) -> float:
    """Return `seconds`, or the time until the deadline if that is less. None means no limit of its own.

    Raises RedisTimeoutError after the deadline.
    """
    deadline, seconds = _deadline.get(), _LONGEST_SECONDS if seconds is None else seconds
    if deadline is None:
        return seconds
    remaining = deadline.remaining
    if remaining <= 0:
        raise RedisTimeoutError("The time for this request is over.")
    return min(seconds, remaining)
