"""The web's composition root: creates the Flask application from settings, configuration and stores."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask, Response, g, request
from flask.globals import app_ctx

from relay.config.load import read_config
from relay.config.oauth import check_oauth
from relay.config.oidc import read_oidc_app
from relay.config.operators import check_admin_key
from relay.config.reload import ConfigFile
from relay.config.server_state import SHARED_STATE
from relay.config.stores import check_stores
from relay.config.webhooks import check_public_url
from relay.core.config import Config
from relay.core.secret import Process, reveal
from relay.dashboard.blueprints import BLUEPRINTS
from relay.ingest.accept_events import IngestContext
from relay.log import configure, log_event
from relay.settings import Settings
from relay.store.accept import Retention
from relay.store.destinations import DestinationDirectory
from relay.store.engine.connection import WEB, Client
from relay.store.schema_version import check_layouts
from relay.store.stores import Stores, open_stores, refuse_clusters
from relay.tracing.setup import enable_tracing
from relay.web import problems, request_metrics, store_time, tracing
from relay.web.api import (
    alerts,
    audit,
    dead_letters,
    destinations,
    erasures,
    events,
    events_ingest,
    gong_compat,
    health,
    metrics,
    oauth_pages,
    openapi,
    overview,
    purges,
    replays,
    sources,
    webhooks,
)
from relay.web.auth import Authenticator
from relay.web.config_reload import watch_config_file
from relay.web.context import ProcessState, WebContext, install
from relay.web.operations_port import separate_ports
from relay.web.security_headers import add_security_headers
from relay.web.server.large_requests import LargeRequests
from relay.web.server.native_threads import NativeThreads
from relay.web.sessions import SessionManager

_UNLOGGED_PATHS = frozenset({"/livez", "/readyz", "/version", "/metrics"})
"""Polled every few seconds."""


def build() -> Flask:
    """Create the application from the environment and the configuration file. Raises StartupError."""
    settings = Settings.from_env(os.environ, Process.WEB)
    configure(settings.log_level)
    enable_tracing("gong-relay-web", os.environ)
    file = ConfigFile(
        settings.config,
        lambda text: _read_config(text, settings),
        environ=os.environ,
        now=_now,
        shared=SHARED_STATE,
    )
    config = file.load()
    stores = open_stores(settings, config.stores, WEB)
    refuse_clusters(stores, config)
    check_layouts(stores, config)
    threads = NativeThreads()
    process = ProcessState(
        is_stopping=lambda: SHARED_STATE.stopping,
        rejected_config=lambda: file.rejection,
        compute=store_time.exclude_from_store_time(threads.compute),
        admit=LargeRequests().admit,
        run_in_loop=threads.run_in_loop,
    )
    app = _create(settings, config, stores, process)
    request_metrics.register(app, request_metrics.run_in_thread)
    # A new context replaces the old one; requests in progress finish with the configuration they started with.
    watch_config_file(
        file, lambda new_config: install(app, _build_context(settings, new_config, stores, process))
    )
    return app


def _read_config(text: str, settings: Settings) -> Config:
    """Parse the configuration and check it against the settings. Raises StartupError."""
    config = read_config(text, environ=os.environ, allow_hosts=settings.allow_gong_hosts, process=Process.WEB)
    check_stores(config, settings)
    check_admin_key(config, settings)
    check_public_url(config, settings.public_url)
    check_oauth(config, settings)
    return config


def create_app(
    settings: Settings,
    config: Config,
    redis: Client,
    *,
    other_stores: Mapping[str, Client] | None = None,
    process: ProcessState | None = None,
) -> Flask:
    """Create the application from its parts, for tests. `other_stores` are those besides the main one."""
    app = _create(settings, config, Stores(redis, other_stores, settings=settings), process or ProcessState())
    request_metrics.register(app, request_metrics.run_inline)
    return app


def _create(settings: Settings, config: Config, stores: Stores, process: ProcessState) -> Flask:
    check_public_url(config, settings.public_url)
    check_oauth(config, settings)
    app = Flask("relay", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask types it as the base class
    install(app, _build_context(settings, config, stores, process))
    problems.register_error_handlers(app)
    tracing.register(app)
    app.before_request(_start_timer)
    store_time.register(app)
    separate_ports(app, settings.operations_port)
    # Flask runs these in reverse order, after those that the blueprints register below: the log line shows the status
    # that is really sent.
    app.after_request(add_security_headers)
    app.after_request(_log_request)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _build_context(settings: Settings, config: Config, stores: Stores, process: ProcessState) -> WebContext:
    directory = DestinationDirectory(
        config.destinations, stores.main.redis, time.monotonic, run=process.run_in_loop
    )
    sessions = SessionManager(settings, stores.main.redis, _now)
    return WebContext(
        settings=settings,
        config=config,
        destinations=directory,
        stores=stores,
        ingest=IngestContext(
            config=config,
            directory=directory,
            stores=stores,
            retention=Retention.from_settings(settings),
            now=_now,
            max_items=settings.max_items,
            max_unreadable_bytes=settings.max_unreadable_bytes,
            compute=process.compute,
            admit=process.admit,
        ),
        auth=Authenticator(config, reveal(settings.admin_key), sessions, read_oidc_app(settings)),
        now=_now,
        process=process,
    )


_API = (
    events_ingest,
    events,
    webhooks,
    gong_compat,
    overview,
    audit,
    metrics,
    destinations,
    sources,
    dead_letters,
    replays,
    purges,
    alerts,
    erasures,
    health,
    openapi,
    oauth_pages,
)
"""The modules of the API, in the order of its OpenAPI document."""

_BLUEPRINTS = (*(module.blueprint for module in _API), *BLUEPRINTS)


def _now() -> datetime:
    return datetime.now(UTC)


def _start_timer() -> None:
    g.started = time.monotonic()


def _log_request(response: Response) -> Response:
    """Log one line per request. Bodies, headers and queries are never logged: they contain personal data and secrets."""
    if request.path not in _UNLOGGED_PATHS:
        rule, request_data = request.url_rule, app_ctx.g
        log_event(
            "request.answered",
            method=request.method,
            route=rule.rule if rule else "none",
            status=response.status_code,
            code=request_data.get("code"),
            reason=request_data.get("reason"),
            source=request_data.get("source"),
            events=request_data.get("events"),
            seconds=round(time.monotonic() - request_data.started, 4),
        )
    return response
