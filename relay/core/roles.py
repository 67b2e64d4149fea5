"""Who may do what: the roles, which of them cover which, and the people that the configuration names."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a key may do. `ingest` sends one source's events; each of the others may all that the one before may."""

    INGEST = "ingest"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, least: "Role") -> bool:
        """Whether this role may do what needs at least the other. A source's key may nothing but its own."""
        return self in _RANKS and _RANKS[self] >= _RANKS.get(least, len(_RANKS))


_RANKS: Mapping[Role, int] = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}

OPERATOR_ROLES = tuple(_RANKS)
"""The roles of people, the least first."""

FIRST_ADMIN = "admin"
"""Who comes with RELAY_ADMIN_KEY, wherever a name is told."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody (or some program) that looks after the relay. `key_digests` are the hex SHA-256 of the keys."""

    name: str
    role: Role
    key_digests: frozenset[str]
