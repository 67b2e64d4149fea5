"""What a source may say of its sender's own payloads, as the file is checked and as editors are told."""

# ruff: noqa: ARG002 marshmallow hands all of these to `_deserialize`

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields, validate

from relay.config.base_schema import StrictSchema, in_range
from relay.config.fields import Choice, ListOf, Section, Text, WholeNumber
from relay.config.visit_sessions import RuleAggregateSchema
from relay.core.call import Operation
from relay.core.priority import Priority
from relay.core.verification.known_schemes import CUSTOM, SCHEMES
from relay.core.verification.scheme import Algorithm, Encoding, SecretFormat, TimestampFormat

_CONTENT_TYPE = validate.Regexp(
    re.compile(r'^[\w.+-]+/[\w.+-]+( *; *[\w-]+=[\w."+-]+)*$', re.ASCII),
    error="must be a type such as application/json",
)
_ANSWER_MAX = 10_000


class OpenSection(Section):
    """A mapping that is only described here: who puts it to use checks it, and knows more of what is wrong."""

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Mapping[str, Any] | None,
        partial: Any = None,
        **kwargs: Any,
    ) -> Any:
        if not isinstance(value, Mapping):
            raise self.make_error("type")
        return value


class OpenList(ListOf):
    """A list of such mappings."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return value


class SuggestedWord(Text):
    """One of the words that editors offer. Who reads it refuses any other, and says which is near."""

    def __init__(self, words: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = tuple(words)


class Secret(fields.Field[Any]):
    """A text, or a mapping of it and of the dates between which it counts."""


class FreeText(Text):
    """A text that may also be empty, or end with a new line."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return value


def _told(description: str) -> Text:
    return Text(metadata={"description": description})


class VerifySchema(StrictSchema):
    scheme = SuggestedWord([*SCHEMES, CUSTOM.name], metadata={"description": "How the sender proves itself."})
    secrets = ListOf(
        Secret(),
        metadata={"description": "One secret, or up to three while it is being changed: write ${NAME}."},
    )
    tolerance_seconds = fields.Integer(
        metadata={"description": "How far the signed time may lie from now, in the past or the future."}
    )
    algorithm = Choice(Algorithm, metadata={"description": "How the proof is made."})
    signature = _told("Where the proof stands: header:NAME, query:NAME, form:NAME or json:PATH.")
    prefix = _told("What stands before it.")
    separator = _told("What parts several of them.")
    signed = _told("What is signed, such as {timestamp}.{body}.")
    encoding = Choice(Encoding, metadata={"description": "How the proof is written."})
    secret_format = Choice(SecretFormat, metadata={"description": "How the sender writes its secret."})
    timestamp = _told("Where the signed time stands.")
    timestamp_prefix = _told("What stands before it.")
    timestamp_format = Choice(TimestampFormat, metadata={"description": "How it is written."})
    id = _told("Where the request's own id stands.")
    json_field = _told("The field of a form that holds the JSON.")
    body_digest = _told("Where a signed address carries the SHA-256 of the body.")
    url_decode = ListOf(
        fields.String(), metadata={"description": "Percent escapes that the sender signs undone."}
    )
    optional_port = fields.Boolean(
        metadata={"description": "Whether the address may be signed with or without its port."}
    )
    unique_signature = fields.Boolean(
        metadata={"description": "Whether no two requests sign the same, unless one repeats the other."}
    )


class RuleSchema(StrictSchema):
    name = _told("How logs, previews and dead letters call the rule.")
    when = _told("JMESPath: the rule takes the items for which this holds.")
    to = Choice(Operation, metadata={"description": "The call of Gong's that an item becomes."})
    items = _told("JMESPath: one item becomes an event for each of these.")
    priority = Choice(Priority, metadata={"description": "Who goes first when the day's budget runs short."})
    aggregate = OpenSection(
        RuleAggregateSchema, metadata={"description": "The events of one session become one call."}
    )
    map = fields.Dict(
        metadata={"description": 'The body of that call. A leaf is a literal, or "{{ JMESPath }}".'}
    )


class ReadSchema(StrictSchema):
    content_type = Text(
        validate=_CONTENT_TYPE,
        metadata={"description": "Read bodies as this type, whatever the sender says."},
    )
    json_field = _told("The field of a form that holds the JSON which is the body.")


class AnswerSchema(StrictSchema):
    status = WholeNumber(validate=in_range(200, 299), metadata={"description": "The status of the answer."})
    content_type = Text(validate=_CONTENT_TYPE, metadata={"description": "Its content type."})
    body = FreeText(
        validate=validate.Length(max=_ANSWER_MAX, error="must not be longer than {max} characters"),
        metadata={"description": "Its body, as text."},
    )
    json = fields.Dict(
        metadata={
            "description": 'Its body, as JSON, in place of a text. A leaf may be "{{ body.action }}": part of the request.'
        }
    )
