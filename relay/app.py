"""The web's composition root: the only place where its parts meet."""

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
from relay.web import problems, request_metrics, tracing
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
    replays,
    sources,
    webhooks,
)
from relay.web.auth import Authenticator
from relay.web.config_reload import watch_config_file
from relay.web.context import ProcessState, WebContext, install
from relay.web.operations_port import separate_ports
from relay.web.security_headers import add_security_headers
from relay.web.sessions import SessionManager

_ALONE = ProcessState()
"""Of an application that no server has made."""


def build() -> Flask:
    """The application as the environment and the configuration file describe it."""
    settings = Settings.from_env(os.environ)
    configure(settings.log_level)
    enable_tracing("gong-relay-web", os.environ)
    file = ConfigFile(
        settings.config,
        lambda text: _checked(text, settings),
        environ=os.environ,
        now=_now,
        shared=SHARED_STATE,
    )
    config = file.load()
    stores = open_stores(settings, config.stores, WEB)
    refuse_clusters(stores, config)
    check_layouts(stores, config)
    life = ProcessState(lambda: SHARED_STATE.stopping, lambda: file.rejection)
    app = _application(settings, config, stores, life)
    request_metrics.register(app, request_metrics.run_in_thread)
    watch_config_file(file, lambda newer: install(app, _parts(settings, newer, stores, life)))
    return app


def _checked(text: str, settings: Settings) -> Config:
    """The configuration that a text tells. Misconfigured where it is wrong, or does not go with the settings."""
    config = read_config(text, environ=os.environ, allow_hosts=settings.allow_gong_hosts)
    check_stores(config, settings)
    check_admin_key(config, settings)
    check_public_url(config, settings.public_url)
    check_oauth(config, settings)
    return config


def create_app(
    settings: Settings, config: Config, redis: Client, *, other_stores: Mapping[str, Client] | None = None
) -> Flask:
    """The application from its parts: the main store, and those beside it by name."""
    app = _application(settings, config, Stores(redis, other_stores, settings=settings))
    request_metrics.register(app, request_metrics.run_inline)
    return app


def _application(settings: Settings, config: Config, stores: Stores, life: ProcessState = _ALONE) -> Flask:
    check_public_url(config, settings.public_url)
    check_oauth(config, settings)
    app = Flask("relay", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    install(app, _parts(settings, config, stores, life))
    problems.register_error_handlers(app)
    tracing.register(app)
    app.before_request(_start)
    separate_ports(app, settings.operations_port)
    app.after_request(add_security_headers)
    app.after_request(_log_request)  # Flask calls the first one last: what is logged is what was sent
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _parts(settings: Settings, config: Config, stores: Stores, life: ProcessState) -> WebContext:
    directory = DestinationDirectory(config.destinations, stores.main.redis, time.monotonic)
    ingest = IngestContext(
        config=config,
        directory=directory,
        stores=stores,
        retention=Retention.from_settings(settings),
        now=_now,
        max_items=settings.max_items,
    )
    keys = Authenticator(
        config, settings.admin_key, SessionManager(settings, stores.main.redis, _now), read_oidc_app(settings)
    )
    return WebContext(
        settings=settings,
        config=config,
        destinations=directory,
        stores=stores,
        ingest=ingest,
        auth=keys,
        now=_now,
        process=life,
    )


_API = (
    *(events_ingest, events, webhooks, gong_compat),
    *(overview, audit, metrics, destinations, sources),
    *(dead_letters, replays, alerts, erasures),
    *(health, openapi, oauth_pages),
)
"""The modules of the API, in the order of its OpenAPI document."""

_BLUEPRINTS = (*(module.blueprint for module in _API), *BLUEPRINTS)


def _now() -> datetime:
    return datetime.now(UTC)


def _start() -> None:
    g.started = time.monotonic()


_QUIET = frozenset({"/livez", "/readyz", "/version", "/metrics"})


def _log_request(response: Response) -> Response:
    """One line a request: who, what, how it ended. Never a body, a header or a query."""
    if request.path not in _QUIET:
        rule, told = request.url_rule, app_ctx.g
        log_event(
            "request.answered",
            method=request.method,
            route=rule.rule if rule else "none",
            status=response.status_code,
            code=told.get("code"),
            reason=told.get("reason"),
            source=told.get("source"),
            events=told.get("events"),
            seconds=round(time.monotonic() - told.started, 4),
        )
    return response
