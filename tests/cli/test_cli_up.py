"""`gong-relay up` for real: a first event in one paste, every child killed, Ctrl-C, kill -9, and nothing lost."""

import json
import os
import re
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

KEPT = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
# What a killed worker held is taken over after the lease: short, as tests wait for it.
FAST = {"RELAY_LEASE_SECONDS": "6", "RELAY_CALL_TIMEOUT_SECONDS": "3", "RELAY_CONNECT_TIMEOUT_SECONDS": "2"}
PARTS = {
    "valkey": "valkey-server|redis-server",
    "web": "relay.wsgi|gunicorn_conf",
    "worker": "-m workers",
    "sandbox": "sandbox.wsgi",
}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from relay.cli.main import main; main(prog_name='gong-relay')", *arguments]


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"never so: {what}"
        time.sleep(0.05)


@dataclass
class Up:
    """One folder in which `up` is started, perhaps several times."""

    folder: Path
    port: int
    sandbox_port: int
    process: "subprocess.Popen[bytes] | None" = None

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        line = command(*arguments)
        return subprocess.run(
            line, cwd=self.folder, env=KEPT | FAST, capture_output=True, text=True, timeout=60, check=False
        )

    def start(self) -> None:
        line = command("up", "--port", str(self.port), "--sandbox-port", str(self.sandbox_port))
        with (self.folder / "out").open("wb") as out:
            self.process = subprocess.Popen(line, cwd=self.folder, env=KEPT | FAST, stdout=out, stderr=out)
        until(
            lambda: "Press Ctrl-C to stop" in self.told or self.process.poll() is not None,
            "it has started or ended",
        )
        assert self.process.poll() is None, self.told

    @property
    def told(self) -> str:
        return (self.folder / "out").read_text()

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def child(self, part: str) -> int:
        """The process id of one part: `up`'s own child, whose command line tells which."""
        assert self.process is not None
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int(entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1])
                line = entry.joinpath("cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.process.pid and re.search(PARTS[part], line):
                return int(entry.name)
        raise AssertionError(f"{part} does not run: {self.told}")

    def send(self, native: str) -> str:
        """Send one event until it is taken; the relay's id of it."""
        key = re.findall(r"grly_\w+", self.told)[0]
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
        """Every event's state, by the relay's id."""
        page = json.loads(self.run("events", "--json", "--limit", "500").stdout)
        return {event["id"]: event["status"] for event in page["events"]}

    def until_delivered(self, ids: set[str]) -> None:
        until(
            lambda: {one for one, state in self.states().items() if state == "delivered"} >= ids,
            "all are delivered",
            120,
        )


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    one = Up(tmp_path, *free_ports())
    yield one
    if one.process is not None and one.process.poll() is None:
        one.process.send_signal(signal.SIGTERM)
        one.process.wait(60)


def test_the_first_event_is_one_paste_away(up: Up):
    if shutil.which("curl") is None:
        pytest.skip("the printed command needs curl")
    up.start()
    [paste] = re.findall(r"^curl .*?}}'$", up.told, re.MULTILINE | re.DOTALL)
    answers = [
        json.loads(subprocess.run(["sh", "-c", paste], capture_output=True, check=True, timeout=30).stdout)
        for _ in range(2)
    ]

    assert [answer["duplicate"] for answer in answers] == [False, False]
    up.until_delivered({answer["id"] for answer in answers})


def test_it_says_where_everything_is(up: Up):
    up.start()

    for words in (
        f"http://127.0.0.1:{up.port}/ops/sign-in?ticket=",
        f"http://127.0.0.1:{up.port}",
        f"http://127.0.0.1:{up.sandbox_port}",
        ".relay/log/",
        "status",
        "events",
    ):
        assert words in up.told
    assert up.run("check").returncode == 0
    assert up.run("status").returncode == 0


def test_ctrl_c_stops_all_of_it_and_a_second_start_goes_on(up: Up):
    up.start()
    children = [up.child(part) for part in PARTS]
    taken = up.send("before")
    status = up.end(signal.SIGINT)

    assert status == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []

    before = time.monotonic()
    up.start()
    took = time.monotonic() - before
    up.until_delivered({taken, up.send("after")})
    assert took < 30


def test_nothing_is_lost_when_a_child_is_killed(up: Up):
    up.start()
    taken = set()
    for part in PARTS:
        taken.add(up.send(f"before-{part}"))
        os.kill(up.child(part), signal.SIGKILL)
        taken.add(up.send(f"after-{part}"))
        until(
            lambda part=part: f"{part} was ended by SIGKILL. Restarting it" in up.told,
            f"{part}'s end is told",
        )

    up.until_delivered(taken)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent was killed")
def test_nothing_is_lost_when_it_is_killed_itself(up: Up):
    up.start()
    taken = up.send("before")
    up.end(signal.SIGKILL)
    up.start()

    assert "The last run was killed" in up.told
    up.until_delivered({taken, up.send("after")})


def test_a_second_one_in_the_same_place_is_told_who_is_there(up: Up):
    up.start()
    second = up.run("up", "--port", "1", "--no-sandbox")

    assert second.returncode == 1
    assert f"process {up.process.pid}" in second.stderr
    assert up.process.poll() is None


@pytest.mark.parametrize(("option", "other"), [("--port", "--sandbox-port"), ("--sandbox-port", "--port")])
def test_a_port_in_use_is_told_with_the_option_that_helps(up: Up, option: str, other: str):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = up.run("up", option, str(taken.getsockname()[1]), other, str(up.port))

    assert told.returncode == 1
    assert "in use" in told.stderr
    assert option in told.stderr


def test_a_wrong_configuration_starts_nothing(up: Up):
    (up.folder / "relay.yaml").write_text("destinations: {acme: {}}")
    told = up.run("up", "--port", str(up.port))

    assert told.returncode == 1
    assert "destinations.acme.auth: is missing" in told.stderr
    assert not (up.folder / ".relay" / "env").exists()
    assert list((up.folder / ".relay" / "log").iterdir()) == []


def test_a_server_of_ones_own_replaces_the_embedded_one(up: Up, valkey):
    line = command("up", "--port", str(up.port), "--no-sandbox")
    with (up.folder / "out").open("wb") as out:
        up.process = subprocess.Popen(
            line, cwd=up.folder, env=KEPT | {"RELAY_REDIS_URL": valkey.url}, stdout=out, stderr=out
        )
    until(lambda: "Press Ctrl-C to stop" in up.told, "it has started")
    logs = {path.name for path in (up.folder / ".relay" / "log").iterdir()}

    assert logs == {"web.log", "worker.log"}
    assert "Sandbox" not in up.told
