"""What `up` starts, in which order, and when each part counts as ready."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import click

from relay.cli.commands.servers import bind_options, sandbox_command, web_command, worker_command
from relay.cli.up.append_only_file import trim_zeros
from relay.cli.up.data_dir import DataDir
from relay.cli.up.readiness import is_free, responds
from relay.cli.up.redis_server import is_ready, server_command, socket_path, stop_leftover_server
from relay.cli.up.server_log import explain_end
from relay.cli.up.supervisor import Child, Supervisor, last_lines
from relay.settings import Settings

_START_SECONDS = 60.0
_LOAD_SECONDS = 900.0
"""How long the Redis server may load its data: it reads a large append-only file from the beginning."""
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The options of `up`."""

    host: str
    port: int
    sandbox: bool
    sandbox_port: int
    workers: int
    memory: int
    """The `maxmemory` of the embedded server, in megabytes."""

    @property
    def relay_url(self) -> str:
        return f"http://{self.local_host}:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def local_host(self) -> str:
        """The host at which this machine reaches the relay."""
        return "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 - compared, not listened on


@dataclass(frozen=True, slots=True)
class StopSignals:
    """The signals received so far, and the lock that children inherit."""

    signals: list[int]
    lock: int

    def is_stopping(self) -> bool:
        """True after the first signal."""
        return bool(self.signals)

    def is_hurried(self) -> bool:
        """True after the second signal: children are given a second to end."""
        return len(self.signals) > 1


def check_ports(plan: Plan) -> None:
    """Check that the ports are free. Raises ClickException."""
    if not is_free(plan.host, plan.port):
        raise click.ClickException(
            f"Port {plan.port} on {plan.host} is in use. Choose another one with --port."
        )
    if plan.sandbox and not is_free("127.0.0.1", plan.sandbox_port):
        text = f"Port {plan.sandbox_port} is in use. Choose another one with --sandbox-port, or use --no-sandbox."
        raise click.ClickException(text)


def start(plan: Plan, data: DataDir, supervisor: Supervisor, program: str | None, stop: StopSignals) -> None:
    """Start the children, and wait until they are ready. They stop in the opposite order.

    `program` is the embedded Redis server's; None to start none. Raises ClickException if a child does not start, and
    Abort if a signal arrives first.
    """
    if program is not None:
        path = socket_path(data.server)
        stop_leftover_server(path)
        trimmed = trim_zeros(data.server)
        if trimmed:
            supervisor.say(f"Removed {trimmed[1]} unwritten (zero) bytes at the end of {trimmed[0]}.")
        command = server_command(program, data.server, path, megabytes=plan.memory)
        supervisor.start(_server_child(data, command))
        _wait_until(lambda: is_ready(path), supervisor, stop, seconds=_LOAD_SECONDS)
    if plan.sandbox:
        command = sandbox_command("127.0.0.1", plan.sandbox_port)
        log = data.log("sandbox")
        supervisor.start(Child(name="sandbox", command=command, log=log, stop_seconds=5, serves_others=True))
    names = ["worker"] if plan.workers == 1 else [f"worker-{number + 1}" for number in range(plan.workers)]
    # A worker exits by itself within its grace period; killing it is for one that cannot.
    grace = Settings.from_env(supervisor.environ).worker_grace_seconds + 5
    supervisor.start(
        *(
            Child(name=name, command=worker_command(), log=data.log(name), stop_seconds=grace)
            for name in names
        )
    )
    # A browser keeps idle connections open. Ctrl-C should not wait for them.
    bind = bind_options(plan.host, plan.port, supervisor.environ)
    command = web_command(*bind, "--keep-alive", "2", "--graceful-timeout", "5")
    supervisor.start(Child(name="web", command=command, log=data.log("web"), stop_seconds=10))
    _wait_until(lambda: _servers_respond(plan), supervisor, stop, seconds=_START_SECONDS)


def _server_child(data: DataDir, command: tuple[str, ...]) -> Child:
    log = data.log("valkey")
    return Child(
        name="valkey",
        command=command,
        log=log,
        stop_seconds=20,
        # Without the store, the workers of a killed `up` could not return their events.
        serves_others=True,
        explain_end=lambda: explain_end(log, data.server, command[0]),
    )


def _servers_respond(plan: Plan) -> bool:
    if plan.sandbox and not responds("127.0.0.1", plan.sandbox_port, "/"):
        return False
    return responds(plan.local_host, plan.port, "/readyz")


def _wait_until(
    is_done: Callable[[], bool], supervisor: Supervisor, stop: StopSignals, *, seconds: float
) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        if stop.is_stopping():
            raise click.Abort
        child = supervisor.find_ended()
        # A child that ends before it was ever ready is not restarted: its error would only repeat.
        if child:
            text = f"{child.name} did not start. The end of {child.log}:\n\n{last_lines(child.log)}"
            explanation = child.explain_end()
            raise click.ClickException(f"{text}\n\n{explanation}" if explanation else text)
        if time.monotonic() > deadline:
            folder = supervisor.newest().log.parent
            raise click.ClickException(f"Not ready after {seconds:.0f} s. See the logs in {folder}.")
        time.sleep(_POLL_SECONDS)
