"""The Lua scripts: one per transition, so that no crash can part what belongs together."""

from collections import deque
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from redis import Redis
from redis.connection import ConnectionInterface
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

from relay.store import keys

_INCLUDED = {"take": ("shared", "pace"), "sweep": ("shared", "pace")}


def _text(name: str) -> str:
    return resources.files("relay.store").joinpath("lua", f"{name}.lua").read_text("utf-8")


@cache
def source_of(name: str) -> str:
    """A script as Redis gets it: its shebang, the key names, what it includes, then itself."""
    shebang, _, body = _text(name).partition("\n")
    parts = [_text(part) for part in _INCLUDED.get(name, ("shared",))]
    return "\n".join([shebang, keys.as_lua(), *parts, body])


class Scripts:
    """Runs the scripts on one Redis, loading each on first use and after a restart of the server.

    Scripts run on connections kept aside for them: the client's own way through its pool, which looks into the socket
    and counts for telemetry at every loan, takes longer than all else that a script costs this process.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._digests: dict[str, str] = {}
        self._idle: deque[ConnectionInterface] = deque()

    def run(self, name: str, *arguments: str | bytes | float) -> Any:
        """Run one script and return Redis's answer."""
        digest = self._digests.get(name) or self._load(name)
        try:
            return self._evaluate(digest, arguments)
        except NoScriptError:
            return self._evaluate(self._load(name), arguments)

    def _load(self, name: str) -> str:
        digest = self._digests[name] = str(self._redis.script_load(source_of(name)))
        return digest

    def _evaluate(self, digest: str, arguments: Sequence[str | bytes | float]) -> Any:
        connection = self._lend()
        try:
            try:
                return _exchange(connection, digest, arguments)
            except RedisConnectionError:
                # Idle sockets die with a restarted server, and every script may be repeated.
                return _exchange(connection, digest, arguments)
        finally:
            self._idle.append(connection)

    def _lend(self) -> ConnectionInterface:
        try:
            return self._idle.pop()
        except IndexError:
            return self._redis.connection_pool.get_connection()


def _exchange(connection: ConnectionInterface, digest: str, arguments: Sequence[str | bytes | float]) -> Any:
    """Send and receive. A connection that failed has closed itself, and opens again for the next."""
    connection.send_command("EVALSHA", digest, 0, *arguments)  # type: ignore[no-untyped-call]
    return connection.read_response()
