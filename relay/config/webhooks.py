"""The webhook of a source: its preset, verification, mapping, body format and response."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from marshmallow import ValidationError

from relay.config.fields import StrictSchema
from relay.config.preset_merge import locate_in_file, merge_preset
from relay.config.presets import load_preset, preset_names
from relay.config.verification import read_verification
from relay.config.webhook_schema import AnswerSchema, ReadSchema
from relay.config.yaml_document import mask_variables
from relay.core.call import Dialect, Operation
from relay.core.config import Config
from relay.core.errors import Problem, RelayError, UnsupportedType, ValidationFailed, join_path
from relay.core.gong_compat.parse import CATALOG_OPERATIONS
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.problems import did_you_mean
from relay.core.mapping.rule import CompiledMapping
from relay.core.mapping.tree import parse_map
from relay.core.payloads import BodyFormat, read_body
from relay.core.verification.challenge import CHALLENGES, Challenge
from relay.core.webhook import Webhook, WebhookResponse
from relay.settings import StartupError

WEBHOOK_KEYS = ("verify", "preset", "items", "rules", "read", "answer", "challenges")
"""A source with one of these keys receives webhooks."""

Part = TypeVar("Part")


def read_webhook(entry: Mapping[str, Any], *, path: str, dialect: Dialect = Dialect.GONG) -> Webhook | None:
    """Read the webhook of a source; None if the source has none.

    `dialect` is that of its destination. Raises ValidationFailed with every problem.
    """
    if not any(key in entry for key in WEBHOOK_KEYS):
        return None
    preset = _load_preset(entry.get("preset"), join_path(path, "preset"))
    own = {key: entry[key] for key in WEBHOOK_KEYS if key in entry and key != "preset"}
    merged = merge_preset(preset, own)
    problems: list[Problem] = []

    def read_part(read: Callable[[Any, str], Part], key: str) -> Part | None:
        try:
            return read(merged.get(key), join_path(path, key))
        except ValidationFailed as error:
            problems.extend(error.problems)
            return None

    # Every part is read, even after a problem, so that all problems are reported at once.
    verification = read_part(lambda section, key_path: read_verification(section, path=key_path), "verify")
    mapping = read_part(lambda _, __: _read_mapping(merged, dialect, path), "rules")
    challenges = read_part(_read_challenges, "challenges")
    body_format = read_part(_read_body_format, "read")
    answer = read_part(_read_answer, "answer") if merged.get("answer") is not None else None
    if verification is None or mapping is None or challenges is None or body_format is None or problems:
        raise ValidationFailed([locate_in_file(preset, own, path=path)(problem) for problem in problems])
    scheme, keys = verification
    return Webhook(
        scheme=scheme,
        keys=keys,
        mapping=mapping,
        challenges=challenges,
        body_format=body_format,
        answer=answer,
        preset=entry.get("preset"),
    )


def _load_preset(name: Any, path: str) -> Mapping[str, Any]:
    if name is None:
        return {}
    if name not in preset_names():
        message = f"there is no such preset{did_you_mean(str(name), preset_names())}"
        raise ValidationFailed([Problem(path, "unknown_preset", message)])
    return load_preset(name)


def _read_mapping(merged: Mapping[str, Any], dialect: Dialect, path: str) -> CompiledMapping:
    problems = list(_wrong_operations(merged.get("rules"), dialect, join_path(path, "rules")))
    try:
        compiled = compile_mapping(
            {key: merged[key] for key in ("items", "rules") if key in merged}, path=path
        )
    except ValidationFailed as error:
        raise ValidationFailed([*problems, *error.problems]) from None
    if problems:
        raise ValidationFailed(problems)
    return replace(compiled, spec=mask_variables(compiled.spec))


def _wrong_operations(rules: Any, dialect: Dialect, path: str) -> Iterator[Problem]:
    """Yield the rules whose operation the destination's dialect does not have."""
    operations = sorted(
        CATALOG_OPERATIONS if dialect is Dialect.CATALOG else frozenset(Operation) - CATALOG_OPERATIONS
    )
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        to = rule.get("to") if isinstance(rule, Mapping) else None
        if to in tuple(Operation) and to not in operations:
            message = f"is not an operation of the destination's dialect {dialect}: use one of {', '.join(operations)}"
            yield Problem(f"{path}[{index}].to", "wrong_dialect", message)


def _read_challenges(name: Any, path: str) -> tuple[Challenge, ...]:
    if name is None:
        return ()
    if not isinstance(name, str) or name not in CHALLENGES:
        message = f"is not a known handshake{did_you_mean(str(name), list(CHALLENGES))}"
        raise ValidationFailed([Problem(path, "unknown_challenge", message)])
    return CHALLENGES[name]


def _read_body_format(section: Any, path: str) -> BodyFormat:
    body_format = BodyFormat(**_load_valid(ReadSchema(), section or {}))
    try:
        read_body(b"", body_format.content_type or "application/json")
    except UnsupportedType as error:
        raise ValidationFailed(
            [Problem(join_path(path, "content_type"), "unsupported_type", error.detail)]
        ) from None
    except RelayError:
        pass  # an empty body is not valid JSON; only the type is checked here
    return body_format


def _read_answer(section: Any, path: str) -> WebhookResponse:
    answer = _load_valid(AnswerSchema(), section)
    if "json" not in answer:
        return WebhookResponse(**answer)
    if "body" in answer:
        raise ValidationFailed(
            [Problem(join_path(path, "json"), "conflict", "conflicts with body: keep one of the two")]
        )
    tree, problems = parse_map(answer["json"], path=join_path(path, "json"))
    if problems:
        raise ValidationFailed(problems)
    return WebhookResponse(**{"content_type": "application/json"} | answer | {"json": tree})


def _load_valid(schema: StrictSchema, section: Any) -> dict[str, Any]:
    """Load a section; empty if it is invalid, because validation of the whole file reports its problems."""
    try:
        loaded: dict[str, Any] = schema.load(section)
    except ValidationError:
        return {}
    return loaded


def check_public_url(config: Config, public_url: str | None) -> None:
    """Raise StartupError if a sender signs the relay's URL but RELAY_PUBLIC_URL is not set."""
    if public_url:
        return
    # The Host header cannot replace the setting, because anyone can forge it.
    signing = [name for name, webhook in config.webhooks.items() if webhook.signs_url]
    if signing:
        text = f"is required: the senders of {', '.join(signing)} sign the URL that they post to"
        raise StartupError([Problem("RELAY_PUBLIC_URL", "required", text)])
