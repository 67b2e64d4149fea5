"""All blueprints of the dashboard, for the application to register."""

from relay.dashboard import (
    api_docs,
    audit,
    dead_letters,
    destinations,
    erasures,
    events,
    overview,
    replays,
    sign_in,
    sign_in_oidc,
    sources,
)
from relay.dashboard.assets import assets
from relay.dashboard.rendering import dashboard_templates

BLUEPRINTS = (
    dashboard_templates,
    assets,
    sign_in.sign_in_pages,
    sign_in_oidc.oidc_pages,
    overview.overview,
    destinations.destinations,
    sources.sources,
    events.events,
    dead_letters.dead_letters,
    replays.replays,
    audit.audit,
    erasures.erasures,
    api_docs.api_docs,
)
