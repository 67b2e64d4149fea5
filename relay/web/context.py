"""The objects that requests use. `relay.app` builds them once per process, and again when the configuration changes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app, request

from relay.config.reload import RejectedConfig
from relay.core.compute import Compute, admit_at_once, call_here, compute_here
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """The state of this process, read at the time of the call."""

    is_stopping: Callable[[], bool] = lambda: False
    rejected_config: Callable[[], RejectedConfig | None] = lambda: None
    """Returns the problems of the configuration file if it was rejected."""
    compute: Compute = compute_here
    admit: Callable[[str, int], AbstractContextManager[None]] = admit_at_once
    run_in_loop: Callable[[Callable[[], None]], None] = call_here
    """Calls what uses a connection, from inside `compute`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """Everything that a request uses: an `actions.context.Context` with authentication and the process's state."""

    settings: Settings
    config: Config
    destinations: DestinationDirectory
    stores: Stores
    ingest: IngestContext
    auth: Authenticator
    now: Callable[[], datetime]
    process: ProcessState = ProcessState()

    @property
    def compute(self) -> Compute:
        """Runs what reads, maps or renders a large body, so that other requests go on."""
        return self.ingest.compute

    @property
    def redis(self) -> Client:
        """The main store's client."""
        return self.stores.main.redis

    @property
    def scripts(self) -> Scripts:
        """The main store's Lua scripts."""
        return self.stores.main.scripts


def install(app: Flask, ctx: WebContext) -> None:
    """Set or replace the context of an application."""
    app.extensions[_NAME] = ctx


def context_of(app: Flask) -> WebContext:
    """Return the context of an application."""
    return cast("WebContext", app.extensions[_NAME])


def current() -> WebContext:
    """Return the context of the application that handles this request."""
    return context_of(current_app)


def require_role(least: Role) -> tuple[WebContext, Principal]:
    """Return the context and the principal of this request. Raises Unauthorized, or Forbidden for a lower role."""
    ctx = current()
    return ctx, ctx.auth.require_role(request, least)
