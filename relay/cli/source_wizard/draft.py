"""Drafts a source: asks about a suggested mapping, and previews the result on the captured payload."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import click

from relay.cli.formatting import safe_text
from relay.core.errors import Problem, ValidationFailed
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.lint_expression import parse_expression
from relay.core.mapping.payload_fields import PayloadField
from relay.core.mapping.suggest import SuggestedRule, build_rule, replace_expression
from relay.core.payloads import Payload
from relay.core.verification.known_schemes import SCHEMES
from relay.queries.previews import MappingTrial, PreviewContext, mapping_preview_page

_MAX_SAMPLE = 48
_OMIT = "-"
"""The answer that leaves a field out."""
_SECRET_WORDS = frozenset({"token", "secret", "password", "signature", "hash", "hmac", "key", "auth"})
_PROMPTS = {
    "eventId": "Event ID",
    "timestamp": "Time of the event",
    "eventType": "Event type, in words",
    "content.contentTitle": "Title of the content",
    "content.contentUrl": "URL of the content",
    "person.email": "The person's email address",
    "person.name": "The person's name",
}
_DEFAULT_SCHEME = "standard"
"""If the sender signs in another way, its requests are rejected with 401. No forged request is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A drafted source: its configuration entry, and the preview of the captured payload."""

    name: str
    entry: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    """Comments to print above the entry."""
    items: tuple[Mapping[str, Any], ...] = ()
    """The preview, item by item."""
    problems: tuple[Problem, ...] = ()
    """Why there is no preview."""


def sample_value(field: PayloadField) -> str:
    """A field's value, shortened, and hidden if the field's name suggests a secret."""
    if field.words & _SECRET_WORDS:
        return "(hidden)"
    text = safe_text(field.value)
    return text if len(text) <= _MAX_SAMPLE else f"{text[: _MAX_SAMPLE - 1]}…"


def ask_about_mapping(suggestion: SuggestedRule) -> SuggestedRule:
    """Ask the operator to confirm or replace each expression of a suggested rule."""
    click.echo(
        f"\nAnswer with an expression such as item.id, or with 'text' in quotes. {_OMIT} leaves the field out.",
        err=True,
    )
    when = _ask_for_expression("Condition for an event (when)", suggestion.when)
    suggestion = replace(suggestion, when=when)
    for path, prompt in _PROMPTS.items():
        expression = _ask_for_expression(prompt, suggestion.expressions.get(path))
        suggestion = replace_expression(suggestion, path, expression)
    return suggestion


def _ask_for_expression(prompt: str, suggested: str | None) -> str | None:
    answer = click.prompt(f"  {prompt}", default=suggested or _OMIT, value_proc=_check_expression, err=True)
    return None if answer == _OMIT else str(answer)


def _check_expression(text: str) -> str:
    # Click repeats the prompt after a UsageError.
    parsed = parse_expression(text.strip(), path="it") if text.strip() != _OMIT else None
    if isinstance(parsed, list):
        raise click.UsageError("; ".join(f"{problem.path} {problem.message}" for problem in parsed))
    return text.strip()


def draft_from_rule(
    suggestion: SuggestedRule, payload: Payload, *, context: PreviewContext, verify: Mapping[str, Any]
) -> Draft:
    """Draft a source with one rule, and preview it on the payload."""
    mapping: dict[str, Any] = {"items": suggestion.items} if suggestion.items else {}
    mapping["rules"] = [build_rule(suggestion)]
    name = context.source.name
    entry = {"destination": context.source.destination, "verify": verify, **mapping}
    try:
        page = mapping_preview_page(MappingTrial(payload, compile_mapping(mapping)), context)
    except ValidationFailed as error:
        return Draft(name=name, entry=entry, problems=error.problems)
    return Draft(name=name, entry=entry, items=tuple(page["items"]))


def draft_from_preset(preset: str, trial: MappingTrial, context: PreviewContext) -> Draft:
    """Draft a source with a preset, and preview it on the payload."""
    name = context.source.name
    verify = {"secrets": [secret_variable(name)]}
    entry = {"preset": preset, "destination": context.source.destination, "verify": verify}
    return Draft(name=name, entry=entry, items=tuple(mapping_preview_page(trial, context)["items"]))


def secret_variable(name: str) -> str:
    """`${MY_SITE_SECRET}` for the source `my-site`."""
    return f"${{{name.upper().replace('-', '_')}_SECRET}}"


def draft_verification(
    name: str, detected: Mapping[str, Any] | None, *, interactive: bool
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the `verify` section of a source, and notes on what to check about it.

    `detected` is the scheme that the captured headers suggest, if any.
    """
    if detected is not None:
        verify = {**detected, "secrets": [secret_variable(name)]}
        if detected["scheme"] != "custom":
            return verify, ()
        header = str(detected.get("signature")).partition(":")[2]
        return verify, (f"The header {header} looks like an HMAC of the body. Ask the vendor to confirm it.",)
    scheme = _DEFAULT_SCHEME
    if interactive:
        prompt = "  Verification scheme (none: do not verify)"
        choices = click.Choice([*SCHEMES])
        scheme = click.prompt(prompt, default=scheme, type=choices, show_choices=False, err=True)
    if scheme == "none":
        return {"scheme": "none"}, ("NOT VERIFIED: anyone can post.",)
    note = "The captured request shows no signature. Set the sender's verification scheme before use."
    return {"scheme": scheme, "secrets": [secret_variable(name)]}, () if interactive else (note,)
