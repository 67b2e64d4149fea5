"""The part of a source that says where its events go and which go first: a destination or a template, accounts, priorities."""

# ruff: noqa: ARG002, RUF012 marshmallow hands all of these to `_deserialize`, and reads messages from a class attribute

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from relay.config.fields import Choice, Text
from relay.core.call import Dialect
from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.event.model import EventType
from relay.core.mapping.routing import Routing
from relay.core.mapping.templates import Template, parse_template
from relay.core.priority import Priority
from relay.settings import did_you_mean


class _Table(fields.Dict):
    """Values of one kind, each under a key that is checked too. What is wrong is told by its key."""

    default_error_messages = {
        "null": "is empty: give it a value or remove the line",
        "invalid": "must be a mapping",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        right: dict[Any, Any] = {}
        wrong: dict[str, Any] = {}
        for key, inner in value.items():
            try:
                right[self._key(key)] = self.value_field.deserialize(inner)  # type: ignore[union-attr]
            except ValidationError as error:
                wrong[str(key)] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return right

    def _key(self, key: Any) -> str:
        raise NotImplementedError


class Accounts(_Table):
    """Destinations by what payloads call them. A bare number is the text of its digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(values=Text(), **kwargs)

    def _key(self, key: Any) -> str:
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise ValidationError("must be text: put it in quotes")
        return str(key)


class Priorities(_Table):
    """Priorities by types of event."""

    key_schema = {"enum": [*EventType]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(values=Choice(Priority), **kwargs)

    def _key(self, key: Any) -> str:
        if key not in tuple(EventType):
            raise ValidationError(f"there is no such type of event{did_you_mean(str(key), [*EventType])}")
        return EventType(key)


def is_template(destination: object) -> bool:
    """Whether a source's `destination` is told anew for each item."""
    return isinstance(destination, str) and "{{" in destination


def read_routing(entry: Mapping[str, Any], *, path: str, dialects: Mapping[str, Dialect]) -> Routing | None:
    """How a source's entry routes, or None where it names its one destination. Raises Invalid with everything wrong.

    `dialects` are those of every destination of the file.
    """
    written, accounts = entry.get("destination"), _texts(entry.get("accounts"))
    if not isinstance(written, str) or not is_template(written):
        if "accounts" in entry:
            message = (
                'is of use only beside a template: write destination: "{{ body.account_id }}", or take it out'
            )
            raise ValidationFailed([Problem(join_path(path, "accounts"), "conflict", message)])
        return None
    template = parse_template(written, path=join_path(path, "destination"))
    problems = list(template) if isinstance(template, list) else []
    problems += _wrong_accounts(accounts, join_path(path, "accounts"), dialects)
    if problems or not isinstance(template, Template):
        raise ValidationFailed(problems)
    spoken = [dialects[name] for name in accounts.values()]
    return Routing(written, template, accounts, spoken[0] if spoken else Dialect.GONG)


def _texts(accounts: Any) -> Mapping[str, str]:
    told = accounts if isinstance(accounts, Mapping) else {}
    return {str(key): name for key, name in told.items() if isinstance(name, str)}


def _wrong_accounts(
    accounts: Mapping[str, str], path: str, dialects: Mapping[str, Dialect]
) -> Iterator[Problem]:
    first: str | None = None
    for account, name in accounts.items():
        if name not in dialects:
            message = (
                "the file has no such destination, and one that is connected at run time needs no entry here"
                f"{did_you_mean(name, list(dialects))}"
            )
            yield Problem(join_path(path, account), "unknown_destination", message)
            continue
        first = first or name
        if dialects[name] is not dialects[first]:
            message = f"speaks another dialect than {first}: one source's rules cannot be made for both, so give it its own"
            yield Problem(join_path(path, account), "wrong_dialect", message)
