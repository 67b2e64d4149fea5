"""A source in the making: what is proposed for a captured payload, what a person says to it, and what comes of both."""

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

SHOWN_MAX = 48
_NOTHING = "-"
_SECRETS = frozenset({"token", "secret", "password", "signature", "hash", "hmac", "key", "auth"})
_QUESTIONS = {
    "eventId": "the event's own id",
    "timestamp": "when it happened",
    "eventType": "what happened, in words",
    "content.contentTitle": "the content's title",
    "content.contentUrl": "the content's address",
    "person.email": "the person's e-mail address",
    "person.name": "the person's name",
}
_UNKNOWN_PROOF = "standard"
"""Fails closed: where the sender signs otherwise it is answered 401, and nothing forged gets in."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What `source new` has made: the entry for the file, notes on it, and its preview or why there is none."""

    name: str
    entry: Mapping[str, Any]
    notes: tuple[str, ...]
    items: tuple[Mapping[str, Any], ...]
    problems: tuple[Problem, ...] = ()


def sample(leaf: PayloadField) -> str:
    """A value as a table shows it: clipped, and hidden where its name speaks of a secret."""
    if leaf.words & _SECRETS:
        return "(hidden)"
    text = safe_text(leaf.value)
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"


def asked(proposal: SuggestedRule) -> SuggestedRule:
    """The proposal after a person has been asked about each part of it."""
    click.echo(f"\nEach answer is an expression such as item.id, or 'text'; {_NOTHING} is nothing.", err=True)
    when = _answer("which events it takes", proposal.when)
    proposal = replace(proposal, when=when)
    for path, question in _QUESTIONS.items():
        proposal = replace_expression(proposal, path, _answer(question, proposal.expressions.get(path)))
    return proposal


def _answer(question: str, proposed: str | None) -> str | None:
    told = click.prompt(f"  {question}", default=proposed or _NOTHING, value_proc=_expression, err=True)
    return None if told == _NOTHING else str(told)


def _expression(text: str) -> str:
    """Click asks again after a UsageError."""
    read = parse_expression(text.strip(), path="it") if text.strip() != _NOTHING else None
    if isinstance(read, list):
        raise click.UsageError("; ".join(f"{problem.path} {problem.message}" for problem in read))
    return text.strip()


def drafted(
    proposal: SuggestedRule, payload: Payload, *, way: PreviewContext, verify: Mapping[str, Any]
) -> Draft:
    """The source that the proposal makes, tried on the payload that it was learnt from."""
    items = {"items": proposal.items} if proposal.items else {}
    mapping = {**items, "rules": [build_rule(proposal)]}
    entry = {"destination": way.source.destination, "verify": verify, **mapping}
    try:
        page = mapping_preview_page(MappingTrial(payload, compile_mapping(mapping)), way)
    except ValidationFailed as error:
        return Draft(way.source.name, entry, (), (), error.problems)
    return Draft(way.source.name, entry, (), tuple(page["items"]))


def preset_draft(preset: str, trial: MappingTrial, way: PreviewContext) -> Draft:
    """A source that is a preset's, tried on the payload."""
    name = way.source.name
    verify = {"secrets": [secret_of(name)]}
    entry = {"preset": preset, "destination": way.source.destination, "verify": verify}
    return Draft(name, entry, (), tuple(mapping_preview_page(trial, way)["items"]))


def secret_of(name: str) -> str:
    """`${MY_SITE_SECRET}` for `my-site`."""
    return f"${{{name.upper().replace('-', '_')}_SECRET}}"


def proven(
    name: str, proof: Mapping[str, Any] | None, *, asking: bool
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What `verify` says, with the secret's name, and notes on how sure that is."""
    if proof is not None:
        sure = proof["scheme"] != "custom"
        note = f"The header {str(proof.get('signature')).partition(':')[2]} looks like an HMAC of the body. Ask the vendor."
        return {**proof, "secrets": [secret_of(name)]}, () if sure else (note,)
    scheme = _UNKNOWN_PROOF
    if asking:
        question = "  how the sender proves itself (a scheme's name, or none)"
        scheme = click.prompt(
            question, default=scheme, type=click.Choice([*SCHEMES]), show_choices=False, err=True
        )
    if scheme == "none":
        return {"scheme": "none"}, ("NOT VERIFIED: anybody may post.",)
    notes = () if asking else ("Nothing captured tells how the sender signs: name its scheme before use.",)
    return {"scheme": scheme, "secrets": [secret_of(name)]}, notes
