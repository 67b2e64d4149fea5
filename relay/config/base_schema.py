"""Mappings of the configuration file whose every key is known, and ranges of their numbers."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, validate

from relay.settings import did_you_mean


def in_range(low: int, high: int) -> validate.Range:
    return validate.Range(low, high, error="must be from {min} to {max}")


class StrictSchema(Schema):
    """Refuses keys it does not know, and names the nearest it does."""

    error_messages = {"type": "must be a mapping"}  # noqa: RUF012 marshmallow's own name and form

    class Meta:
        unknown = RAISE

    def handle_error(self, error: ValidationError, data: Any, **_: Any) -> None:
        if isinstance(data, Mapping) and isinstance(error.messages, dict):
            error.messages.update({key: [self._advice(key)] for key in data if key not in self.fields})

    def _advice(self, key: Any) -> str:
        return f"there is no such key{did_you_mean(str(key), list(self.fields))}"
