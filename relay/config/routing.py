"""Routing and priorities of a source: its destination or template, `accounts` and `priorities`."""

# ruff: noqa: ARG002, RUF012 - marshmallow passes all of these to `_deserialize`, and reads messages from a class attribute

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from relay.config.fields import Choice, Text
from relay.core.call import Dialect
from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.event.model import EventType
from relay.core.mapping.problems import did_you_mean
from relay.core.mapping.routing import Routing
from relay.core.mapping.templates import Template, parse_template
from relay.core.priority import Priority
from relay.settings import did_you_mean as suggest_name


class _Table(fields.Dict):
    """A mapping whose keys are validated too. Reports problems by key."""

    default_error_messages = {
        "null": "is empty: give it a value or remove the line",
        "invalid": "must be a mapping",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        valid: dict[Any, Any] = {}
        errors: dict[str, Any] = {}
        for key, inner in value.items():
            try:
                valid[self._parse_key(key)] = self.value_field.deserialize(inner)  # type: ignore[union-attr]
            except ValidationError as error:
                errors[str(key)] = error.messages
        if errors:
            raise ValidationError(errors)
        return valid

    def _parse_key(self, key: Any) -> str:
        raise NotImplementedError


class Accounts(_Table):
    """Destinations by the value in payloads that stands for them. An unquoted number counts as its text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(values=Text(), **kwargs)

    def _parse_key(self, key: Any) -> str:
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise ValidationError("must be text: put it in quotes")
        return str(key)


class Priorities(_Table):
    """Priorities by type of event."""

    key_schema = {"enum": [*EventType]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(values=Choice(Priority), **kwargs)

    def _parse_key(self, key: Any) -> str:
        if key not in tuple(EventType):
            raise ValidationError(f"there is no such event type{did_you_mean(str(key), [*EventType])}")
        return EventType(key)


def is_template(destination: object) -> bool:
    """True if a source's `destination` is a template, evaluated for each item."""
    return isinstance(destination, str) and "{{" in destination


def read_routing(entry: Mapping[str, Any], *, path: str, dialects: Mapping[str, Dialect]) -> Routing | None:
    """Read the routing of a source; None if the source names one destination.

    `dialects` maps every destination of the file to its dialect. Raises ValidationFailed with every problem.
    """
    destination, accounts = entry.get("destination"), _read_texts(entry.get("accounts"))
    if not isinstance(destination, str) or not is_template(destination):
        if "accounts" in entry:
            message = (
                'has an effect only with a template: write destination: "{{ body.account_id }}", or remove it'
            )
            raise ValidationFailed([Problem(join_path(path, "accounts"), "conflict", message)])
        return None
    template = parse_template(destination, path=join_path(path, "destination"))
    problems = list(template) if isinstance(template, list) else []
    problems += _account_problems(accounts, join_path(path, "accounts"), dialects)
    if problems or not isinstance(template, Template):
        raise ValidationFailed(problems)
    # All accounts have the same dialect: `_account_problems` has checked it.
    used_dialects = [dialects[name] for name in accounts.values()]
    return Routing(destination, template, accounts, used_dialects[0] if used_dialects else Dialect.GONG)


def _read_texts(accounts: Any) -> Mapping[str, str]:
    entries = accounts if isinstance(accounts, Mapping) else {}
    return {str(key): name for key, name in entries.items() if isinstance(name, str)}


def _account_problems(
    accounts: Mapping[str, str], path: str, dialects: Mapping[str, Dialect]
) -> Iterator[Problem]:
    first: str | None = None
    for account, name in accounts.items():
        if name not in dialects:
            message = (
                "the file has no such destination; one that a customer connects by OAuth at run time needs no entry here"
                f"{suggest_name(name, list(dialects))}"
            )
            yield Problem(join_path(path, account), "unknown_destination", message)
            continue
        first = first or name
        if dialects[name] is not dialects[first]:
            message = f"has another dialect than {first}: the rules of one source cannot serve both, so create a separate source for it"
            yield Problem(join_path(path, account), "wrong_dialect", message)
