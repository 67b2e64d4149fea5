"""Which process reads which `${NAME}` of the configuration file."""

import re
from collections.abc import Mapping
from typing import TypeVar

from relay.core.secret import Process, WithheldSecret

Value = TypeVar("Value")

_READERS: Mapping[str, Process] = {
    "destinations.*.auth.basic.access_key": Process.WORKER,
    "destinations.*.auth.basic.access_key_secret": Process.WORKER,
    "oauth.client_secret": Process.WORKER,
    "oauth.client_secret_next": Process.WORKER,
    "alerts.receivers.*.url": Process.WORKER,
    "alerts.receivers.*.secret": Process.WORKER,
    "alerts.heartbeat.url": Process.WORKER,
    "sources.*.keys": Process.WEB,
    "sources.*.verify.secrets": Process.WEB,
    "operators.*.keys": Process.WEB,
}
"""Secrets that one kind of process uses. All processes read everything else, such as the URLs of stores."""

_PATTERNS = [
    (re.compile(re.escape(path).replace(r"\*", r"[^.\[]+") + r"(?:\[.*)?"), process)
    for path, process in _READERS.items()
]


def find_reader(path: str) -> Process | None:
    """Return the process that uses the value at a path such as `sources.web.keys[0]`; None if every process does."""
    return next((process for pattern, process in _PATTERNS if pattern.fullmatch(path)), None)


def withholds(process: Process, path: str) -> bool:
    """True if `process` must not read the value at this path of the file."""
    reader = find_reader(path)
    return process is not Process.ALL and reader is not None and reader is not process


def keep_or_withhold(process: Process, path: str, value: Value) -> Value | WithheldSecret:
    """Return a value that was read from `path`, or a placeholder if `process` does not use it."""
    return WithheldSecret(path) if withholds(process, path) else value
