"""Preview what a captured payload becomes, with its source's mapping or a trial mapping. Stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from relay.config.presets import load_preset, preset_names
from relay.core.config import Config
from relay.core.destination import Destination
from relay.core.errors import NotFound, Problem, ValidationFailed
from relay.core.gong.problems import ErrorCode
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.preview import preview
from relay.core.mapping.routing import DestinationLookup, Router
from relay.core.mapping.rule import CompiledMapping
from relay.core.payloads import BodyFormat, Payload, read_body
from relay.core.source import Source
from relay.core.verification.scheme import Scheme
from relay.core.verification.strip_body import strip_body
from relay.core.verification.strip_credentials import strip_credentials
from relay.core.webhook import Webhook

TRIAL_BYTES_MAX = 100_000
"""The largest mapping that can be tried. Presets have up to 4,000 bytes."""
_EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class CapturedRequest:
    """A request as its sender made it, with its credentials."""

    raw: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MappingTrial:
    """A payload, and the mapping to try with it."""

    payload: Payload
    mapping: CompiledMapping


@dataclass(frozen=True, slots=True)
class PreviewContext:
    """The source, the destination and the time for which a payload is previewed."""

    source: Source
    destination: Destination | Router
    webhook: Webhook | None
    now: datetime


def preview_context(
    config: Config, source: Source, *, finder: DestinationLookup, now: datetime
) -> PreviewContext:
    router = config.router(source, finder, for_rules=True)
    return PreviewContext(source, router, config.webhooks.get(source.name), now)


def captured_preview_page(captured: CapturedRequest, ctx: PreviewContext) -> dict[str, Any]:
    """Return `{source, items}`: what the source's own mapping makes of a request.

    Raises NotFound if the source has no webhook, and what `read_body` raises.
    """
    webhook = require_webhook(ctx)
    payload = read_captured_payload(captured, webhook.body_format, scheme=webhook.scheme)
    return mapping_preview_page(MappingTrial(payload, webhook.mapping), ctx)


def mapping_preview_page(trial: MappingTrial, ctx: PreviewContext) -> dict[str, Any]:
    """Return `{source, items}`: what a mapping makes of each item of a payload."""
    items = preview(
        trial.mapping,
        trial.payload,
        source=ctx.source,
        destination=ctx.destination,
        received_at=ctx.now,
    )
    return {"source": ctx.source.name, "items": items}


def require_webhook(ctx: PreviewContext) -> Webhook:
    """Return the source's webhook. Raises NotFound if it has none."""
    if ctx.webhook is None:
        text = f"The source {ctx.source.name} accepts no webhooks: give it a preset, or verify and rules."
        raise NotFound("no_such_source", text)
    return ctx.webhook


def read_captured_payload(
    captured: CapturedRequest, body_format: BodyFormat, *, scheme: Scheme | None = None
) -> Payload:
    """Return the payload as a mapping sees it, without the sender's credentials."""
    headers, query = strip_credentials(scheme, captured.headers, captured.query)
    raw = strip_body(scheme, captured.raw, captured.content_type)
    return Payload(read_body(raw, captured.content_type, body_format), headers, query)


def read_trial(body: Any, ctx: PreviewContext) -> MappingTrial:
    """Parse a trial: `{payload, headers, query, mapping}`, of which only the payload is required.

    `mapping` has the keys of a source: rules, and optionally items and preset. Raises ValidationFailed with every
    problem.
    """
    if not isinstance(body, Mapping):
        raise ValidationFailed(
            [Problem("", "type", "must be an object of payload, headers, query and mapping")]
        )
    problems = [
        Problem(str(key), "unknown", "is not a known key; use payload, headers, query and mapping")
        for key in body
        if key not in {"payload", "headers", "query", "mapping"}
    ]
    if "payload" not in body:
        problems.append(Problem("payload", "required", "is missing: give the value that the sender posts"))
    headers, query = (_read_texts(body, name, problems) for name in ("headers", "query"))
    if problems:
        raise ValidationFailed(problems)
    mapping = compile_trial_mapping(body["mapping"]) if "mapping" in body else require_webhook(ctx).mapping
    lower = {name.lower(): value for name, value in headers.items()}
    return MappingTrial(Payload(body["payload"], lower, query), mapping)


def _read_texts(body: Mapping[str, Any], name: str, problems: list[Problem]) -> Mapping[str, str]:
    texts = body.get(name, _EMPTY)
    if isinstance(texts, Mapping) and all(isinstance(value, str) for value in texts.values()):
        return texts
    problems.append(Problem(name, "type", "must be an object whose values are strings"))
    return _EMPTY


def compile_trial_mapping(spec: object) -> CompiledMapping:
    """Compile a mapping that may extend a preset. Raises ValidationFailed with every problem, below `mapping`."""
    if problem := _check_size(spec):
        raise ValidationFailed([problem])
    return compile_mapping(spec, path="mapping", presets={name: load_preset(name) for name in preset_names()})


def _check_size(spec: object) -> Problem | None:
    try:
        # As JSON, because aliases of YAML can make a value much larger than its text.
        size = len(orjson.dumps(spec, default=str, option=orjson.OPT_NON_STR_KEYS))
    except orjson.JSONEncodeError:
        return Problem(
            "mapping", ErrorCode.TYPE, "must contain only what JSON can express, up to 250 levels deep"
        )
    if size > TRIAL_BYTES_MAX:
        message = (
            f"must be at most {TRIAL_BYTES_MAX:,} bytes of JSON: put a longer one into the configuration file"
        )
        return Problem("mapping", ErrorCode.LENGTH, message)
    return None
