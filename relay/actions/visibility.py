"""How much of a payload a principal sees, by role."""

from collections.abc import Mapping

from relay.actions.context import Context
from relay.core.redaction import PayloadVisibility
from relay.core.roles import Principal, Role
from relay.queries.explain import Viewer
from relay.settings import StartupError

_VISIBILITY: Mapping[Role, PayloadVisibility] = {Role.VIEWER: PayloadVisibility.NONE}
"""All other roles see payloads with personal data masked, sources their own events included."""


def make_viewer(ctx: Context, principal: Principal, *, reveal: bool = False) -> Viewer:
    """Return the principal as a viewer. With `reveal`, payloads are not masked: check the role and audit it first."""
    visibility = (
        PayloadVisibility.PLAIN if reveal else _VISIBILITY.get(principal.role, PayloadVisibility.REDACTED)
    )
    stores, now = ctx.stores, ctx.now()
    try:
        return Viewer(
            stores=stores,
            now=now,
            visibility=visibility,
            config=ctx.config,
            find=ctx.destinations.find,
            compute=ctx.ingest.compute,
        )
    except StartupError:
        # In the CLI only: events can still be read and explained, with less detail.
        return Viewer(stores=stores, now=now, visibility=visibility)
