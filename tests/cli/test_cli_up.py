"""`gong-relay up` as a process: a first event, killed children, Ctrl-C and kill -9, and no lost event."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.slow

INHERITED = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
# Another worker takes over a killed worker's events after the lease. Tests wait for it, so it is short.
FAST = {"RELAY_LEASE_SECONDS": "6", "RELAY_CALL_TIMEOUT_SECONDS": "3", "RELAY_CONNECT_TIMEOUT_SECONDS": "2"}
PARTS = {
    "valkey": "valkey-server|redis-server",
    "web": "relay.wsgi|gunicorn_conf",
    "worker": "-m workers",
    "sandbox": "sandbox.wsgi",
    "guard": "relay.cli.up.guard",
}
CHILDREN = [part for part in PARTS if part != "guard"]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from relay.cli.main import main; main(prog_name='gong-relay')", *arguments]


def free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"timed out waiting until {what}"
        time.sleep(0.05)


@dataclass
class Up:
    """A directory in which `up` is started, once or several times."""

    folder: Path
    port: int
    sandbox_port: int
    process: "subprocess.Popen[bytes] | None" = None

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        line = command(*arguments)
        return subprocess.run(
            line,
            cwd=self.folder,
            env=INHERITED | FAST,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *options: str) -> None:
        line = command(*options, "up", "--port", str(self.port), "--sandbox-port", str(self.sandbox_port))
        with (self.folder / "out").open("wb") as out:
            self.process = subprocess.Popen(
                line, cwd=self.folder, env=INHERITED | FAST, stdout=out, stderr=out
            )
        until(
            lambda: "Press Ctrl-C to stop" in self.output or self.process.poll() is not None,
            "`up` has started or ended",
        )
        assert self.process.poll() is None, self.output

    @property
    def output(self) -> str:
        return (self.folder / "out").read_text()

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def child(self, part: str) -> int:
        """The process id of a child of `up`, found by its command line."""
        assert self.process is not None
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int(entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1])
                line = entry.joinpath("cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.process.pid and re.search(PARTS[part], line):
                return int(entry.name)
        raise AssertionError(f"{part} does not run: {self.output}")

    def send(self, native: str) -> str:
        """Send an event until it is accepted. Returns its id."""
        key = re.findall(r"grly_\w+", self.output)[0]
        event = {
            "id": native,
            "type": "page_view",
            "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "content": {"title": "Pricing", "url": "https://www.example.com/pricing"},
            "person": {"email": "ada@example.com"},
        }
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                answer = requests.post(
                    f"http://127.0.0.1:{self.port}/v1/events",
                    json=event,
                    headers={"X-API-Key": key},
                    timeout=10,
                )
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code == 202:
                return answer.json()["id"]
            time.sleep(0.1)
        raise AssertionError(f"{native} was never taken")

    def states(self) -> dict[str, str]:
        """The state of every event, by its id."""
        page = json.loads(self.run("events", "--json", "--limit", "500").stdout)
        return {event["id"]: event["status"] for event in page["events"]}

    def until_delivered(self, ids: set[str]) -> None:
        until(
            lambda: {event_id for event_id, state in self.states().items() if state == "delivered"} >= ids,
            "all are delivered",
            120,
        )


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path, *free_ports())
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.send_signal(signal.SIGTERM)
        made.process.wait(60)


def test_the_printed_command_sends_a_first_event(up: Up):
    if shutil.which("curl") is None:
        pytest.skip("the printed command needs curl")
    up.start()
    [paste] = re.findall(r"^curl .*?}}'$", up.output, re.MULTILINE | re.DOTALL)
    answers = [
        json.loads(subprocess.run(["sh", "-c", paste], capture_output=True, check=True, timeout=30).stdout)
        for _ in range(2)
    ]

    assert [answer["duplicate"] for answer in answers] == [False, False]
    up.until_delivered({answer["id"] for answer in answers})


def test_up_prints_all_addresses(up: Up):
    up.start()

    for words in (
        f"http://127.0.0.1:{up.port}/ops/sign-in?ticket=",
        f"http://127.0.0.1:{up.port}",
        f"http://127.0.0.1:{up.sandbox_port}",
        ".relay/log/",
        "status",
        "events",
    ):
        assert words in up.output
    assert up.run("check").returncode == 0
    assert up.run("status").returncode == 0


def test_the_printed_commands_name_a_data_directory_that_is_not_the_default(up: Up):
    up.start("--data-dir", "my data")

    [status] = re.findall(r"^  (\S.* status)$", up.output, re.MULTILINE)
    assert shlex.split(status)[1:] == ["--data-dir", "my data", "status"]
    assert "--data-dir 'my data' dashboard`" in up.output
    assert up.run("--data-dir", "my data", "status").returncode == 0


def test_ctrl_c_stops_all_children_and_the_next_start_continues(up: Up):
    up.start()
    children = [up.child(part) for part in PARTS]
    accepted = up.send("before")
    status = up.end(signal.SIGINT)

    assert status == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []

    before = time.monotonic()
    up.start()
    took = time.monotonic() - before
    up.until_delivered({accepted, up.send("after")})
    assert took < 30


def test_nothing_is_lost_when_a_child_is_killed(up: Up):
    up.start()
    accepted = set()
    for part in CHILDREN:
        accepted.add(up.send(f"before-{part}"))
        os.kill(up.child(part), signal.SIGKILL)
        accepted.add(up.send(f"after-{part}"))
        until(
            lambda part=part: f"{part} was ended by SIGKILL. Restarting it" in up.output,
            f"{part}'s end is reported",
        )

    up.until_delivered(accepted)


def test_nothing_is_lost_when_up_is_killed(up: Up):
    up.start()
    accepted = up.send("before")
    up.end(signal.SIGKILL)
    up.start()

    assert "The last run was killed" in up.output
    up.until_delivered({accepted, up.send("after")})


def test_the_worker_of_a_killed_up_returns_its_events_before_the_store_ends(up: Up):
    up.start()
    accepted = {up.send(f"event-{number}") for number in range(20)}
    up.end(signal.SIGKILL)
    up.start()
    worker = (up.folder / ".relay" / "log" / "worker.log.1").read_text()

    assert "worker.stopped" in worker
    assert "worker.gave_up" not in worker
    assert "delivery.unsettled" not in worker
    up.until_delivered(accepted)


def test_a_run_that_was_killed_with_its_store_and_guard_does_not_block_the_next(up: Up):
    up.start()
    accepted = up.send("before")
    assert up.process is not None
    doomed = [up.process.pid, up.child("valkey"), up.child("guard")]
    for process in doomed:
        os.kill(process, signal.SIGSTOP)
    for process in doomed:
        os.kill(process, signal.SIGKILL)
    up.process.wait(60)
    up.start()

    up.until_delivered({accepted, up.send("after")})


def test_a_second_up_in_the_same_directory_reports_the_first(up: Up):
    up.start()
    second = up.run("up", "--port", "1", "--no-sandbox")

    assert second.returncode == 1
    assert f"process {up.process.pid}" in second.stderr
    assert up.process.poll() is None


@pytest.mark.parametrize(("option", "other"), [("--port", "--sandbox-port"), ("--sandbox-port", "--port")])
def test_a_port_in_use_is_reported_with_the_option_to_change(up: Up, option: str, other: str):
    with socket.socket() as accepted:
        accepted.bind(("127.0.0.1", 0))
        accepted.listen()
        result = up.run("up", option, str(accepted.getsockname()[1]), other, str(up.port))

    assert result.returncode == 1
    assert "in use" in result.stderr
    assert option in result.stderr


def test_an_invalid_configuration_starts_nothing(up: Up):
    (up.folder / "relay.yaml").write_text("destinations: {acme: {}}")
    result = up.run("up", "--port", str(up.port))

    assert result.returncode == 1
    assert "destinations.acme.auth: is missing" in result.stderr
    assert not (up.folder / ".relay" / "env").exists()
    assert list((up.folder / ".relay" / "log").iterdir()) == []


def test_redis_url_replaces_the_embedded_server(up: Up, valkey):
    line = command("up", "--port", str(up.port), "--no-sandbox")
    with (up.folder / "out").open("wb") as out:
        up.process = subprocess.Popen(
            line, cwd=up.folder, env=INHERITED | {"RELAY_REDIS_URL": valkey.url}, stdout=out, stderr=out
        )
    until(lambda: "Press Ctrl-C to stop" in up.output, "it has started")
    logs = {path.name for path in (up.folder / ".relay" / "log").iterdir()}

    assert logs == {"web.log", "worker.log"}
    assert "Sandbox" not in up.output
