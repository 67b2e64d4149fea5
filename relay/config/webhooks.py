"""The webhook part of a source: its preset, how its sender is verified and answered, how it is read and mapped."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from marshmallow import ValidationError

from relay.config.base_schema import StrictSchema
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
from relay.core.mapping.rule import CompiledMapping
from relay.core.mapping.tree import parse_map
from relay.core.payloads import BodyFormat, read_body
from relay.core.verification.challenge import CHALLENGES, Challenge
from relay.core.webhook import Webhook, WebhookResponse
from relay.settings import StartupError, did_you_mean

WEBHOOK_KEYS = ("verify", "preset", "items", "rules", "read", "answer", "challenges")
"""What makes a source one that takes its sender's own payloads."""

Found = TypeVar("Found")


def read_webhook(entry: Mapping[str, Any], *, path: str, dialect: Dialect = Dialect.GONG) -> Webhook | None:
    """The hook of a source's entry, or None where it has none. Raises Invalid with everything that is wrong.

    `dialect` is what its destination takes.
    """
    if not any(key in entry for key in WEBHOOK_KEYS):
        return None
    preset = _preset(entry.get("preset"), join_path(path, "preset"))
    own = {key: entry[key] for key in WEBHOOK_KEYS if key in entry and key != "preset"}
    whole = merge_preset(preset, own)
    problems: list[Problem] = []

    def part(read: Callable[[Any, str], Found], key: str) -> Found | None:
        try:
            return read(whole.get(key), join_path(path, key))
        except ValidationFailed as error:
            problems.extend(error.problems)
            return None

    proving = part(lambda told, here: read_verification(told, path=here), "verify")
    mapping = part(lambda _, __: _mapping(whole, dialect, path), "rules")
    challenges = part(_challenges, "challenges")
    reading = part(_reading, "read")
    answer = part(_answer, "answer") if whole.get("answer") is not None else None
    if proving is None or mapping is None or challenges is None or reading is None or problems:
        raise ValidationFailed([locate_in_file(preset, own, path=path)(problem) for problem in problems])
    return Webhook(*proving, mapping, challenges, reading, answer, entry.get("preset"))


def _preset(name: Any, path: str) -> Mapping[str, Any]:
    if name is None:
        return {}
    if name not in preset_names():
        message = f"there is no such preset{did_you_mean(str(name), preset_names())}"
        raise ValidationFailed([Problem(path, "unknown_preset", message)])
    return load_preset(name)


def _mapping(whole: Mapping[str, Any], dialect: Dialect, path: str) -> CompiledMapping:
    problems = list(_of_another_dialect(whole.get("rules"), dialect, join_path(path, "rules")))
    try:
        compiled = compile_mapping({key: whole[key] for key in ("items", "rules") if key in whole}, path=path)
    except ValidationFailed as error:
        raise ValidationFailed([*problems, *error.problems]) from None
    if problems:
        raise ValidationFailed(problems)
    return replace(compiled, spec=mask_variables(compiled.spec))


def _of_another_dialect(rules: Any, dialect: Dialect, path: str) -> Iterator[Problem]:
    """Rules whose calls the destination cannot take."""
    taken = sorted(
        CATALOG_OPERATIONS if dialect is Dialect.CATALOG else frozenset(Operation) - CATALOG_OPERATIONS
    )
    for place, rule in enumerate(rules if isinstance(rules, list) else []):
        to = rule.get("to") if isinstance(rule, Mapping) else None
        if to in tuple(Operation) and to not in taken:
            message = (
                f"is no call of dialect {dialect}, which the destination speaks: it takes {', '.join(taken)}"
            )
            yield Problem(f"{path}[{place}].to", "wrong_dialect", message)


def _challenges(told: Any, path: str) -> tuple[Challenge, ...]:
    if told is None:
        return ()
    if not isinstance(told, str) or told not in CHALLENGES:
        message = f"is no handshake that the relay knows{did_you_mean(str(told), list(CHALLENGES))}"
        raise ValidationFailed([Problem(path, "unknown_challenge", message)])
    return CHALLENGES[told]


def _reading(told: Any, path: str) -> BodyFormat:
    reading = BodyFormat(**_loaded(ReadSchema(), told or {}))
    try:
        read_body(b"", reading.content_type or "application/json")
    except UnsupportedType as error:
        raise ValidationFailed(
            [Problem(join_path(path, "content_type"), "unsupported_type", error.detail)]
        ) from None
    except RelayError:
        pass  # that an empty body is none was to be expected
    return reading


def _answer(told: Any, path: str) -> WebhookResponse:
    read = _loaded(AnswerSchema(), told)
    if "json" not in read:
        return WebhookResponse(**read)
    if "body" in read:
        raise ValidationFailed(
            [Problem(join_path(path, "json"), "conflict", "stands beside body: keep one of the two")]
        )
    tree, problems = parse_map(read["json"], path=join_path(path, "json"))
    if problems:
        raise ValidationFailed(problems)
    return WebhookResponse(**{"content_type": "application/json"} | read | {"json": tree})


def _loaded(schema: StrictSchema, told: Any) -> dict[str, Any]:
    """What is wrong in it is told, key by key, where the whole file is checked."""
    try:
        loaded: dict[str, Any] = schema.load(told)
    except ValidationError:
        return {}
    return loaded


def check_public_url(config: Config, public_url: str | None) -> None:
    """Some senders sign the address they post to; the relay must be told its own, for a Host header can be forged."""
    if public_url:
        return
    wanting = [name for name, hook in config.webhooks.items() if hook.signs_url]
    if wanting:
        text = f"is needed: the senders of {', '.join(wanting)} sign the address they post to"
        raise StartupError([Problem("RELAY_PUBLIC_URL", "required", text)])
