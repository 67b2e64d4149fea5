"""The Lua scripts: one per state transition, so that a crash never leaves a transition half done."""

import re
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
from relay.store.engine.deadline import time_left
from relay.store.engine.redis_time import SECOND, uptime

_REPLAY_STEPS = ("start", "backlog", "send", "skip", "settle", "cancel")
_PRELUDE = ("clock", "clusters", "series", "source_usage", "person_index")
_INCLUDED = {
    "lease_events": ("shared", "pacing", "source_shares"),
    "make_room": ("shared", "prune"),
    "purge": ("shared", "prune"),
    "sweep": ("shared", "prune", "pacing"),
} | {f"replays_{step}": ("shared", "replays") for step in _REPLAY_STEPS}

_KEY = re.compile(r"\bK\.([A-Z_]+)\b")

_REPLICA_WAIT_SECONDS = 1.1
"""Less than the web's timeout for one response. A tenth of it is for the response's way back."""


def _text(name: str) -> str:
    return resources.files("relay.store").joinpath("lua", f"{name}.lua").read_text("utf-8")


@cache
def script_source(name: str) -> str:
    """Return the source that is sent to Redis: the shebang, the included files, then the script.

    Each `K.NAME` is replaced by the key of that name in `relay.store.engine.keys`.
    """
    # Redis accepts a shebang only in the first line.
    shebang, _, body = _text(name).partition("\n")
    parts = [_text(part) for part in (*_PRELUDE, *_INCLUDED.get(name, ("shared",)))]
    # Literals, because a table of all names would be built again in every call.
    return _KEY.sub(lambda match: f"'{getattr(keys, match[1])}'", "\n".join([shebang, *parts, body]))


class Scripts:
    """Runs the scripts on one Redis server. Loads each on first use, and again after a restart of the server."""

    def __init__(self, redis: Redis, *, wait_replicas: int = 0) -> None:
        """`wait_replicas`: how many replicas must confirm a write before `run(…, wait_for_replicas=True)` returns."""
        self._redis = redis
        self._wait_replicas = wait_replicas
        self._digests: dict[str, str] = {}
        self._ran_at: float | None = None
        # Scripts have their own idle connections. The client's pool polls the socket and records telemetry for every
        # command, which takes longer than all the rest that a script costs this process.
        self._idle: deque[ConnectionInterface] = deque()

    def run(self, name: str, *arguments: str | bytes | float, wait_for_replicas: bool = False) -> Any:
        """Run one script and return its result.

        With `wait_for_replicas`, raises Unavailable if too few replicas confirm the write in time. The write stays.
        """
        digest = self._digests.get(name) or self._load(name)
        replicas = self._wait_replicas if wait_for_replicas else 0
        try:
            return self._evaluate(digest, arguments, replicas)
        except NoScriptError:  # the server was restarted or its script cache was flushed
            return self._evaluate(self._load(name), arguments, replicas)

    def _load(self, name: str) -> str:
        digest = self._digests[name] = str(self._redis.script_load(script_source(name)))
        return digest

    def _evaluate(self, digest: str, arguments: Sequence[str | bytes | float], replicas: int) -> Any:
        connection = self._take_connection()
        try:
            try:
                answer = self._exchange(connection, digest, arguments)
            # The script may have run before the connection broke. Every script can be repeated.
            except RETRYABLE_ERRORS:
                connection.disconnect()  # type: ignore[no-untyped-call]
                answer = self._exchange(connection, digest, arguments)
            if replicas:
                _wait_for_replicas(connection, replicas)
        finally:
            # Also after an error: a connection that failed is closed, and opens again on its next use.
            self._idle.append(connection)
        return answer

    def _exchange(
        self, connection: ConnectionInterface, digest: str, arguments: Sequence[str | bytes | float]
    ) -> Any:
        """Run the script with this digest, and return its result."""
        sent_at = uptime()
        # By this duration the script recognizes a step of the server's clock.
        since_last_run = "" if self._ran_at is None else int((sent_at - self._ran_at) * SECOND)
        packed = pack_command(("EVALSHA", digest, 0, *arguments, since_last_run))  # type: ignore[arg-type]  # its stub names a 1-tuple
        try:
            connection.send_packed_command([packed])  # type: ignore[no-untyped-call]
            answer = connection.read_response()
        except BaseException:
            # After a failure this may be another server, or the same one with older data.
            self._ran_at = None
            raise
        # Other threads' scripts may be under way. Theirs may have been sent later; then this duration is a little too long.
        self._ran_at = sent_at
        return answer

    def _take_connection(self) -> ConnectionInterface:
        try:
            return self._idle.pop()
        except IndexError:
            return self._redis.connection_pool.get_connection()


def _wait_for_replicas(connection: ConnectionInterface, replicas: int) -> None:
    """Return when `replicas` replicas have everything that was written so far. Raises Unavailable if too few do in time."""
    # WAIT waits for the last write of this connection, and a repeated receipt writes nothing. So write something.
    connection.send_command("SET", keys.REPLICATION_MARKER, 1)  # type: ignore[no-untyped-call]
    milliseconds = max(1, int(time_left(_REPLICA_WAIT_SECONDS) * 900))
    connection.send_command("WAIT", replicas, milliseconds)  # type: ignore[no-untyped-call]
    connection.read_response()
    if connection.read_response() < replicas:
        text = "Too few replicas have stored the request yet. It is safe to send the request again."
        raise Unavailable("store_not_replicated", text, retry_after=2)


def take_turn(scripts: Scripts, lock: str, *, seconds: float) -> bool:
    """Take a lock for that time; False if another worker has it. It ends by itself, so a worker that dies blocks it no longer."""
    return bool(scripts.run("take_turn", lock, int(seconds * SECOND)))
