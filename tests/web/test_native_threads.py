"""What needs the CPU for long runs beside the greenlets of a web process."""

import gc
import weakref
from contextvars import ContextVar

import gevent
import pytest
from gevent.monkey import get_original

from relay.core.errors import BadRequest
from relay.web.server.native_threads import MIN_BYTES, NativeThreads

LARGE, SMALL = MIN_BYTES, MIN_BYTES - 1

native_id = get_original("_thread", "get_ident")
new_lock = get_original("_thread", "allocate_lock")
variable: ContextVar[str] = ContextVar("variable", default="unset")


@pytest.fixture
def threads() -> NativeThreads:
    return NativeThreads()


def test_greenlets_go_on_while_a_large_input_is_read(threads: NativeThreads):
    lock = new_lock()
    lock.acquire()
    gevent.spawn(lock.release)

    # In the thread of the event loop, this would wait forever: nothing else could release the lock.
    assert threads.compute(LARGE, lambda: lock.acquire(timeout=30))


def test_a_small_input_is_read_in_the_callers_thread(threads: NativeThreads):
    assert threads.compute(SMALL, native_id) == native_id()
    assert threads.compute(LARGE, native_id) != native_id()


def test_an_error_reaches_the_caller_and_is_no_crash(
    threads: NativeThreads, capsys: pytest.CaptureFixture[str]
):
    def fail() -> None:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        threads.compute(LARGE, fail)
    assert capsys.readouterr().err == ""


def test_context_variables_are_those_of_the_caller(threads: NativeThreads):
    variable.set("of the caller")

    assert threads.compute(LARGE, variable.get) == "of the caller"
    assert threads.compute(LARGE, lambda: threads.run_in_loop(variable.get)) == "of the caller"


def test_what_uses_a_connection_runs_in_the_thread_of_the_event_loop(threads: NativeThreads):
    thread = threads.compute(LARGE, lambda: (native_id(), threads.run_in_loop(native_id)))

    assert thread[0] != native_id()
    assert thread[1] == native_id()
    assert threads.run_in_loop(native_id) == native_id()


def test_an_error_in_the_event_loop_reaches_the_native_thread(threads: NativeThreads):
    def fail() -> None:
        raise LookupError("no such thing")

    def read() -> str:
        try:
            threads.run_in_loop(fail)
        except LookupError as error:
            return str(error)
        return "no error"

    assert threads.compute(LARGE, read) == "no such thing"


def test_a_function_inside_another_needs_no_second_thread(threads: NativeThreads):
    def nested() -> int:
        return threads.compute(LARGE, native_id)

    # Otherwise two large requests that each need a second thread would wait for each other.
    assert threads.compute(LARGE, lambda: nested() == native_id())


def test_what_was_read_is_freed_with_the_error_that_it_caused(threads: NativeThreads):
    class Value:
        """Stands for a megabyte of parsed JSON."""

    values: list[weakref.ref[Value]] = []

    def read() -> None:
        value = Value()
        values.append(weakref.ref(value))
        raise BadRequest("not_json", "not JSON")

    gc.disable()
    try:
        with pytest.raises(BadRequest):
            threads.compute(LARGE, read)
        assert values[0]() is None
    finally:
        gc.enable()
