"""Who looks at events over HTTP, and how much of payloads each role sees."""

from collections.abc import Mapping

from relay.core.redaction import Sight
from relay.core.roles import Principal, Role
from relay.queries.explain import Onlooker
from relay.web.context import Parts

_SIGHTS: Mapping[Role, Sight] = {Role.VIEWER: Sight.NONE}
"""Everybody else sees payloads with the people in them masked, their own ones too."""


def onlooker(known: Parts, caller: Principal, *, reveal: bool = False) -> Onlooker:
    """The caller as views know them. `reveal` is for admins, and audited, before this is called."""
    sight = Sight.PLAIN if reveal else _SIGHTS.get(caller.role, Sight.REDACTED)
    return Onlooker(known.stores, known.now(), sight, known.config, known.directory.find)
