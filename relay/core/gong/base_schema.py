"""Objects of Gong's API as marshmallow schemas: every key is known, and an unknown one earns a remedy."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

from marshmallow import Schema, ValidationError, fields

from relay.core.gong.fields import GongField
from relay.core.gong.problems import KEY_LENGTH_MAX, ErrorCode, FieldError, printable_key

# A guess costs some 100 microseconds, and a hostile body may hold thousands of unknown keys.
_GUESSES_MAX = 10
_NO_SUBSTITUTES: Mapping[str, str] = {}


class ObjectSchema(Schema):
    """A JSON object whose every key is known. `substitutes` says what to send in place of a likely mistake."""

    def __init__(self, substitutes: Mapping[str, str] = _NO_SUBSTITUTES) -> None:
        super().__init__()
        self.substitutes = substitutes

    def handle_error(self, error: ValidationError, data: Any, **_options: Any) -> None:
        """Give marshmallow's own two complaints, wrong type and unknown key, our codes and a remedy."""
        messages = error.messages_dict
        if not isinstance(data, Mapping):
            messages["_schema"] = [FieldError(ErrorCode.TYPE, "must be an object")]
            return
        for place, key in enumerate(sorted(messages.keys() - self.fields.keys())):
            messages[key] = [FieldError(ErrorCode.UNKNOWN, self._remedy(key, guess=place < _GUESSES_MAX))]

    def _remedy(self, key: str, *, guess: bool) -> str:
        if instead := self.substitutes.get(key):
            return f"Gong does not take it: {instead}"
        near = closest_name(key, tuple(self.fields)) if guess else None
        question = f": did you mean {near}?" if near else ""
        return f"{printable_key(key)} is not a key that Gong documents here{question}"


def object_schema(
    name: str, parts: dict[str, fields.Field[Any]], *, substitutes: Mapping[str, str] = _NO_SUBSTITUTES
) -> ObjectSchema:
    """One object of Gong's API, from its keys in the order of Gong's page."""
    schema = cast("type[ObjectSchema]", ObjectSchema.from_dict(dict(parts), name=name))
    return schema(substitutes)


class NestedObject(GongField, fields.Nested):
    """An object inside an object."""

    def __init__(self, inner: ObjectSchema, *, required: bool = False) -> None:
        super().__init__(inner, required=required)


def closest_name(key: str, names: Sequence[str]) -> str | None:
    """The name that `key` was probably meant to be. Case is the commonest slip."""
    by_case = {name.lower(): name for name in names}
    found = get_close_matches(key[:KEY_LENGTH_MAX].lower(), by_case, n=1, cutoff=0.7)
    return by_case[found[0]] if found else None
