"""Which process reads which secrets, and what stands for a secret that a process does not read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, TypeVar

Value = TypeVar("Value")


class Process(StrEnum):
    """A kind of process. Each reads only the secrets that it uses."""

    WEB = "web"
    WORKER = "worker"
    COMMAND = "command"
    """An operator's command, such as `gong-relay status`. It runs beside either of the two, with their environment."""
    ALL = "all"
    """`gong-relay check` and `gong-relay up`, which read every secret."""


class SecretWithheldError(Exception):
    """Code reads a secret that its process does not have: a mistake in the relay, never in the configuration."""


@dataclass(frozen=True, slots=True)
class WithheldSecret:
    """Stands for a secret that this process does not read. `path` is its setting, or its place in the file."""

    path: str

    def __str__(self) -> str:
        # A placeholder that turned into text could be sent somewhere as a password.
        raise self._error()

    def __format__(self, _: str) -> str:
        raise self._error()

    def __bool__(self) -> bool:
        """True, as for a secret that is set: checks ask only whether the configuration has one."""
        return True

    def fail(self) -> NoReturn:
        raise self._error()

    def _error(self) -> SecretWithheldError:
        return SecretWithheldError(f"{self.path} is a secret of other processes; this one does not have it")


def reveal(secret: Value | WithheldSecret) -> Value:
    """Return a secret's value. Raises SecretWithheldError if this process does not have it."""
    if isinstance(secret, WithheldSecret):
        secret.fail()
    return secret
