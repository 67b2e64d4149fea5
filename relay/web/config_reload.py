"""Reloads the configuration file in the web process."""

import threading
import time
from collections.abc import Callable

from relay.config.reload import ConfigFile
from relay.core.config import Config
from relay.log import log_crash

_INTERVAL_SECONDS = 2.0


def watch_config_file(file: ConfigFile, apply: Callable[[Config], None]) -> None:
    """Start a thread that passes each valid change of the file to `apply`, until the process exits."""

    def watch() -> None:
        while True:
            time.sleep(_INTERVAL_SECONDS)
            try:
                config = file.reload()
            except Exception as error:  # noqa: BLE001 - the current configuration must stay in use, whatever happens
                log_crash("config.check_failed", error)
                continue
            if config is not None:
                apply(config)

    # A daemon thread: it must not keep the process alive when the server stops.
    threading.Thread(target=watch, name="configuration", daemon=True).start()
