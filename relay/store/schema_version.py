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
from relay.core.errors import Unavailable
from relay.settings import SettingsError, setting_error
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
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
    layout = None if recorded is None else Layout.parse(recorded.decode())
    # An earlier version of the web may have recorded 2.x over such data, if the store was down when it started.
    if (layout is None or layout.major == CURRENT.major) and redis.exists(keys.FIRST_LAYOUT_COUNTS):
        return _UNRECORDED
    if layout is not None:
        return layout
    # The counters never expire, so they also show events that have been pruned. Other keys do not count: this version's
    # web and commands may write those (rejected requests, sign-ins, a pause) before the first event records the layout.
    return _UNRECORDED if redis.exists(keys.EVENTS, keys.STATE_COUNTS) else None


def check_layout(redis: Redis, *, setting: str = "RELAY_REDIS_URL") -> bool:
    """Raise SettingsError if this version cannot read the store's data. False: the store did not answer.

    `setting` names what the operator configured this store with.
    """
    try:
        layout = read_layout(redis)
    except RedisError:
        return False
    except ValueError:
        text = f"{keys.LAYOUT} in the store holds no version: does another program write there?"
        raise setting_error(setting, text) from None
    # A minor version only adds data, so only the major one decides.
    if layout is not None and layout.major != CURRENT.major:
        raise _unreadable(layout, setting)
    return True


def require_layout(redis: Redis) -> None:
    """Raise Unavailable if this version cannot read the store's data, or the store does not answer.

    For a process that is already running: its store may have been down when it started.
    """
    with redis_errors_as_unavailable():
        try:
            layout = read_layout(redis)
        except ValueError:
            layout = Layout(0, 0)
    if layout is not None and layout.major != CURRENT.major:
        raise wrong_layout()


def wrong_layout() -> Unavailable:
    """Return the error for a store with data that this version cannot read."""
    text = (
        "The store holds data of another version of the relay. Nothing was stored. Restart the web server: it then says what "
        "to do (docs/upgrading.md)."
    )
    return Unavailable("store_layout", text, retry_after=30)


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
