"""Webhooks: how the requests of a source are verified, answered, parsed and mapped."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from relay.core.mapping.rule import CompiledMapping
from relay.core.mapping.tree import BuildContext, MapTree
from relay.core.mapping.work_limit import NoValue, StepCounter, WorkLimitExceeded
from relay.core.payloads import BodyFormat, Payload
from relay.core.secret import WithheldSecret
from relay.core.verification.challenge import Challenge
from relay.core.verification.key import VerifyingKey
from relay.core.verification.scheme import Algorithm, Scheme, SignedPart


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """A custom response for senders that require one. Other senders get the result of their events."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: str = ""
    json: MapTree | None = None
    """A JSON object that replaces `body`. Its leaves may be expressions over the request."""

    def render_body(self, read: Callable[[], Payload]) -> bytes:
        """Return the body of the response. `read` returns the request, and is called only if necessary. Never raises."""
        if self.json is None:
            return self.body.encode()
        payload = read()
        scope = {"body": payload.body, "headers": dict(payload.headers), "query": dict(payload.query)}
        try:
            return orjson.dumps(self.json.build(BuildContext(scope, StepCounter())) or {})
        except (NoValue, WorkLimitExceeded):
            return b"{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The webhook of one source."""

    scheme: Scheme
    keys: tuple[VerifyingKey, ...] | WithheldSecret
    mapping: CompiledMapping
    challenges: tuple[Challenge, ...] = ()
    body_format: BodyFormat = BodyFormat()  # noqa: RUF009 - BodyFormat is frozen, so one default instance can be shared
    answer: WebhookResponse | None = None
    preset: str | None = None
    """The preset that it is based on, for display."""

    @property
    def verifies(self) -> bool:
        """True if requests are verified. If not, anyone who knows the URL can post."""
        return self.scheme.algorithm is not Algorithm.NONE

    @property
    def signs_url(self) -> bool:
        """True if the signature covers the URL, so that the relay has to know its own public URL."""
        return SignedPart.URL in self.scheme.signed
