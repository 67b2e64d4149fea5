"""Runs what needs the CPU for long in native threads, so that the greenlets of the process go on meanwhile.

A greenlet that computes would silence the process: no other request, not even /livez, would be answered until it ends. Python
switches between native threads every few milliseconds.
"""

from collections.abc import Callable
from contextvars import copy_context
from typing import Any, cast

import gevent
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

from relay.core.compute import Result
from relay.core.errors import RelayError

MIN_BYTES = 16_384
"""A smaller input costs less than 50 ms in every parser."""

_THREADS = 2
"""More would compete with the event loop for the interpreter, and would not compute faster."""

# gevent replaces these. Both are needed as the operating system's.
_native_id: Callable[[], int] = get_original("_thread", "get_ident")
_new_lock: Callable[[], Any] = get_original("_thread", "allocate_lock")


class NativeThreads:
    """The native threads of one process. Create it in the process that uses it, after a fork."""

    def __init__(self) -> None:
        self._hub = gevent.get_hub()
        self._loop_thread = _native_id()
        self._pool = ThreadPool(_THREADS, hub=self._hub)

    def compute(self, size: int, function: Callable[[], Result], /) -> Result:
        """Call a function that uses no connection, in a native thread if its input is large. Implements `Compute`."""
        if size < MIN_BYTES or _native_id() != self._loop_thread:
            return function()
        return cast("Result", _unwrap(self._pool.apply(copy_context().run, (_capture, function))))

    def run_in_loop(self, function: Callable[[], Result], /) -> Result:
        """Call a function that uses a connection, in the event loop's thread. Its result is waited for."""
        # A connection belongs to the thread whose loop it was opened in.
        if _native_id() == self._loop_thread:
            return function()
        context, done, outcomes = copy_context(), _new_lock(), []
        done.acquire()

        def run() -> None:
            outcomes.append(context.run(_capture, function))
            done.release()

        self._hub.loop.run_callback_threadsafe(gevent.spawn, run)
        done.acquire()
        return cast("Result", _unwrap(outcomes[0]))


def _capture(function: Callable[[], Result]) -> tuple[Result | None, BaseException | None]:
    # gevent would report an exception of a thread as a crash, although the caller handles it.
    try:
        return function(), None
    except RelayError as error:
        # Its traceback would keep everything that was read until it is handled.
        return None, error.with_traceback(None)
    except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
        return None, error


def _unwrap(outcome: tuple[Any, BaseException | None]) -> Any:
    result, error = outcome
    try:
        if error is not None:
            raise error
        return result
    finally:
        # Otherwise the error's traceback would hold this frame, which holds the error: a cycle that outlives the request.
        del outcome, error
