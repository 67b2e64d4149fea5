"""A complete relay as real processes in a folder of its own: store, sandbox, web and worker."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from relay.settings import Settings
from tests.harness.accounts import ADMIN_KEY, SECRET_KEY, Account, configuration, merge_config
from tests.harness.clients import Relay, Sandbox
from tests.harness.processes import Process, free_port, tail
from tests.harness.waiting import eventually
from tests.valkey import Valkey

_START_SECONDS = 30.0
_INHERITED_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")

DURABLE = {"appendonly": "yes", "appendfsync": "always"}
FAST = {
    "RELAY_CALL_TIMEOUT_SECONDS": "2",
    "RELAY_CONNECT_TIMEOUT_SECONDS": "1",
    "RELAY_LEASE_SECONDS": "4",
    "RELAY_WORKER_THREADS": "64",
}
"""Settings under which a lost worker's calls are taken over within seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stack consists of. `settings` are `RELAY_*`, `gong` is `SANDBOX_*`, `store` the server's options.

    `stores` are the names of further stores, each with a worker. `config` is what the configuration file
    contains beside the accounts, by section.
    """

    accounts: Sequence[Account]
    settings: Mapping[str, str] = field(default_factory=dict)
    gong: Mapping[str, str] = field(default_factory=dict)
    store: Mapping[str, str] = field(default_factory=dict)
    store_environ: Mapping[str, str] = field(default_factory=dict)
    """Variables of the main store's process."""
    workers: int = 1
    stores: Sequence[str] = ()
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def worker_threads(self) -> int:
        """Maximum calls in flight of one worker."""
        return int(self.settings.get("RELAY_WORKER_THREADS", Settings().worker_threads))


class Stack:
    """Every process of one relay. Addresses stay the same when a process is killed and started again."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.url = f"http://127.0.0.1:{free_port()}"
        self.gong_url = f"http://127.0.0.1:{free_port()}"
        self.store = Valkey(folder, DURABLE | dict(plan.store), dict(plan.store_environ))
        self.web = self._gunicorn("web", self.url, "-c", "relay/gunicorn_conf.py", "relay.wsgi:app")
        self.gong = self._gunicorn("gong", self.gong_url, "-k", "gevent", "relay.sandbox.wsgi:app")
        self.stores = {name: self._further_store(name) for name in plan.stores}
        self.workers = [self.new_worker() for _ in range(plan.workers)]
        self.workers += [self.new_worker("--store", name) for name in plan.stores]
        self.relay, self.sandbox = Relay(self.url), Sandbox(self.gong_url)

    def start(self) -> None:
        """Start everything and wait until the web and the sandbox answer."""
        urls = {name: store.url for name, store in self.stores.items()}
        config = configuration(self.plan.accounts, self.gong_url, urls)
        (self.folder / "relay.yaml").write_text(merge_config(config, self.plan.config))
        for store in (self.store, *self.stores.values()):
            store.start()
        for process in (self.gong, self.web, *self.workers):
            process.start()
        self.await_gong()
        self.await_web()

    def await_web(self) -> None:
        eventually(
            lambda: self._answers(self.web, f"{self.url}/livez"), within=_START_SECONDS, what="the web"
        )

    def await_gong(self) -> None:
        url = f"{self.gong_url}/__sandbox/metrics"
        eventually(lambda: self._answers(self.gong, url), within=_START_SECONDS, what="the sandbox")

    def new_worker(self, *options: str) -> Process:
        """Return a worker that is not started yet. It is stopped with the stack if it is in `workers`."""
        return self._process("worker", "-m", "workers", *options)

    def stop(self) -> None:
        """Stop every process, whatever its state."""
        for process in (*self.workers, self.web, self.gong):
            process.stop()
        for store in (self.store, *self.stores.values()):
            store.stop()
        self.relay.close()
        self.sandbox.close()

    def tails(self) -> str:
        """Return the last lines of all logs."""
        logs = [self.folder / "log", *sorted(self.folder.glob("*.log"))]
        return "\n".join(filter(None, map(tail, logs)))

    def _further_store(self, name: str) -> Valkey:
        folder = self.folder / name
        folder.mkdir()
        return Valkey(folder, DURABLE | dict(self.plan.store))

    def _answers(self, process: Process, url: str) -> bool:
        assert process.running, tail(process.log)
        try:
            return requests.get(url, timeout=2).ok
        except requests.RequestException as error:
            raise AssertionError(str(error)) from error

    def _gunicorn(self, name: str, url: str, *options: str) -> Process:
        bind = url.removeprefix("http://")
        return self._process(name, "-m", "gunicorn", "--bind", bind, "--workers", "1", *options)

    def _process(self, name: str, *arguments: str) -> Process:
        return Process([sys.executable, *arguments], self.environ(), self.folder / f"{name}.log")

    def environ(self) -> dict[str, str]:
        """Return the environment of the relay's processes."""
        inherited = {name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ}
        urls = [self.gong_url, *(account.base_url for account in self.plan.accounts if account.base_url)]
        ours = {
            "PYTHONUNBUFFERED": "1",
            "RELAY_ADMIN_KEY": ADMIN_KEY,
            "RELAY_ALLOW_GONG_HOSTS": ",".join(sorted({urlsplit(url).netloc for url in urls})),
            "RELAY_PUBLIC_URL": self.url,
            "RELAY_SECRET_KEYS": SECRET_KEY,
            "RELAY_CONFIG": str(self.folder / "relay.yaml"),
            "RELAY_REDIS_URL": self.store.url,
        }
        sandbox = {f"SANDBOX_{name.upper()}": value for name, value in self.plan.gong.items()}
        return inherited | ours | dict(self.plan.settings) | sandbox


@contextmanager
def running(
    plan: Plan, *, went_well: Callable[[], bool] = lambda: True, show: Callable[[str], None] = print
) -> Iterator[Stack]:
    """Run a stack. If the block raises or `went_well` returns False, the ends of its logs are shown and its folder is kept."""
    folder = Path(tempfile.mkdtemp(prefix="rs"))  # short: a unix socket's path may hold 107 bytes
    stack = Stack(folder, plan)
    well = False
    try:
        stack.start()
        yield stack
        well = went_well()
    finally:
        stack.stop()
        if well:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            show(f"{stack.tails()}\nlogs and data are kept in {folder}")


Launch = Callable[[Plan], AbstractContextManager[Stack]]
"""Starts a stack, as `running` does."""
