"""Tests the image without a container engine: built by its own commands, run as an unprivileged user on a read-only
file system, and delivering an event.

`make rehearse` and CI run it: it installs everything again, and needs root to create a mount namespace.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
import requests

from tests.chart.rehearsal import build, can_confine, confined, image_environ
from tests.chart.sbom import find_problems, read_lock, write_wheel_sbom
from tests.harness.accounts import ADMIN_KEY, SECRET_KEY, accounts, configuration
from tests.harness.clients import Relay, Sandbox, page_view
from tests.harness.processes import Process, free_port, tail
from tests.harness.waiting import eventually
from tests.valkey import Valkey

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("RELAY_REQUIRE_IMAGE"), reason="make rehearse runs it"),
]

[ACCOUNT] = accounts(1)
GRACE_SECONDS = 25


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder outside /tmp, because the image gets its own /tmp."""
    path = Path(tempfile.mkdtemp(prefix="rh", dir="/var/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@dataclass
class Image:
    """The built image and the ports of its processes."""

    folder: Path
    venv: Path
    ports: dict[str, int]

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def process(self, *command: str, **variables: str) -> Process:
        log = self.folder / f"{command[0]}.log"
        return Process(
            confined([f"{self.venv}/bin/gong-relay", *command]), image_environ(self.venv, variables), log
        )


@pytest.fixture(scope="module")
def image(folder: Path) -> Image:
    if not can_confine():
        pytest.skip("needs root, unshare and setpriv (Debian: util-linux), and a kernel that allows them")
    return Image(
        folder, build(folder), {name: free_port() for name in ("web", "operations", "gong", "store")}
    )


@pytest.fixture(scope="module")
def running(image: Image) -> Iterator[dict[str, Process]]:
    (image.folder / "relay.yaml").write_text(configuration([ACCOUNT], image.url("gong")))
    (image.folder / "admin").write_text(ADMIN_KEY)
    store = Valkey(image.folder, {"port": str(image.ports["store"]), "appendonly": "yes"})
    environ = {
        "RELAY_CONFIG": f"{image.folder}/relay.yaml",
        "RELAY_REDIS_URL": f"redis://127.0.0.1:{image.ports['store']}/0",
        "RELAY_ADMIN_KEY_FILE": f"{image.folder}/admin",
        "RELAY_PUBLIC_URL": image.url("web"),
        "RELAY_SECRET_KEYS": SECRET_KEY,
        "RELAY_ALLOW_GONG_HOSTS": f"127.0.0.1:{image.ports['gong']}",
    }
    processes = {
        "sandbox": image.process("sandbox", "--port", str(image.ports["gong"])),
        "web": image.process("web", PORT=str(image.ports["web"]), **environ),
        "worker": image.process("worker", **environ),
    }
    store.start()
    for process in processes.values():
        process.start()
    yield processes
    for process in processes.values():
        process.stop()
    store.stop()


def is_live(url: str, log: Path) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException as error:
        raise AssertionError(tail(log)) from error


def test_the_image_delivers_an_event_as_an_unprivileged_user_on_a_read_only_file_system(
    image: Image, running: dict[str, Process]
):
    eventually(lambda: is_live(f"{image.url('web')}/livez", running["web"].log), within=30)
    eventually(lambda: is_live(f"{image.url('gong')}/__sandbox/metrics", running["sandbox"].log), within=30)
    relay, sandbox = Relay(image.url("web")), Sandbox(image.url("gong"))

    relay.accept(ACCOUNT, page_view("from-the-image"))

    eventually(lambda: sandbox.event_ids() == [f"{ACCOUNT.name}:from-the-image"], within=20)
    relay.close()
    sandbox.close()


@pytest.mark.parametrize("name", ["worker", "web"])
def test_a_process_stops_cleanly_and_in_time_on_sigterm(running: dict[str, Process], name: str):
    running[name].terminate()

    assert running[name].wait(GRACE_SECONDS) == 0


@pytest.mark.parametrize("name", ["worker", "web", "sandbox"])
@pytest.mark.usefixtures("running")
def test_no_process_fails_to_write_to_the_read_only_file_system(image: Image, name: str):
    assert "Read-only" not in (image.folder / f"{name}.log").read_text("utf-8")


def test_the_bill_of_materials_of_the_image_equals_the_lock(image: Image):
    document = orjson.loads((image.venv / "sbom.cdx.json").read_bytes())
    names = {component["name"].lower() for component in document["components"]}

    assert list(find_problems(document, read_lock())) == []
    assert not {"pip", "hatchling", "cyclonedx-bom", "pytest"} & names


def test_the_bill_of_materials_of_the_image_has_the_base_image(image: Image):
    components = orjson.loads((image.venv / "sbom.cdx.json").read_bytes())["components"]

    # Here the packages are those of the machine that rehearses; in a container they are those of the base image.
    assert {"platform", "operating-system"} <= {component["type"] for component in components}
    assert any(component.get("purl", "").startswith("pkg:deb/") for component in components)


def test_the_bill_of_materials_of_the_wheel_has_only_its_packages(image: Image, tmp_path: Path):
    document = write_wheel_sbom(image.folder, tmp_path / "dist" / "wheel.cdx.json")

    assert list(find_problems(document, read_lock())) == []
    assert {component["type"] for component in document["components"]} == {"library"}
    assert sum("licenses" in component for component in document["components"]) > 40
