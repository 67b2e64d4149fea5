"""The section `operators` of the configuration file: names, roles and API keys."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import validate

from relay.config.api_keys import hash_key
from relay.config.fields import ApiKey, ListOf, StrictSchema
from relay.config.secret_scope import keep_or_withhold
from relay.config.webhook_schema import SuggestedWord
from relay.core.config import Config
from relay.core.errors import Problem
from relay.core.roles import BUILT_IN_ADMIN, OPERATOR_ROLES, Operator, Role
from relay.core.secret import Process, reveal
from relay.settings import Settings, StartupError


class OperatorSchema(StrictSchema):
    role = SuggestedWord(
        OPERATOR_ROLES,
        required=True,
        validate=validate.OneOf(OPERATOR_ROLES, error=f"must be one of: {', '.join(OPERATOR_ROLES)}"),
        metadata={"description": "viewer reads, operator also acts, admin also sees payloads."},
    )
    keys = ListOf(
        ApiKey(),
        required=True,
        validate=validate.Length(min=1, error="contains no key: `gong-relay key` creates one"),
        metadata={
            "description": "API keys: sha256:<hex> as `gong-relay key --role` prints it, or ${NAME} of the plain key."
        },
    )


def read_operators(entries: Mapping[str, Mapping[str, Any]], process: Process) -> dict[str, Operator]:
    """Build the operators, by name, from a validated section."""
    return {
        name: Operator(
            name=name,
            role=Role(entry["role"]),
            key_digests=keep_or_withhold(process, f"operators.{name}.keys", frozenset(entry["keys"])),
        )
        for name, entry in entries.items()
    }


def operator_problems(
    operators: Mapping[str, Mapping[str, Any]], sources: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """Yield reserved names, and keys that more than one operator or source has."""
    if BUILT_IN_ADMIN in operators:
        message = "is the name of the operator of RELAY_ADMIN_KEY: choose another name"
        yield Problem(f"operators.{BUILT_IN_ADMIN}", "reserved_name", message)
    first = {digest: f"sources.{name}" for name, entry in sources.items() for digest in entry["keys"]}
    for name, entry in operators.items():
        for index, digest in enumerate(entry["keys"]):
            other = first.setdefault(digest, f"operators.{name}")
            if other != f"operators.{name}":
                message = f"is also a key of {other}: a key identifies its holder, so give each holder a different key"
                yield Problem(f"operators.{name}.keys[{index}]", "duplicate_api_key", message)


def check_admin_key(config: Config, settings: Settings) -> None:
    """Raise StartupError if RELAY_ADMIN_KEY is also the key of an operator or a source."""
    admin_key = reveal(settings.admin_key)
    if admin_key is None:
        return
    digest = hash_key(admin_key)
    holders = {f"operators.{name}": entry.key_digests for name, entry in config.operators.items()}
    holders |= {f"sources.{name}": entry.key_digests for name, entry in config.sources.items()}
    if others := [name for name, digests in holders.items() if digest in reveal(digests)]:
        message = (
            f"is also a key of {others[0]}: a key identifies its holder, so give each holder a different key"
        )
        raise StartupError([Problem("RELAY_ADMIN_KEY", "duplicate_api_key", message)])
