"""What every operator action needs. The web server and the CLI each provide one."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from relay.core.config import Config
from relay.ingest.accept_events import IngestContext
from relay.settings import Settings
from relay.store.destinations import DestinationDirectory
from relay.store.stores import Stores


class Context(Protocol):
    """Settings, configuration and stores of the process that runs an action.

    The members are read-only, so that the CLI can open each of them on first use.
    """

    @property
    def settings(self) -> Settings: ...

    @property
    def config(self) -> Config:
        """The configuration file. Raises StartupError in the CLI, which reads the file on first use."""

    @property
    def destinations(self) -> DestinationDirectory: ...

    @property
    def stores(self) -> Stores: ...

    @property
    def ingest(self) -> IngestContext: ...

    @property
    def now(self) -> Callable[[], datetime]:
        """Returns the current time, in UTC."""
