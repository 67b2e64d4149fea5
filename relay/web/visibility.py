"""Who looks at events over HTTP, and how much of payloads each role sees."""

from collections.abc import Mapping

from relay.core.redaction import PayloadVisibility
from relay.core.roles import Principal, Role
from relay.queries.explain import Viewer
from relay.web.context import WebContext

_SIGHTS: Mapping[Role, PayloadVisibility] = {Role.VIEWER: PayloadVisibility.NONE}
"""Everybody else sees payloads with the people in them masked, their own ones too."""


def make_viewer(known: WebContext, caller: Principal, *, reveal: bool = False) -> Viewer:
    """The caller as views know them. `reveal` is for admins, and audited, before this is called."""
    sight = PayloadVisibility.PLAIN if reveal else _SIGHTS.get(caller.role, PayloadVisibility.REDACTED)
    return Viewer(known.stores, known.now(), sight, known.config, known.directory.find)
