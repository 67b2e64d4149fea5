"""How a source's own payloads are taken: proven, answered, read and mapped. All of it data, checked when it is loaded."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from relay.core.mapping.rule import CompiledMapping
from relay.core.mapping.tree import BuildContext, MapTree
from relay.core.mapping.work_limit import NoValue, StepCounter, WorkLimitExceeded
from relay.core.payloads import BodyFormat, Payload
from relay.core.verification.challenge import Challenge
from relay.core.verification.key import VerifyingKey
from relay.core.verification.scheme import Algorithm, Scheme, SignedPart


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """What a sender is answered where it wants words of its own. Without one it gets what became of its events.

    `json` is an object whose leaves may be taken from the request; it stands in the place of `body`.
    """

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: str = ""
    json: MapTree | None = None

    def words(self, read: Callable[[], Payload]) -> bytes:
        """The bytes to answer with. `read` gives the request, if it is wanted; what it lacks is left out. Never raises."""
        if self.json is None:
            return self.body.encode()
        payload = read()
        scope = {"body": payload.body, "headers": dict(payload.headers), "query": dict(payload.query)}
        try:
            return orjson.dumps(self.json.build(BuildContext(scope, StepCounter())) or {})
        except (NoValue, WorkLimitExceeded):
            return b"{}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """One source's webhook. `preset` is the name of the preset it builds on, for people."""

    scheme: Scheme
    keys: tuple[VerifyingKey, ...]
    mapping: CompiledMapping
    challenges: tuple[Challenge, ...] = ()
    reading: BodyFormat = BodyFormat()  # noqa: RUF009 - frozen, and the same for all
    answer: WebhookResponse | None = None
    preset: str | None = None

    @property
    def verifies(self) -> bool:
        """Whether a sender must prove itself. Without that, anybody who knows the address may post."""
        return self.scheme.algorithm is not Algorithm.NONE

    @property
    def signs_url(self) -> bool:
        """Whether the sender signs the address it posts to, so that the relay must know its own."""
        return SignedPart.URL in self.scheme.signed
