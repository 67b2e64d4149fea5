"""Following the configuration file while the web serves: a good change is taken over, between two requests."""

import threading
import time
from collections.abc import Callable

from relay.config.reload import ConfigFile
from relay.core.config import Config
from relay.log import log_event

_EVERY_SECONDS = 2.0


def watch_config_file(file: ConfigFile, apply: Callable[[Config], None]) -> None:
    """Look at the file for as long as the process lives."""

    def look() -> None:
        while True:
            time.sleep(_EVERY_SECONDS)
            try:
                newer = file.reload()
            except Exception as error:  # noqa: BLE001 - whatever it is, what serves goes on serving
                log_event("config.unread", level="error", error=f"{type(error).__name__}: {error}")
                continue
            if newer is not None:
                apply(newer)

    threading.Thread(target=look, name="configuration", daemon=True).start()
