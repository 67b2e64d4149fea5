"""The commands that become a long-running process: `web`, `worker`, `sandbox`."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence

import click

from relay.cli.options import current_options, with_shared_options
from relay.config.server_state import bind_addresses

_GUNICORN = (sys.executable, "-m", "gunicorn")


def web_command(*options: str) -> tuple[str, ...]:
    """Return the command line of the web server. `options` override those of `relay.gunicorn_conf`."""
    return (*_GUNICORN, "--config", "python:relay.gunicorn_conf", *options)


def bind_options(host: str, port: int, environ: Mapping[str, str]) -> list[str]:
    """Return the options that set the web's bind_addresses. Raises ClickException if two of them are the same port."""
    bound = bind_addresses(host, port, environ)
    if len(set(bound)) < len(bound):
        text = f"Port {port} is also RELAY_OPERATIONS_PORT. Set that to another port, or to 0 to use one port for all."
        raise click.ClickException(text)
    return [option for address in bound for option in ("--bind", address)]


def worker_command(*options: str) -> tuple[str, ...]:
    """Return the command line of one worker."""
    return (sys.executable, "-m", "workers", *options)


def sandbox_command(host: str, port: int) -> tuple[str, ...]:
    """Return the command line of the sandbox. It is one process, because its state is in memory."""
    options = ("--workers", "1", "--worker-class", "gevent", "--no-control-socket", "--log-level", "warning")
    return (*_GUNICORN, *options, "--bind", f"{host}:{port}", "relay.sandbox.wsgi:app")


@click.command(epilog="Example: gong-relay web --port 8080")
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104 - a server listens on all interfaces
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8080,
    show_default=True,
    envvar="PORT",
    show_envvar=True,
    help="Port to listen on.",
)
@with_shared_options
def web(host: str, port: int) -> None:
    """Run the web server, which receives events and serves the dashboard. WEB_CONCURRENCY sets its number of processes.

    RELAY_OPERATIONS_PORT moves the dashboard, the operator API and the metrics to a separate port.

    Exit status: that of gunicorn, or 2 usage error.
    """
    environ = current_options().environ()
    _replace_process(web_command(*bind_options(host, port, environ)), environ)


@click.command(epilog="Example: gong-relay worker --threads 64")
@click.option(
    "--threads",
    type=click.IntRange(1, 2048),
    help="Maximum number of calls in flight (default: $RELAY_WORKER_THREADS).",
)
@click.option(
    "--store", metavar="NAME", help="Send the events of this store (default: the store of $RELAY_REDIS_URL)."
)
@with_shared_options
def worker(threads: int | None, store: str | None) -> None:
    """Run one worker, which sends the events of one store to Gong.

    Exit status: 0 after a clean stop, 1 if the settings or the configuration are invalid, 2 usage error.
    """
    environ = current_options().environ()
    if threads:
        environ |= {"RELAY_WORKER_THREADS": str(threads)}
    options = ("--store", store) if store else ()
    _replace_process(worker_command(*options), environ)


@click.command(epilog="Example: gong-relay sandbox --fidelity strict --latency 0.2")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8090, show_default=True, help="Port to listen on."
)
@click.option(
    "--fidelity",
    type=click.Choice(["schema", "documented", "strict"]),
    help="How strictly request bodies are checked.",
)
@click.option("--latency", type=click.FloatRange(0), help="Delay of every response, in seconds.")
@click.option(
    "--journal", type=click.Path(dir_okay=False), help="File that keeps received events across restarts."
)
@with_shared_options
def sandbox(
    *, host: str, port: int, fidelity: str | None, latency: float | None, journal: str | None
) -> None:
    """Run the sandbox, a local stand-in for Gong. SANDBOX_* variables set everything else.

    Exit status: that of gunicorn, or 2 usage error.
    """
    options = {"SANDBOX_FIDELITY": fidelity, "SANDBOX_LATENCY_SECONDS": latency, "SANDBOX_JOURNAL": journal}
    environ = current_options().environ()
    environ |= {name: str(value) for name, value in options.items() if value is not None}
    _replace_process(sandbox_command(host, port), environ)


def _replace_process(command: Sequence[str], environ: Mapping[str, str]) -> None:
    # An ignored signal stays ignored across exec. The server handles SIGHUP once it has started.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Not a child process: signals must reach the server itself.
    os.execve(command[0], [*command], {**environ})  # noqa: S606 - our own command, without a shell
