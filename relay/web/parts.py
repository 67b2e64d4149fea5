"""What the web process is made of: put together once in `relay.app`, and found again in every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask

from relay.core.config import Config
from relay.intake.take_in import Intake
from relay.settings import Settings
from relay.store.connection import Client
from relay.store.directory import Directory
from relay.store.scripts import Scripts
from relay.store.stores import Stores
from relay.web.auth import Keys

_NAME = "relay"


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a request may need. `redis` and `scripts` are the main store's, where customers connect."""

    settings: Settings
    config: Config
    directory: Directory
    stores: Stores
    intake: Intake
    keys: Keys
    now: Callable[[], datetime]

    @property
    def redis(self) -> Client:
        return self.stores.main.redis

    @property
    def scripts(self) -> Scripts:
        return self.stores.main.scripts


def install(app: Flask, made: Parts) -> None:
    app.extensions[_NAME] = made


def parts(app: Flask) -> Parts:
    return cast("Parts", app.extensions[_NAME])
