"""All pages of the dashboard, for the application to register."""

from relay.dashboard import api_docs as docs
from relay.dashboard import (
    audit,
    dead_letters,
    destinations,
    erasures,
    events,
    overview,
    replays,
    sign_in,
    sources,
)
from relay.dashboard import sign_in_oidc as account_sign_in
from relay.dashboard.assets import assets
from relay.dashboard.rendering import look

BLUEPRINTS = (
    look,
    assets,
    sign_in.entrance,
    account_sign_in.by_account,
    overview.overview,
    destinations.destinations,
    sources.sources,
    events.events,
    dead_letters.dead_letters,
    replays.replays,
    audit.audit,
    erasures.erasures,
    docs.docs,
)
