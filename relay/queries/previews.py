"""What a captured payload would become: by its source's mapping, or by another one that somebody tries. Nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from relay.config.presets import load_preset, preset_names
from relay.core.config import Config
from relay.core.destination import Destination
from relay.core.errors import NotFound, Problem, ValidationFailed
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.preview import preview
from relay.core.mapping.routing import DestinationLookup, Router
from relay.core.mapping.rule import CompiledMapping
from relay.core.payloads import BodyFormat, Payload, read_body
from relay.core.source import Source
from relay.core.verification.scheme import Scheme
from relay.core.verification.strip_credentials import strip_credentials
from relay.core.webhook import Webhook

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class CapturedRequest:
    """A request as its sender made it."""

    raw: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MappingTrial:
    """A payload, and the mapping to try on it."""

    payload: Payload
    mapping: CompiledMapping


@dataclass(frozen=True, slots=True)
class PreviewContext:
    """The way that an event would go, and the moment at which it came."""

    source: Source
    destination: Destination | Router
    webhook: Webhook | None
    now: datetime


def preview_context(
    config: Config, source: Source, *, finder: DestinationLookup, now: datetime
) -> PreviewContext:
    router = config.router(source, finder, for_rules=True)
    return PreviewContext(source, router, config.webhooks.get(source.name), now)


def captured_preview_page(captured: CapturedRequest, way: PreviewContext) -> dict[str, Any]:
    """`{source, items}`: what the source's own mapping makes of a request.

    Raises NotFound where the source has no mapping, and what reading the body raises.
    """
    webhook = require_webhook(way)
    payload = read_captured_payload(captured, webhook.body_format, scheme=webhook.scheme)
    return mapping_preview_page(MappingTrial(payload, webhook.mapping), way)


def mapping_preview_page(trial: MappingTrial, way: PreviewContext) -> dict[str, Any]:
    """`{source, items}`: what a mapping makes of a payload, item by item."""
    items = preview(
        trial.mapping,
        trial.payload,
        source=way.source,
        destination=way.destination,
        received_at=way.now,
    )
    return {"source": way.source.name, "items": items}


def require_webhook(way: PreviewContext) -> Webhook:
    """The source's webhook. NotFound where it has none."""
    if way.webhook is None:
        text = f"The source {way.source.name} takes no webhooks: give it a preset, or verify and rules."
        raise NotFound("no_such_source", text)
    return way.webhook


def read_captured_payload(
    captured: CapturedRequest, reading: BodyFormat, *, scheme: Scheme | None = None
) -> Payload:
    """What a mapping sees of a request: the front endpoint hides what proves the sender, and so does a preview."""
    headers, query = strip_credentials(scheme, captured.headers, captured.query)
    return Payload(read_body(captured.raw, captured.content_type, reading), headers, query)


def read_trial(told: Any, way: PreviewContext) -> MappingTrial:
    """A trial as a client writes it: `{payload, headers, query, mapping}`, all but the payload optional.

    `mapping` is what a source says of it: rules, and perhaps items and preset. Raises ValidationFailed with everything wrong.
    """
    if not isinstance(told, Mapping):
        raise ValidationFailed(
            [Problem("", "type", "must be an object of payload, headers, query and mapping")]
        )
    problems = [
        Problem(str(key), "unknown", "there is no such key: there are payload, headers, query and mapping")
        for key in told
        if key not in {"payload", "headers", "query", "mapping"}
    ]
    if "payload" not in told:
        problems.append(Problem("payload", "required", "is missing: give the value that the sender posts"))
    headers, query = (_texts(told, name, problems) for name in ("headers", "query"))
    if problems:
        raise ValidationFailed(problems)
    mapping = compile_trial_mapping(told["mapping"]) if "mapping" in told else require_webhook(way).mapping
    lower = {name.lower(): value for name, value in headers.items()}
    return MappingTrial(Payload(told["payload"], lower, query), mapping)


def _texts(told: Mapping[str, Any], name: str, problems: list[Problem]) -> Mapping[str, str]:
    found = told.get(name, _NOTHING)
    if isinstance(found, Mapping) and all(isinstance(value, str) for value in found.values()):
        return found
    problems.append(Problem(name, "type", "must be an object whose values are texts"))
    return _NOTHING


def compile_trial_mapping(spec: object) -> CompiledMapping:
    """A mapping that may build on a preset. Raises ValidationFailed with every mistake below `mapping`."""
    return compile_mapping(spec, path="mapping", presets={name: load_preset(name) for name in preset_names()})
