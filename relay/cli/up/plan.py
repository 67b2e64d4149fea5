"""What `up` runs, in which order, and when each part counts as running."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import click

from relay.cli.commands.servers import bind_options, sandbox_command, web_command, worker_command
from relay.cli.up.data_dir import DataDir
from relay.cli.up.readiness import answers, is_free
from relay.cli.up.redis_server import is_ready, retire, server_command, socket_path
from relay.cli.up.supervisor import Child, Crew, last_lines

_START_SECONDS = 60.0
_LOAD_SECONDS = 900.0  # a large append-only file is read from its beginning
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run, as the command line says."""

    host: str
    port: int
    sandbox: bool
    sandbox_port: int
    workers: int

    @property
    def relay_url(self) -> str:
        return f"http://{self.shown_host}:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def shown_host(self) -> str:
        return "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 - compared, not listened on


@dataclass(frozen=True, slots=True)
class Stopping:
    """The signals that came so far, and the lock that children inherit."""

    signals: list[int]
    lock: int

    def asked(self) -> bool:
        return bool(self.signals)

    def hurried(self) -> bool:
        return len(self.signals) > 1


def check_ports(plan: Plan) -> None:
    if not is_free(plan.host, plan.port):
        raise click.ClickException(f"Port {plan.port} of {plan.host} is in use: choose another with --port.")
    if plan.sandbox and not is_free("127.0.0.1", plan.sandbox_port):
        text = f"Port {plan.sandbox_port} is in use: choose another with --sandbox-port, or --no-sandbox."
        raise click.ClickException(text)


def start(plan: Plan, data: DataDir, crew: Crew, program: str | None, stopping: Stopping) -> None:
    """Start the children. What is started first is stopped last."""
    if program is not None:
        path = socket_path(data.server)
        retire(path)
        command = server_command(program, data.server, path)
        crew.start(Child("valkey", command, data.log("valkey"), stop_seconds=20))
        _await(lambda: is_ready(path), crew, stopping, seconds=_LOAD_SECONDS)
    if plan.sandbox:
        command = sandbox_command("127.0.0.1", plan.sandbox_port)
        crew.start(Child("sandbox", command, data.log("sandbox"), stop_seconds=5))
    names = ["worker"] if plan.workers == 1 else [f"worker-{number + 1}" for number in range(plan.workers)]
    crew.start(*(Child(name, worker_command(), data.log(name), stop_seconds=30) for name in names))
    # A browser keeps idle connections open; Ctrl-C should not wait for those.
    listening = bind_options(plan.host, plan.port, crew.environ)
    command = web_command(*listening, "--keep-alive", "2", "--graceful-timeout", "5")
    crew.start(Child("web", command, data.log("web"), stop_seconds=10))
    _await(lambda: _all_answer(plan), crew, stopping, seconds=_START_SECONDS)


def _all_answer(plan: Plan) -> bool:
    sandbox = not plan.sandbox or answers("127.0.0.1", plan.sandbox_port, "/")
    return sandbox and answers(plan.shown_host, plan.port, "/readyz")


def _await(ready: Callable[[], bool], crew: Crew, stopping: Stopping, *, seconds: float) -> None:
    """Return once it is ready. A child that ends before is not started again: what is wrong there will not pass."""
    deadline = time.monotonic() + seconds
    while not ready():
        if stopping.asked():
            raise click.Abort
        child = crew.ended()
        if child:
            raise click.ClickException(
                f"{child.name} did not start. The end of {child.log}:\n\n{last_lines(child.log)}"
            )
        if time.monotonic() > deadline:
            raise click.ClickException(
                f"Not ready after {seconds:.0f} s. The logs beside {crew.newest().log} say why."
            )
        time.sleep(_LOOK_SECONDS)
