"""What the web process is made of: `relay.app` installs it once, and every request looks it up."""

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
from relay.store.destinations import DestinationDirectory
from relay.store.engine.connection import Client
from relay.store.engine.scripts import Scripts
from relay.store.stores import Stores
from relay.web.auth import Authenticator

_NAME = "relay"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """Whether this process is stopping, and the errors of a configuration file that it did not load."""

    is_stopping: Callable[[], bool] = lambda: False
    rejected_config: Callable[[], RejectedConfig | None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """Everything a request may need. It is an `actions.context.Context`, with authentication and the process's state."""

    settings: Settings
    config: Config
    destinations: DestinationDirectory
    stores: Stores
    ingest: IngestContext
    auth: Authenticator
    now: Callable[[], datetime]
    process: ProcessState = ProcessState()

    @property
    def redis(self) -> Client:
        """The main store's client."""
        return self.stores.main.redis

    @property
    def scripts(self) -> Scripts:
        """The main store's Lua scripts."""
        return self.stores.main.scripts


def install(app: Flask, ctx: WebContext) -> None:
    app.extensions[_NAME] = ctx


def context_of(app: Flask) -> WebContext:
    return cast("WebContext", app.extensions[_NAME])


def current() -> WebContext:
    """The context of the application that handles this request."""
    return context_of(current_app)


def require_role(least: Role) -> tuple[WebContext, Principal]:
    """The context, and the principal of this request. Raises Unauthorized, and Forbidden if their role is too low."""
    ctx = current()
    return ctx, ctx.auth.require_role(request, least)
