"""The version of the data in the store: recorded there, and compared by every process that starts.

A version of the relay reads what the previous one wrote, and the previous one reads what this one writes. So both may
run side by side during a rolling update, and an update can be rolled back. A change that breaks this raises the major
number; processes of the other major version then refuse to start, because they would damage data they cannot read.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from relay.core.config import Config
from relay.settings import SettingsError, setting_error
from relay.store.engine import keys
from relay.store.stores import Stores


@dataclass(frozen=True, slots=True, order=True)
class Layout:
    """A layout version. Data of one `major` is readable by every version of that major; a `minor` only adds to it."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @staticmethod
    def parse(text: str) -> "Layout":
        """Raise ValueError if `text` is not "major.minor"."""
        major, _, minor = text.partition(".")
        return Layout(int(major), int(minor))


CURRENT = Layout.parse(keys.LAYOUT_VERSION)

_UNRECORDED = Layout(1, 0)
"""The layout of a store that holds events but no version: it was written before the version was recorded."""


def read_layout(redis: Redis) -> Layout | None:
    """Return the store's layout, or None for an empty store: it has no version, and never accepted an event.

    Raises ValueError if the recorded version is not one, and whatever the client raises.
    """
    recorded: Any = redis.get(keys.LAYOUT)
    if recorded is not None:
        return Layout.parse(recorded.decode())
    # The counters never expire, so they also show events that have been pruned. Other keys do not count: this version's
    # web and commands may write those (rejected requests, sign-ins, a pause) before the first event records the layout.
    return _UNRECORDED if redis.exists(keys.EVENTS, keys.STATE_COUNTS) else None


def check_layout(redis: Redis, *, setting: str = "RELAY_REDIS_URL") -> None:
    """Raise SettingsError if this version cannot read the store's data. Do nothing if the store does not answer.

    `setting` names what the operator configured this store with.
    """
    try:
        layout = read_layout(redis)
    except RedisError:
        return
    except ValueError:
        text = f"{keys.LAYOUT} in the store holds no version: does another program write there?"
        raise setting_error(setting, text) from None
    # A minor version only adds data, so only the major one decides.
    if layout is not None and layout.major != CURRENT.major:
        raise _unreadable(layout, setting)


def _unreadable(layout: Layout, setting: str) -> SettingsError:
    if layout.major > CURRENT.major:
        text = (
            f"the store was written by a newer version of the relay (layout {layout}; this one reads up to "
            f"{CURRENT.major}.x). Nothing was changed. Run that version again, or give this one another store"
        )
    else:
        text = (
            f"the store holds data of layout {layout}, which this version of the relay cannot read (it reads "
            f"{CURRENT.major}.x). Nothing was changed. Run the version that wrote the data until `gong-relay status "
            '--json` shows "open": 0 for every destination. Then empty this database with FLUSHDB, or give this '
            "version an empty one: another server, or another database number in the URL (docs/upgrading.md)"
        )
    return setting_error(setting, text)


def record_layout(redis: Redis) -> None:
    """Record the current layout in a store that is empty or has an older minor version.

    A newer minor version stays, because data that it added is still there. If the store cannot be written (it is full
    or does not answer), nothing happens: the next worker that starts, or the next accepted event, records it.
    """
    with suppress(RedisError):
        layout = read_layout(redis)
        if layout is None or (layout.major == CURRENT.major and layout < CURRENT):
            redis.set(keys.LAYOUT, str(CURRENT))


def check_layouts(stores: Stores, config: Config) -> None:
    """Check every store. An error names the setting that the operator configured the store with."""
    for store in stores:
        setting = f"stores.{store.name}.url" if store.name in config.stores else "RELAY_REDIS_URL"
        check_layout(store.redis, setting=setting)
