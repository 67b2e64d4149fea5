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
    scheme = SuggestedWord(
        [*SCHEMES, CUSTOM.name], metadata={"description": "How the sender signs its requests."}
    )
    secrets = ListOf(
        Secret(),
        metadata={"description": "The secret, or up to three of them during a change: write ${NAME}."},
    )
    tolerance_seconds = fields.Integer(
        metadata={
            "description": "The largest difference between the signed timestamp and now, in either direction."
        }
    )
    algorithm = Choice(Algorithm, metadata={"description": "The algorithm of the signature."})
    signature = _told(
        "The field that contains the signature: header:NAME, query:NAME, form:NAME or json:PATH."
    )
    prefix = _told("The text before the signature.")
    separator = _told("The character that separates several values in the field.")
    signed = _told("The signed text, such as {timestamp}.{body}.")
    encoding = Choice(Encoding, metadata={"description": "How the signature is encoded."})
    secret_format = Choice(SecretFormat, metadata={"description": "The format of the secret."})
    timestamp = _told("The field that contains the signed timestamp.")
    timestamp_prefix = _told("The text before the timestamp.")
    timestamp_format = Choice(TimestampFormat, metadata={"description": "The format of the timestamp."})
    id = _told("The field that contains the id of the delivery.")
    json_field = _told("The form field that contains the JSON.")
    body_digest = _told("The field of the signed URL that contains the SHA-256 of the body.")
    url_decode = ListOf(
        fields.String(),
        metadata={"description": "Percent escapes that the sender decodes in the URL before it signs it."},
    )
    optional_port = fields.Boolean(
        metadata={"description": "Whether the sender may sign the URL with or without its port."}
    )
    unique_signature = fields.Boolean(
        metadata={"description": "Whether two different requests never have the same signed text."}
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
