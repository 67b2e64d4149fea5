"""What the web process is made of: put together once in `relay.app`, and found again in every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app, request

from relay.config.reload import RejectedConfig
from relay.core.config import Config
from relay.core.roles import Principal, Role
from relay.ingest.accept_events import IngestContext
from relay.settings import Settings
from relay.store.destinations import Directory
from relay.store.engine.connection import Client
from relay.store.engine.scripts import Scripts
from relay.store.stores import Stores
from relay.web.auth import Authenticator

_NAME = "relay"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """Whether this process was told to stop, and what is wrong with the configuration file that it does not take."""

    is_stopping: Callable[[], bool] = lambda: False
    rejected_config: Callable[[], RejectedConfig | None] = lambda: None


@dataclass(frozen=True, slots=True)
class WebContext:
    """Everything a request may need. `redis` and `scripts` are the main store's, where customers connect."""

    settings: Settings
    config: Config
    directory: Directory
    stores: Stores
    intake: IngestContext
    auth: Authenticator
    now: Callable[[], datetime]
    process: ProcessState = ProcessState()

    @property
    def redis(self) -> Client:
        return self.stores.main.redis

    @property
    def scripts(self) -> Scripts:
        return self.stores.main.scripts


def install(app: Flask, context: WebContext) -> None:
    app.extensions[_NAME] = context


def parts(app: Flask) -> WebContext:
    return cast("WebContext", app.extensions[_NAME])


def called_by(least: Role) -> tuple[WebContext, Principal]:
    """The process's parts and who asks, whose role covers `least`. Raises Unauthorized or Forbidden."""
    known = parts(current_app)
    return known, known.auth.require_role(request, least)
