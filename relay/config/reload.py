"""The configuration that serves: read anew when its file changes, and kept as it was while the file is wrong."""

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
    """What is wrong with the file as it stands, and since when that is known."""

    since: datetime
    problems: tuple[Problem, ...]


class ConfigFile:
    """The file, and the files of secrets that it may draw on.

    `read` makes a configuration of its text or raises Misconfigured. `shared` is what the processes of one web server
    know of each other, where there are such: they keep the stores that they began with.
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
        self._path, self._read, self._now, self._shared = Path(path), read, now, shared
        secrets = sorted(value for name, value in environ.items() if name.endswith(_FILE) and value)
        self._watched = (self._path, *map(Path, secrets))
        self._seen = self._stamps()
        self._serving: Config | None = None

    def load(self) -> Config:
        """The configuration to start with.

        Where the file is wrong but has been good before in another process of this server, that one: a process that
        is put in another's place must not bring the server down. Else raises Misconfigured.
        """
        try:
            self._serving = self._loaded()
        except StartupError as error:
            kept = self._shared.saved_config() if self._shared else None
            if kept is None:
                raise
            self._refuse(error)
            self._serving = self._read(kept)
        return self._serving

    def reload(self, *, anyway: bool = False) -> Config | None:
        """The new configuration, when the file has changed and is good. With `anyway` changed or not."""
        stamps = self._stamps()
        if stamps == self._seen and not anyway:
            return None
        self._seen = stamps
        try:
            config = self._loaded()
        except StartupError as error:
            self._refuse(error)
            return None
        self.rejection, self._serving = None, config
        log_event("config.loaded", name=str(self._path))
        return config

    def _loaded(self) -> Config:
        text = read_config_file(self._path)
        config = self._read(text)
        if self._shared and self._serving and self._serving.stores != config.stores:
            raise StartupError([Problem("stores", "invalid", "have changed: restart web and workers")])
        if self._shared:
            self._shared.save_config(text)
        return config

    def _refuse(self, error: StartupError) -> None:
        self.rejection = RejectedConfig(self._now(), error.problems)
        log_event("config.rejected", level="error", name=str(self._path), error=str(error))

    def _stamps(self) -> tuple[tuple[int, int, int] | None, ...]:
        """What changes when a file does, a link to another file included, as Kubernetes swaps them."""
        return tuple(map(_stamp, self._watched))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
