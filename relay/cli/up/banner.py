"""What `up` tells when all of it runs: where to look, a first event to send, where the data lie, how to stop."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

# The id and the time are the shell's, so that every paste of the command is a new event.
_FIRST_EVENT = """\
curl -sS {url}/v1/events \\
  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
  -d '{{"id": "view-'"$(date +%s)-$$-${{RANDOM:-0}}"'", "type": "page_view",
       "occurred_at": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'",
       "content": {{"id": "pricing", "title": "Pricing", "url": "https://www.example.com/pricing"}},
       "person": {{"email": "ada@example.com", "name": "Ada Example"}}}}'"""


def first_event(url: str, key: str) -> str:
    """A command that sends one page view: paste it into a shell."""
    return _FIRST_EVENT.format(url=url, key=key)


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are. `dashboard` signs in once; `sandbox` is None where none runs."""

    relay: str
    dashboard: str
    sandbox: str | None
    data_dir: Path


def welcome(places: Places, *, key: str | None) -> str:
    """The text for the terminal. `key` is the quick start's, None where the configuration has no such source."""
    command = _command()
    told = [f"  Dashboard {places.dashboard}"]
    told.append(f"            signs you in once, within 15 minutes; `{command} dashboard` makes another link")
    told.append(f"  Relay     {places.relay}")
    if places.sandbox:
        told.append(f"  Sandbox   {places.sandbox}   a local Gong: shows each event as it arrives")
    told.append(f"  Data      {places.data_dir}/   logs in {places.data_dir}/log/")
    sending = (
        f"Send a first event:\n\n{first_event(places.relay, key)}"
        if key
        else f"Send events to {places.relay}/v1/events with the key of one of your sources."
    )
    looking = f"Look at it from another terminal:\n\n  {command} status\n  {command} events"
    return "\n".join(["", *told, "", sending, "", looking, "", "Ctrl-C stops all of it and loses nothing."])


def _command() -> str:
    """How to call this very command from where the operator stands."""
    own = Path(sys.argv[0]).absolute()
    here = Path.cwd()
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))
