"""Children are restarted when they end, and stopped in order."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a process when its parent ends")
def test_children_end_when_their_parent_is_killed(tmp_path: Path):
    code = """
import os, sys, time
from pathlib import Path
from relay.cli.up.supervisor import Child, Supervisor
log, go = map(Path, sys.argv[1:])
inner = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
Supervisor(os.environ, print).start(Child("inner", (sys.executable, "-c", inner), log, 5))
while not go.exists():
    time.sleep(0.02)
os.kill(os.getpid(), 9)
"""
    supervisor = Supervisor(os.environ, print)
    parent = child(tmp_path, "parent", code, str(tmp_path / "inner.log"), str(tmp_path / "go"))
    supervisor.start(parent)
    until(lambda: text(tmp_path / "inner.log"), "the grandchild has printed its id")
    grandchild = int(text(tmp_path / "inner.log"))
    (tmp_path / "go").touch()

    until(lambda: not is_running(grandchild), "the grandchild has ended")
    supervisor.stop(is_hurried=never)


def is_running(process: int) -> bool:
    """True if a process runs. A zombie does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
