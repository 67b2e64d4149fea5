"""The Lua scripts: one per transition, so that no crash can part what belongs together."""

from functools import cache
from importlib import resources
from typing import Any

from redis import Redis
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
    """Runs the scripts on one Redis, loading each on first use and after a restart of the server."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._digests: dict[str, str] = {}

    def run(self, name: str, *arguments: str | bytes | float) -> Any:
        """Run one script and return Redis's answer."""
        digest = self._digests.get(name)
        try:
            if digest is not None:
                return self._redis.evalsha(digest, 0, *arguments)
        except NoScriptError:
            pass
        self._digests[name] = str(self._redis.script_load(source_of(name)))
        return self._redis.evalsha(self._digests[name], 0, *arguments)
