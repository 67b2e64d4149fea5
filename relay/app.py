"""The web's composition root: the only place where its parts meet."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask, Response, g, request
from flask.globals import app_ctx

from relay.config.hooks import check_addresses
from relay.config.load import load_config
from relay.config.oauth import check_oauth
from relay.config.stores import check_stores
from relay.core.config import Config
from relay.intake.take_in import Intake
from relay.log import configure, line
from relay.settings import Settings
from relay.store.accepting import Retention
from relay.store.connection import WEB, Client
from relay.store.directory import Directory
from relay.store.stores import Stores, open_stores, refuse_clusters
from relay.web import connect, doors, gong_doors, health, operations, problems, replays, sources, webhooks
from relay.web.auth import Keys
from relay.web.parts import Parts, install


def build() -> Flask:
    """The application as the environment and the configuration file describe it."""
    settings = Settings.from_env(os.environ)
    configure(settings.log_level)
    config = load_config(settings.config, environ=os.environ, allow_hosts=settings.allow_gong_hosts)
    check_stores(config, settings)
    stores = open_stores(settings, config.stores, WEB)
    refuse_clusters(stores, config)
    return _application(settings, config, stores)


def create_app(
    settings: Settings, config: Config, redis: Client, *, others: Mapping[str, Client] | None = None
) -> Flask:
    """The application from its parts: the main store, and those beside it by name."""
    return _application(settings, config, Stores(redis, others, settings=settings))


def _application(settings: Settings, config: Config, stores: Stores) -> Flask:
    check_addresses(config, settings.public_url)
    check_oauth(config, settings)
    app = Flask("relay", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    directory = Directory(config.destinations, stores.main.redis, time.monotonic)
    intake = Intake(config, directory, stores, Retention.from_settings(settings), _now, settings.max_items)
    keys = Keys(config, settings.admin_key)
    install(app, Parts(settings, config, directory, stores, intake, keys, _now))
    problems.register(app)
    app.before_request(_start)
    app.after_request(_log_request)  # Flask calls the first one last: what is logged is what was sent
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


_BLUEPRINTS = (
    *(doors.door, webhooks.door, gong_doors.doors),
    *(operations.operations, replays.replays, sources.sources, health.health),
    *(connect.invitations, connect.pages),
)


def _now() -> datetime:
    return datetime.now(UTC)


def _start() -> None:
    g.started = time.monotonic()


_QUIET = frozenset({"/livez", "/readyz", "/version"})


def _log_request(response: Response) -> Response:
    """One line a request: who, what, how it ended. Never a body, a header or a query."""
    if request.path not in _QUIET:
        rule, told = request.url_rule, app_ctx.g
        line(
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
