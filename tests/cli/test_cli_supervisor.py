"""Children are restarted when they end, and stopped in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relay.cli.up.children import RecordedChild, read_record, read_start, stop_in_order
from relay.cli.up.supervisor import Child, Supervisor, last_lines

pytestmark = pytest.mark.slow

SLEEPS = "import time; time.sleep(600)"
STUBBORN = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(600)"
RECORDS_ITS_END = """
import pathlib, signal, sys, time
def end(*_):
    with open(sys.argv[1], "a") as file: file.write(sys.argv[2] + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("listening", flush=True)
time.sleep(600)
"""


def never() -> bool:
    return False


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"timed out waiting until {what}"
        time.sleep(0.02)


def text(log: Path) -> str:
    return log.read_text() if log.exists() else ""


@pytest.fixture
def messages() -> list[str]:
    return []


@pytest.fixture
def supervisor(messages: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor({**os.environ, "GREETING": "hello"}, messages.append)
    yield supervisor
    supervisor.stop(is_hurried=lambda: True)


def child(folder: Path, name: str, code: str, *arguments: str, stop_seconds: float = 10) -> Child:
    return Child(
        name=name,
        command=(sys.executable, "-c", code, *arguments),
        log=folder / f"{name}.log",
        stop_seconds=stop_seconds,
    )


def test_a_childs_output_goes_to_its_log_and_it_gets_the_environment(supervisor: Supervisor, tmp_path: Path):
    process = child(tmp_path, "one", "import os; print(os.environ['GREETING'])")
    supervisor.start(process)
    until(supervisor.find_ended, "the child has ended")

    assert last_lines(process.log) == "hello"


def test_the_log_of_the_last_run_is_kept(supervisor: Supervisor, tmp_path: Path):
    (tmp_path / "one.log").write_text("before\n")
    supervisor.start(child(tmp_path, "one", SLEEPS))

    assert text(tmp_path / "one.log.1") == "before\n"
    assert text(tmp_path / "one.log") == ""


def test_a_killed_child_is_restarted_and_reported(
    supervisor: Supervisor, messages: list[str], tmp_path: Path
):
    process = child(tmp_path, "one", f"import os; print(os.getpid(), flush=True); {SLEEPS}")
    supervisor.start(process)
    until(lambda: text(process.log), "it has printed its id")
    os.kill(int(text(process.log)), signal.SIGKILL)
    until(
        lambda: supervisor.restart_ended() or len(text(process.log).split()) == 2,
        "a second process has printed its id",
    )

    [line] = messages
    assert line.startswith("one was ended by SIGKILL. Restarting it in ")
    assert str(process.log) in line


def test_what_a_child_says_about_its_end_is_reported(
    supervisor: Supervisor, messages: list[str], tmp_path: Path
):
    process = replace(child(tmp_path, "one", "raise SystemExit(1)"), explain_end=lambda: "The disk is full.")
    supervisor.start(process)
    until(lambda: supervisor.restart_ended() or messages, "it has ended")

    assert messages[1] == "The disk is full."


def test_the_pause_before_a_restart_grows(supervisor: Supervisor, messages: list[str], tmp_path: Path):
    supervisor.start(child(tmp_path, "one", "raise SystemExit(3)"))
    until(lambda: supervisor.restart_ended() or len(messages) == 3, "it has ended three times")
    pauses = [float(line.split(" in ")[1].split(" s.")[0]) for line in messages]

    assert "exited with status 3" in messages[0]
    assert pauses == sorted(set(pauses))


def test_children_stop_in_the_opposite_order(supervisor: Supervisor, tmp_path: Path):
    ends = tmp_path / "ends"
    names = ["store", "worker", "web"]
    for name in names:
        supervisor.start(child(tmp_path, name, RECORDS_ITS_END, str(ends), name))
    until(lambda: all(text(tmp_path / f"{name}.log") for name in names), "all listen")
    supervisor.stop(is_hurried=never)

    assert ends.read_text().split() == ["web", "worker", "store"]


def test_a_child_that_does_not_end_in_time_is_killed(supervisor: Supervisor, tmp_path: Path):
    stubborn = child(tmp_path, "stubborn", STUBBORN, stop_seconds=0.2)
    supervisor.start(stubborn)
    until(lambda: text(stubborn.log), "it ignores SIGTERM")
    supervisor.stop(is_hurried=never)

    assert not is_running(int(text(stubborn.log)))


def test_a_hurried_stop_does_not_wait(supervisor: Supervisor, tmp_path: Path):
    stubborn = child(tmp_path, "stubborn", STUBBORN, stop_seconds=600)
    supervisor.start(stubborn)
    until(lambda: text(stubborn.log), "it ignores SIGTERM")
    before = time.monotonic()
    supervisor.stop(is_hurried=lambda: True)

    assert time.monotonic() - before < 60


def test_a_childs_own_children_end_with_it(supervisor: Supervisor, tmp_path: Path):
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]).pid, flush=True); {SLEEPS}"
    process = child(tmp_path, "one", code)
    supervisor.start(process)
    until(lambda: text(process.log), "it has printed its child's id")
    grandchild = int(text(process.log))
    supervisor.stop(is_hurried=never)

    until(lambda: not is_running(grandchild), "the grandchild has ended")


ENDS_AT_ONCE = """
import os, sys, time
from pathlib import Path
from relay.cli.up.children import RecordedChild, read_record, read_start, stop_in_order
from relay.cli.up.supervisor import Child, Supervisor
folder = Path(sys.argv[1])
supervisor = Supervisor(os.environ, print, (), folder / "record")
for name, code, seconds, serves in (("store", sys.argv[2], 60, True), ("stubborn", sys.argv[3], 0.2, False), ("worker", sys.argv[2], 60, False)):
    arguments = (str(folder / "ends"), name) if name != "stubborn" else ()
    command = (sys.executable, "-c", code, *arguments)
    log = folder / f"{name}.log"
    supervisor.start(Child(name=name, command=command, log=log, stop_seconds=seconds, serves_others=serves))
while not (folder / "go").exists():
    time.sleep(0.02)
os.kill(os.getpid(), 9)
"""


def test_children_end_in_order_when_their_parent_is_killed(tmp_path: Path):
    supervisor = Supervisor(os.environ, print)
    arguments = (str(tmp_path), RECORDS_ITS_END, STUBBORN)
    supervisor.start(child(tmp_path, "parent", ENDS_AT_ONCE, *arguments))
    until(lambda: all(text(tmp_path / f"{name}.log") for name in ("store", "stubborn", "worker")), "all run")
    children = [process for group in read_record(tmp_path / "record") for process in group]
    (tmp_path / "go").touch()

    until(lambda: not any(process.is_running() for process in children), "all have ended")
    assert (len(children), (tmp_path / "ends").read_text().split()) == (3, ["worker", "store"])
    supervisor.stop(is_hurried=never)


def test_after_an_orderly_stop_neither_a_record_nor_a_guard_is_left(messages: list[str], tmp_path: Path):
    guarded = Supervisor({**os.environ}, messages.append, (), tmp_path / "record")
    guarded.start(child(tmp_path, "one", SLEEPS))
    guard = guarded._guard
    assert len(read_record(tmp_path / "record")) == 1
    guarded.stop(is_hurried=never)

    assert (guard.poll(), (tmp_path / "record").exists()) == (0, False)


def test_a_guard_that_was_killed_is_replaced(messages: list[str], tmp_path: Path):
    guarded = Supervisor({**os.environ}, messages.append, (), tmp_path / "record")
    guarded.start(child(tmp_path, "one", SLEEPS))
    first = guarded._guard
    first.kill()
    first.wait()
    guarded.restart_ended()

    assert guarded._guard.poll() is None
    guarded.stop(is_hurried=lambda: True)


def test_the_record_has_the_process_that_replaced_a_killed_child(messages: list[str], tmp_path: Path):
    guarded = Supervisor({**os.environ}, messages.append, (), tmp_path / "record")
    guarded.start(child(tmp_path, "one", SLEEPS))
    [[before]] = read_record(tmp_path / "record")
    os.kill(before.pid, signal.SIGKILL)

    def recorded() -> list[RecordedChild]:
        return [process for group in read_record(tmp_path / "record") for process in group]

    until(lambda: guarded.restart_ended() or [before] != recorded(), "the record has changed")
    assert [process.is_running() for process in (before, *recorded())] == [False, True]
    guarded.stop(is_hurried=lambda: True)


def test_a_process_that_got_the_id_of_a_recorded_child_is_not_stopped():
    process = subprocess.Popen([sys.executable, "-c", SLEEPS], start_new_session=True)
    stop_in_order([[RecordedChild(process.pid, "another start", 0.0)]], is_hurried=never)
    assert process.poll() is None

    stop_in_order([[RecordedChild(process.pid, read_start(process.pid), 60.0)]], is_hurried=never)
    assert process.wait(20) == -signal.SIGTERM


@pytest.mark.parametrize("damage", ["", "[[{]]", '[[{"pid": 1}]]', "[1]"])
def test_a_damaged_record_has_no_children(tmp_path: Path, damage: str):
    (tmp_path / "record").write_text(damage)

    assert read_record(tmp_path / "record") == []


def is_running(process: int) -> bool:
    """True if a process runs. A zombie does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
