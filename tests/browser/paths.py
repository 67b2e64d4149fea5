"""The path of each page of the dashboard on the staged relay."""

from collections.abc import Callable, Mapping

from tests.harness.stack import Stack


def _event_path(status: str) -> Callable[[Stack], str]:
    return lambda stack: f"/ops/events/{stack.relay.get('/v1/events', status=status)['events'][0]['id']}"


def _cluster_path(stack: Stack) -> str:
    return f"/ops/dead-letters/{stack.relay.get('/v1/dead-letters')['clusters'][0]['cluster']}"


PAGES: Mapping[str, str | Callable[[Stack], str]] = {
    "overview": "/ops/",
    "destinations": "/ops/destinations",
    "destination": "/ops/destinations/initech",
    "sources": "/ops/sources",
    "source": "/ops/sources/content-hub",
    "events": "/ops/events",
    "event": _event_path("delivered"),
    "dead-event": _event_path("dead"),
    "dead-letters": "/ops/dead-letters",
    "cluster": _cluster_path,
    "replays": "/ops/replays",
    "audit": "/ops/audit",
    "erasures": "/ops/erasures",
}
"""Every page by its name: its path, or a function that finds the path."""


def page_path(stack: Stack, name: str) -> str:
    path = PAGES[name]
    return path if isinstance(path, str) else path(stack)
