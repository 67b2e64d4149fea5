"""The commands that become one long-running process: `web`, `worker`, `sandbox`."""

import os
import sys
from collections.abc import Mapping, Sequence

import click

from relay.cli.options import current_options, with_shared_options
from relay.config.server_state import bind_addresses

_GUNICORN = (sys.executable, "-m", "gunicorn")


def web_command(*options: str) -> tuple[str, ...]:
    """What runs the web. The options win over those of `relay.gunicorn_conf`."""
    return (*_GUNICORN, "--config", "python:relay.gunicorn_conf", *options)


def bind_options(host: str, port: int, environ: Mapping[str, str]) -> list[str]:
    """The web's options that say where it listens. Two names for one port are a mistake."""
    found = bind_addresses(host, port, environ)
    if len(set(found)) < len(found):
        text = f"Port {port} is RELAY_OPERATIONS_PORT too: give partners and operators a port each, or unset that."
        raise click.ClickException(text)
    return [option for address in found for option in ("--bind", address)]


def worker_command(*options: str) -> tuple[str, ...]:
    """What runs one worker."""
    return (sys.executable, "-m", "workers", *options)


def sandbox_command(host: str, port: int) -> tuple[str, ...]:
    """What runs the sandbox: one process, for it holds all in memory."""
    options = ("--workers", "1", "--worker-class", "gevent", "--no-control-socket", "--log-level", "warning")
    return (*_GUNICORN, *options, "--bind", f"{host}:{port}", "relay.sandbox.wsgi:app")


@click.command(epilog="Example: gong-relay web --port 8080")
@click.option("--host", default="0.0.0.0", show_default=True, help="The address to listen on.")  # noqa: S104 - a server's work
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, show_default=True, envvar="PORT", show_envvar=True
)
@with_shared_options
def web(host: str, port: int) -> None:
    """Run the web: takes events in. WEB_CONCURRENCY sets its number of processes.

    RELAY_OPERATIONS_PORT gives pages, the operators' API and metrics a port of their own.
    """
    environ = current_options().environ()
    _become(web_command(*bind_options(host, port, environ)), environ)


@click.command(epilog="Example: gong-relay worker --threads 64")
@click.option(
    "--threads", type=click.IntRange(1, 2048), help="Calls in flight at most. Else RELAY_WORKER_THREADS."
)
@click.option(
    "--store", metavar="NAME", help="The store whose events it sends. Else the one of RELAY_REDIS_URL."
)
@with_shared_options
def worker(threads: int | None, store: str | None) -> None:
    """Run one worker: sends the events of one store to Gong."""
    environ = current_options().environ()
    options = ("--store", store) if store else ()
    command = worker_command(*options)
    _become(command, environ | {"RELAY_WORKER_THREADS": str(threads)} if threads else environ)


@click.command(epilog="Example: gong-relay sandbox --fidelity strict --latency 0.2")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8090, show_default=True)
@click.option(
    "--fidelity", type=click.Choice(["schema", "documented", "strict"]), help="How much it demands of a body."
)
@click.option("--latency", type=click.FloatRange(0), help="Seconds that every answer is held back.")
@click.option(
    "--journal", type=click.Path(dir_okay=False), help="A file that keeps its events across restarts."
)
@with_shared_options
def sandbox(
    *, host: str, port: int, fidelity: str | None, latency: float | None, journal: str | None
) -> None:
    """Run a local Gong to try things on. Every other switch of it is a SANDBOX_* variable."""
    told = {"SANDBOX_FIDELITY": fidelity, "SANDBOX_LATENCY_SECONDS": latency, "SANDBOX_JOURNAL": journal}
    environ = current_options().environ() | {
        name: str(value) for name, value in told.items() if value is not None
    }
    _become(sandbox_command(host, port), environ)


def _become(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Replace this process, so that signals reach the server itself."""
    os.execve(command[0], [*command], {**environ})  # noqa: S606 - our own command, without a shell
