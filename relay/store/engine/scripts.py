"""The Lua scripts: one per transition, so that no crash can part what belongs together."""

from collections import deque
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from hiredis import pack_command
from redis import Redis
from redis.connection import ConnectionInterface
from redis.exceptions import NoScriptError

from relay.core.errors import Unavailable
from relay.store.engine import keys
from relay.store.engine.connection import RETRYABLE_ERRORS

_OF_REPLAYS = ("start", "backlog", "send", "skip", "settle", "cancel")
_FIRST = ("clock", "clusters", "series", "person_index")
_INCLUDED = {"lease_events": ("shared", "pacing"), "sweep": ("shared", "pacing")} | {
    f"replays_{step}": ("shared", "replays") for step in _OF_REPLAYS
}

_COPY_MILLISECONDS = 1000
"""Less than the web waits for one answer."""


def _text(name: str) -> str:
    return resources.files("relay.store").joinpath("lua", f"{name}.lua").read_text("utf-8")


@cache
def script_source(name: str) -> str:
    """A script as Redis gets it: its shebang, the key names, what it includes, then itself."""
    shebang, _, body = _text(name).partition("\n")
    parts = [_text(part) for part in (*_FIRST, *_INCLUDED.get(name, ("shared",)))]
    return "\n".join([shebang, keys.as_lua(), *parts, body])


class Scripts:
    """Runs the scripts on one Redis, loading each on first use and after a restart of the server.

    Scripts run on connections kept aside for them: the client's own way through its pool, which looks into the socket
    and counts for telemetry at every loan, takes longer than all else that a script costs this process.
    """

    def __init__(self, redis: Redis, *, wait_replicas: int = 0) -> None:
        """`wait_replicas`: how many replicas must have what `run_copied` writes before it returns."""
        self._redis = redis
        self._wait_replicas = wait_replicas
        self._digests: dict[str, str] = {}
        self._idle: deque[ConnectionInterface] = deque()

    def run(self, name: str, *arguments: str | bytes | float, wait_for_replicas: bool = False) -> Any:
        """Run one script and return Redis's answer.

        With `wait_for_replicas` and replicas to wait for, Unavailable when too few have in time what it wrote (it stays written).
        """
        digest = self._digests.get(name) or self._load(name)
        replicas = self._wait_replicas if wait_for_replicas else 0
        try:
            return self._evaluate(digest, arguments, replicas)
        except NoScriptError:
            return self._evaluate(self._load(name), arguments, replicas)

    def _load(self, name: str) -> str:
        digest = self._digests[name] = str(self._redis.script_load(script_source(name)))
        return digest

    def _evaluate(self, digest: str, arguments: Sequence[str | bytes | float], replicas: int) -> Any:
        connection = self._lend()
        try:
            try:
                answer = _exchange(connection, digest, arguments)
            except RETRYABLE_ERRORS:
                connection.disconnect()  # type: ignore[no-untyped-call]
                answer = _exchange(connection, digest, arguments)
            if replicas:
                _await_copies(connection, replicas)
        finally:
            self._idle.append(connection)
        return answer

    def _lend(self) -> ConnectionInterface:
        try:
            return self._idle.pop()
        except IndexError:
            return self._redis.connection_pool.get_connection()


def _exchange(connection: ConnectionInterface, digest: str, arguments: Sequence[str | bytes | float]) -> Any:
    """Send and receive. A connection that failed has closed itself, and opens again for the next."""
    packed = pack_command(("EVALSHA", digest, 0, *arguments))  # type: ignore[arg-type]  # its stub names a 1-tuple
    connection.send_packed_command([packed])  # type: ignore[no-untyped-call]
    return connection.read_response()


def _await_copies(connection: ConnectionInterface, replicas: int) -> None:
    """Return once so many replicas have all that is written so far.

    WAIT counts from this connection's last write, and a repeated receipt writes nothing: so something is written.
    """
    connection.send_command("SET", keys.REPLICATION_MARKER, 1)  # type: ignore[no-untyped-call]
    connection.send_command("WAIT", replicas, _COPY_MILLISECONDS)  # type: ignore[no-untyped-call]
    connection.read_response()
    if connection.read_response() < replicas:
        text = "Too few replicas of the store have it yet. Send it again: what is kept already is recognized."
        raise Unavailable("store_not_replicated", text, retry_after=2)
