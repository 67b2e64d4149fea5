"""Where each page of the dashboard is found on the staged relay."""

from collections.abc import Callable, Mapping

from tests.harness.stack import Stack


def _event(status: str) -> Callable[[Stack], str]:
    return lambda stack: f"/ops/events/{stack.relay.get('/v1/events', status=status)['events'][0]['id']}"


def _cluster(stack: Stack) -> str:
    return f"/ops/dead-letters/{stack.relay.get('/v1/dead-letters')['clusters'][0]['cluster']}"


PAGES: Mapping[str, str | Callable[[Stack], str]] = {
    "overview": "/ops/",
    "destinations": "/ops/destinations",
    "destination": "/ops/destinations/initech",
    "sources": "/ops/sources",
    "source": "/ops/sources/content-hub",
    "events": "/ops/events",
    "event": _event("delivered"),
    "dead-event": _event("dead"),
    "dead-letters": "/ops/dead-letters",
    "cluster": _cluster,
    "replays": "/ops/replays",
    "audit": "/ops/audit",
    "erasures": "/ops/erasures",
}
"""Every page by its name: a path, or how to find one."""


def place(stack: Stack, name: str) -> str:
    found = PAGES[name]
    return found if isinstance(found, str) else found(stack)
