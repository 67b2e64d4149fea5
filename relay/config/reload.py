"""Reload the configuration when its file changes. While the file is invalid, the last valid configuration stays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from relay.config.load import read_config_file
from relay.config.server_state import SharedState
from relay.core.config import Config
from relay.core.errors import Problem
from relay.log import log_event
from relay.settings import StartupError

_FILE = "_FILE"


@dataclass(frozen=True, slots=True)
class RejectedConfig:
    """The problems of the current file, and when they were found."""

    since: datetime
    problems: tuple[Problem, ...]


class ConfigFile:
    """The configuration file, and the files of secrets that it may refer to.

    `read` parses the file's text into a configuration or raises StartupError. `shared` is the state of a web server's
    processes, None in a worker. A web server keeps the stores that it started with.
    """

    def __init__(
        self,
        path: Path | str,
        read: Callable[[str], Config],
        *,
        environ: Mapping[str, str],
        now: Callable[[], datetime],
        shared: SharedState | None = None,
    ) -> None:
        self.rejection: RejectedConfig | None = None
        self._path = Path(path)
        self._read = read
        self._now = now
        self._shared = shared
        secrets = sorted(value for name, value in environ.items() if name.endswith(_FILE) and value)
        self._watched = (self._path, *map(Path, secrets))
        self._stamps = self._read_stamps()
        self._serving: Config | None = None

    def load(self) -> Config:
        """Return the configuration to start with.

        If the file is invalid, a replacement process starts with the last valid configuration of its server: it must
        not take the server down. Without one, raises StartupError.
        """
        try:
            self._serving = self._load_file()
        except StartupError as error:
            saved = self._shared.saved_config() if self._shared else None
            if saved is None:
                raise
            self._reject(error)
            self._serving = self._read(saved)
        return self._serving

    def reload(self, *, force: bool = False) -> Config | None:
        """Return the new configuration if the file has changed and is valid, else None. `force` reads it in any case."""
        stamps = self._read_stamps()
        if stamps == self._stamps and not force:
            return None
        self._stamps = stamps
        try:
            config = self._load_file()
        except StartupError as error:
            self._reject(error)
            return None
        self.rejection, self._serving = None, config
        log_event("config.loaded", name=str(self._path))
        return config

    def _load_file(self) -> Config:
        text = read_config_file(self._path)
        config = self._read(text)
        if self._shared and self._serving and self._serving.stores != config.stores:
            raise StartupError(
                [Problem("stores", "invalid", "have changed: restart the web server and the workers")]
            )
        if self._shared:
            self._shared.save_config(text)
        return config

    def _reject(self, error: StartupError) -> None:
        self.rejection = RejectedConfig(self._now(), error.problems)
        log_event("config.rejected", level="error", name=str(self._path), error=str(error))

    def _read_stamps(self) -> tuple[tuple[int, int, int] | None, ...]:
        """Return values that change whenever any of the files changes."""
        return tuple(map(_stamp, self._watched))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    # Kubernetes replaces a mounted file by pointing a symbolic link elsewhere: the inode changes.
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
