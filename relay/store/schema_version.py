"""The version of what lies in the store: recorded there, and compared by every process that starts.

A version of the relay reads what the version before it wrote, and that one reads what this one writes: so processes of
both may run beside each other while an update rolls, and an update may be taken back. Where that would not hold, the
major number is raised, and older versions refuse to start rather than spoil what they do not understand.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from relay.core.config import Config
from relay.settings import setting_error
from relay.store.engine import keys
from relay.store.stores import Stores


@dataclass(frozen=True, slots=True, order=True)
class Layout:
    """`major` says who can read it; `minor` what else is in it, which others leave alone."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


OURS = Layout(1, 1)
"""1.0 was written before the number was: a store without one is of it, or empty."""

_BEFORE = Layout(1, 0)


def read_layout(redis: Redis) -> Layout:
    """What lies there. Raises what the client raises, and ValueError for what is no layout."""
    found: Any = redis.get(keys.LAYOUT)
    if found is None:
        return _BEFORE
    major, _, minor = found.decode().partition(".")
    return Layout(int(major), int(minor))


def check_layout(redis: Redis, *, told_by: str = "RELAY_REDIS_URL") -> None:
    """Raise SettingsError where a newer relay wrote what this one cannot read. Silent when it cannot be asked."""
    try:
        found = read_layout(redis)
    except RedisError:
        return
    except ValueError:
        text = f"{keys.LAYOUT} in the store holds no version: does another program write there?"
        raise setting_error(told_by, text) from None
    if found.major > OURS.major:
        text = (
            f"the store was written by a newer version of the relay (layout {found}; this one reads up to "
            f"{OURS.major}.x). Nothing was changed. Run that version again, or give this one another store"
        )
        raise setting_error(told_by, text)


def record_layout(redis: Redis) -> None:
    """Write down that ours lies there from now on. A newer minor one stays: what it wrote is there.

    A full store takes no number; the next worker that starts tries again.
    """
    with suppress(RedisError):
        if read_layout(redis) < OURS:
            redis.set(keys.LAYOUT, str(OURS))


def check_layouts(stores: Stores, config: Config) -> None:
    """The same of each store, each by the name that the operator gave it."""
    for store in stores:
        place = f"stores.{store.name}.url" if store.name in config.stores else "RELAY_REDIS_URL"
        check_layout(store.redis, told_by=place)
