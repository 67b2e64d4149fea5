"""Schemas of the webhook keys of a source: `verify`, `rules`, `read` and `answer`."""

# ruff: noqa: ARG002 - marshmallow passes all of these to `_deserialize`

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields, validate

from relay.config.fields import Choice, ListOf, Section, StrictSchema, Text, WholeNumber, in_range
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
    """A mapping that the schema only describes, for editors. Its own parser validates it and reports better problems."""

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
    """A list of mappings that the schema only describes."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return value


class SuggestedWord(Text):
    """A word for which editors offer suggestions. Its own parser rejects unknown words."""

    def __init__(self, words: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = tuple(words)


class Secret(fields.Field[Any]):
    """A string, or a mapping with the string and the dates between which it is valid."""


class FreeText(Text):
    """Text that may be empty or end with a line break."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return value


def _text(description: str) -> Text:
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
    algorithm = Choice(Algorithm, metadata={"description": "The signature algorithm."})
    signature = _text(
        "The field that contains the signature: header:NAME, query:NAME, form:NAME or json:PATH."
    )
    prefix = _text("The text before the signature.")
    separator = _text("The character that separates several values in the field.")
    signed = _text("The signed text, such as {timestamp}.{body}.")
    encoding = Choice(Encoding, metadata={"description": "How the signature is encoded."})
    secret_format = Choice(SecretFormat, metadata={"description": "The format of the secret."})
    timestamp = _text("The field that contains the signed timestamp.")
    timestamp_prefix = _text("The text before the timestamp.")
    timestamp_format = Choice(TimestampFormat, metadata={"description": "The format of the timestamp."})
    id = _text("The field that contains the id of the delivery.")
    json_field = _text("The form field that contains the JSON.")
    body_digest = _text("The field of the signed URL that contains the SHA-256 of the body.")
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
    name = _text("Name of the rule in logs, previews and dead letters.")
    when = _text("JMESPath condition: the rule maps the items that match it.")
    to = Choice(Operation, metadata={"description": "The operation of Gong's API that an item becomes."})
    items = _text("JMESPath list: one item becomes one event for each element.")
    priority = Choice(
        Priority, metadata={"description": "Which events are sent first when the budget runs short."}
    )
    aggregate = OpenSection(
        RuleAggregateSchema, metadata={"description": "Send the events of one session as one call."}
    )
    map = fields.Dict(
        metadata={"description": 'The body of the call. A leaf is a literal or "{{ JMESPath }}".'}
    )


class ReadSchema(StrictSchema):
    content_type = Text(
        validate=_CONTENT_TYPE,
        metadata={"description": "Read bodies as this type, whatever the sender declares."},
    )
    json_field = _text("The form field that contains the JSON body.")


class AnswerSchema(StrictSchema):
    status = WholeNumber(validate=in_range(200, 299), metadata={"description": "Status of the response."})
    content_type = Text(validate=_CONTENT_TYPE, metadata={"description": "Content type of the response."})
    body = FreeText(
        validate=validate.Length(max=_ANSWER_MAX, error="must not be longer than {max} characters"),
        metadata={"description": "Body of the response, as text."},
    )
    json = fields.Dict(
        metadata={
            "description": 'Body of the response, as JSON. A leaf may quote the request: "{{ body.action }}".'
        }
    )
