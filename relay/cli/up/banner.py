"""The text that `up` prints when everything runs: addresses, a first event to send, and how to stop."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from relay.cli.options import DEFAULT_DATA_DIR

# The shell fills in the id and the time, so that each paste of the command sends a new event.
_FIRST_EVENT = """\
curl -sS {url}/v1/events \\
  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
  -d '{{"id": "view-'"$(date +%s)-$$-${{RANDOM:-0}}"'", "type": "page_view",
       "occurred_at": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'",
       "content": {{"id": "pricing", "title": "Pricing", "url": "https://www.example.com/pricing"}},
       "person": {{"email": "ada@example.com", "name": "Ada Example"}}}}'"""


def first_event_command(url: str, key: str) -> str:
    """Return a shell command that sends one page view."""
    return _FIRST_EVENT.format(url=url, key=key)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of the relay are reached."""

    relay: str
    dashboard: str
    """A link that signs in once."""
    sandbox: str | None
    """None if the sandbox does not run."""
    data_dir: Path


def render_banner(addresses: Addresses, *, key: str | None) -> str:
    """Return the text for the terminal. `key` is that of the source `quickstart`; None if there is no such source."""
    command = _own_command(addresses.data_dir)
    lines = [f"  Dashboard {addresses.dashboard}"]
    lines.append(
        f"            signs you in once, within 15 minutes. Create another link with `{command} dashboard`"
    )
    lines.append(f"  Relay     {addresses.relay}")
    if addresses.sandbox:
        lines.append(
            f"  Sandbox   {addresses.sandbox}   a local stand-in for Gong that shows each event it receives"
        )
    lines.append(f"  Data      {addresses.data_dir}/   logs are in {addresses.data_dir}/log/")
    send = (
        f"Send a first event:\n\n{first_event_command(addresses.relay, key)}"
        if key
        else f"Send events to {addresses.relay}/v1/events with the key of one of your sources."
    )
    inspect = f"See what happened to it, in another terminal:\n\n  {command} status\n  {command} events"
    return "\n".join(
        ["", *lines, "", send, "", inspect, "", "Press Ctrl-C to stop. No accepted event is lost."]
    )


def _own_command(data_dir: Path) -> str:
    """Return this program's command for this data directory, in the form that works from the current directory."""
    own = Path(sys.argv[0]).absolute()
    here = Path.cwd()
    words = [str(own.relative_to(here) if own.is_relative_to(here) else own)]
    if data_dir != DEFAULT_DATA_DIR:
        words += ["--data-dir", str(data_dir)]
    return shlex.join(words)
