"""How much of a payload a principal sees, by role."""

from collections.abc import Mapping

from relay.actions.context import Context
from relay.core.redaction import PayloadVisibility
from relay.core.roles import Principal, Role
from relay.queries.explain import Viewer
from relay.settings import StartupError

_SIGHTS: Mapping[Role, PayloadVisibility] = {Role.VIEWER: PayloadVisibility.NONE}
"""All other roles see payloads with personal data masked, sources their own events included."""


def make_viewer(ctx: Context, principal: Principal, *, reveal: bool = False) -> Viewer:
    """The principal as queries need it. With `reveal` payloads are not masked: check the role and audit it."""
    sight = PayloadVisibility.PLAIN if reveal else _SIGHTS.get(principal.role, PayloadVisibility.REDACTED)
    try:
        return Viewer(ctx.stores, ctx.now(), sight, ctx.config, ctx.destinations.find)
    except StartupError:
        # In the CLI only: events can still be read and explained, with less detail.
        return Viewer(ctx.stores, ctx.now(), sight)
