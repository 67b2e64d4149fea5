"""The section `operators` of the configuration file: who looks after the relay, with which keys, and how far."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import validate

from relay.config.api_keys import hash_key
from relay.config.base_schema import StrictSchema
from relay.config.fields import ApiKey, ListOf
from relay.config.webhook_schema import SuggestedWord
from relay.core.config import Config
from relay.core.errors import Problem
from relay.core.roles import BUILT_IN_ADMIN, OPERATOR_ROLES, Operator, Role
from relay.settings import Settings, StartupError


class OperatorSchema(StrictSchema):
    role = SuggestedWord(
        OPERATOR_ROLES,
        required=True,
        validate=validate.OneOf(OPERATOR_ROLES, error=f"must be one of: {', '.join(OPERATOR_ROLES)}"),
        metadata={"description": "What they may do: viewer looks, operator acts, admin also sees payloads."},
    )
    keys = ListOf(
        ApiKey(),
        required=True,
        validate=validate.Length(min=1, error="holds no key: `gong-relay key` makes one"),
        metadata={
            "description": "Keys: sha256:<hex> as `gong-relay key --role` prints it, or ${NAME} of the plain key."
        },
    )


def read_operators(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Operator]:
    """Everybody by name, from a section that was checked with the rest of the file."""
    return {
        name: Operator(name, Role(entry["role"]), frozenset(entry["keys"])) for name, entry in entries.items()
    }


def operator_problems(
    operators: Mapping[str, Mapping[str, Any]], sources: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """What is wrong with them beside the rest of the file: a key tells one person or one source, never two."""
    if BUILT_IN_ADMIN in operators:
        message = "is who comes with RELAY_ADMIN_KEY: give this one another name"
        yield Problem(f"operators.{BUILT_IN_ADMIN}", "reserved_name", message)
    first = {digest: f"sources.{name}" for name, entry in sources.items() for digest in entry["keys"]}
    for name, entry in operators.items():
        for index, digest in enumerate(entry["keys"]):
            other = first.setdefault(digest, f"operators.{name}")
            if other != f"operators.{name}":
                message = f"is also a key of {other}: a key tells who sends it, so give each their own"
                yield Problem(f"operators.{name}.keys[{index}]", "duplicate_api_key", message)


def check_admin_key(config: Config, settings: Settings) -> None:
    """Raise Misconfigured where the first admin's key is also somebody else's: nobody could say who it is."""
    if settings.admin_key is None:
        return
    digest = hash_key(settings.admin_key)
    people = [f"operators.{name}" for name, one in config.operators.items() if digest in one.key_digests]
    sources = [f"sources.{name}" for name, one in config.sources.items() if digest in one.key_digests]
    if others := [*people, *sources]:
        message = f"is also a key of {others[0]}: a key tells who sends it, so give each their own"
        raise StartupError([Problem("RELAY_ADMIN_KEY", "duplicate_api_key", message)])
