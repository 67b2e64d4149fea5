"""Objects of Gong's API as marshmallow schemas. An unknown key is an error with a suggestion."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

from marshmallow import Schema, ValidationError, fields

from relay.core.gong.fields import GongField
from relay.core.gong.problems import KEY_LENGTH_MAX, ErrorCode, FieldError, printable_key

# A suggestion takes about 100 microseconds to find, and a hostile body may have thousands of unknown keys.
_SUGGESTIONS_MAX = 10
_NO_SUBSTITUTES: Mapping[str, str] = {}


class ObjectSchema(Schema):
    """A JSON object that accepts only documented keys."""

    def __init__(self, substitutes: Mapping[str, str] = _NO_SUBSTITUTES) -> None:
        super().__init__()
        self.substitutes = substitutes
        """Keys that senders are likely to use by mistake, each with what to send instead."""

    def handle_error(self, error: ValidationError, data: Any, **_options: Any) -> None:
        """Replace marshmallow's two own errors, wrong type and unknown key, with our codes and messages."""
        messages = error.messages_dict
        if not isinstance(data, Mapping):
            messages["_schema"] = [FieldError(ErrorCode.TYPE, "must be an object")]
            return
        for index, key in enumerate(sorted(messages.keys() - self.fields.keys())):
            messages[key] = [
                FieldError(
                    ErrorCode.UNKNOWN, self._describe_unknown_key(key, suggest=index < _SUGGESTIONS_MAX)
                )
            ]

    def _describe_unknown_key(self, key: str, *, suggest: bool) -> str:
        if substitute := self.substitutes.get(key):
            return f"is not accepted by Gong: {substitute}"
        near = closest_name(key, tuple(self.fields)) if suggest else None
        question = f": did you mean {near}?" if near else ""
        return f"{printable_key(key)} is not a key that Gong documents here{question}"


def object_schema(
    name: str, keys: dict[str, fields.Field[Any]], *, substitutes: Mapping[str, str] = _NO_SUBSTITUTES
) -> ObjectSchema:
    """Build the schema of one object. List `keys` in the order of Gong's documentation."""
    schema = cast("type[ObjectSchema]", ObjectSchema.from_dict(dict(keys), name=name))
    return schema(substitutes)


class NestedObject(GongField, fields.Nested):
    """An object inside an object."""

    def __init__(self, inner: ObjectSchema, *, required: bool = False) -> None:
        super().__init__(inner, required=required)


def closest_name(key: str, names: Sequence[str]) -> str | None:
    """Return the name that `key` was probably meant to be, if any is close enough."""
    # Compare in lower case: wrong case is the most common mistake.
    by_case = {name.lower(): name for name in names}
    matches = get_close_matches(key[:KEY_LENGTH_MAX].lower(), by_case, n=1, cutoff=0.7)
    return by_case[matches[0]] if matches else None
