"""Mappings of the configuration file whose every key is known, and ranges of their numbers."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, validate

from relay.settings import nearest


def within(low: int, high: int) -> validate.Range:
    return validate.Range(low, high, error="must be from {min} to {max}")


class Strict(Schema):
    """Refuses keys it does not know, names the nearest it does, and owns up to those of a later version."""

    later: ClassVar[frozenset[str]] = frozenset()
    error_messages = {"type": "must be a mapping"}  # noqa: RUF012 marshmallow's own name and form

    class Meta:
        unknown = RAISE

    def handle_error(self, error: ValidationError, data: Any, **_: Any) -> None:
        if isinstance(data, Mapping) and isinstance(error.messages, dict):
            error.messages.update({key: [self._advice(key)] for key in data if key not in self.fields})

    def _advice(self, key: Any) -> str:
        if key in self.later:
            return f"this version of the relay does not know '{key}' yet: remove it"
        return f"there is no such key{nearest(str(key), list(self.fields))}"
