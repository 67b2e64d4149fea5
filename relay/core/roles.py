"""Roles, the operators that the configuration names, and the principal who makes a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from relay.core.errors import Forbidden
from relay.core.secret import WithheldSecret
from relay.core.source import Source


class Role(StrEnum):
    """What a key may do. `ingest` sends one source's events; each other role includes those before it."""

    INGEST = "ingest"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, least: "Role") -> bool:
        """True if this role includes `least`. A source's key covers no operator role."""
        return self in _RANKS and _RANKS[self] >= _RANKS.get(least, len(_RANKS))


_RANKS: Mapping[Role, int] = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}

OPERATOR_ROLES = tuple(_RANKS)
"""The roles of operators, lowest first."""

BUILT_IN_ADMIN = "admin"
"""Name of the administrator whose key is RELAY_ADMIN_KEY."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person or a program that operates the relay. `key_digests` are the hex SHA-256 of its keys."""

    name: str
    role: Role
    key_digests: frozenset[str] | WithheldSecret


_NEEDS: Mapping[Role, str] = {
    Role.VIEWER: "the key of a viewer, an operator or an admin",
    Role.OPERATOR: "the key of an operator or an admin",
    Role.ADMIN: "the key of an admin",
}


class Via(StrEnum):
    """How a principal authenticated."""

    KEY = "key"
    SESSION = "session"
    COMMAND_LINE = "command_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who makes a request or runs a command. `name` and `key_id` are safe to show and to log."""

    name: str
    """The source's or the operator's name."""
    role: Role
    key_id: str
    """Identifies the key without revealing it: the first digits of its SHA-256, or `account` for a provider's account."""
    source: Source | None = None
    """The source, if the role is `ingest`."""
    via: Via = Via.KEY

    def require(self, least: Role) -> "Principal":
        """Return this principal if the role covers `least`. Raises Forbidden."""
        if not self.role.covers(least):
            whose = "A source's key" if self.role is Role.INGEST else f"A key with the role {self.role}"
            raise Forbidden("wrong_role", f"{whose} may not do this: it needs {_NEEDS[least]}.")
        return self


COMMAND_LINE = Principal(name="command line", role=Role.ADMIN, key_id="command line", via=Via.COMMAND_LINE)
"""Runs the CLI: a person with a shell on the relay's machine can already read its settings and its store."""
