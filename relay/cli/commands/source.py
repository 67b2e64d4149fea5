"""The command that sets a source up from a captured payload: `source new`."""

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from relay.actions.destinations import find_destination
from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json
from relay.cli.formatting import safe_text
from relay.cli.source_wizard.captured_payload import captured_options, read_capture
from relay.cli.source_wizard.draft import Draft, asked, drafted, preset_draft, proven, sample
from relay.cli.source_wizard.yaml_lines import source_yaml
from relay.cli.tables.events import problem_line
from relay.cli.tables.previews import count_dead, preview_view
from relay.cli.tables.queues import make_table
from relay.config.fields import NAME_PATTERN
from relay.config.presets import load_preset, preset_names
from relay.core.destination import BasicCredentials, Destination
from relay.core.mapping.suggest import SuggestedRule, suggest_rule
from relay.core.payloads import BodyFormat
from relay.core.source import Source
from relay.core.verification.detect import detect_verification
from relay.core.verification.request import SignedRequest
from relay.queries.preset_match import build_preset_trial, match_presets
from relay.queries.previews import CapturedRequest, PreviewContext, read_captured_payload
from relay.settings import StartupError

_STAND_IN = "acme"
_NO_PRESET = "none"
_STANDARD_INPUT = "-"


@click.group("source", epilog="Example: gong-relay source new --from captured.json")
def source() -> None:
    """Set up a source of a partner's own payloads."""


@source.command("new", epilog="Example: gong-relay source new --from captured.json --name website")
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="A request's body as the sender sent it; - is standard input, and then nothing is asked.",
)
@click.option("--name", help="What to call the source.")
@click.option("--destination", help="Where its events go.")
@click.option("--preset", type=click.Choice([*preset_names(), _NO_PRESET]), help="The vendor's preset.")
@click.option("--yes", is_flag=True, help="Ask nothing: take what is proposed.")
@captured_options
@operator_command
def new(ctx: CliContext, *, as_json: bool, yes: bool, file: str | None, **told: Any) -> None:
    """Make a source of a captured payload: see its values, say what they mean, paste the lines.

    Proposes a preset, or a mapping by the names and shapes of the values. Nothing is written: the lines for the
    configuration file are on standard output, all else on standard error. Ends with 1 when Gong would refuse an event.
    """
    asking = not (as_json or yes or file == _STANDARD_INPUT)  # answers come by it too
    chosen = {key: told.pop(key) for key in ("name", "destination", "preset")}
    file = file or _asked_for_file(asking=asking)
    captured = read_capture(file, **told)
    draft = _draft(ctx, captured, {**chosen, "file": file}, asking=asking)
    _tell(draft, as_json=as_json)
    if draft.problems or count_dead({"items": draft.items}):
        sys.exit(EXIT_PROBLEM)


def _asked_for_file(*, asking: bool) -> str:
    if not asking:
        raise click.UsageError("Name the file of a captured payload: --from FILE.")
    kind = click.Path(exists=True, dir_okay=False)
    return str(click.prompt("The file that holds a captured payload", type=kind, err=True))


def _draft(
    ctx: CliContext, captured: CapturedRequest, chosen: Mapping[str, str | None], *, asking: bool
) -> Draft:
    proof = detect_verification(_as_sent(captured))
    destination = _destination(ctx, chosen["destination"], asking=asking)
    way = PreviewContext(Source("new", destination.name), destination, None, ctx.now())
    preset = chosen["preset"] or _preset(captured, way, proof, asking=asking)
    stem = Path(chosen["file"] or "").stem if preset == _NO_PRESET else preset
    name = _name(ctx, chosen["name"], stem, asking=asking)
    way = replace(way, source=Source(name, destination.name))
    if preset != _NO_PRESET:
        draft = preset_draft(preset, build_preset_trial(preset, captured), way)
        _show(draft)
        return draft
    return _by_proposal(captured, way, proof, asking=asking)


def _as_sent(captured: CapturedRequest) -> SignedRequest:
    """Only the places of what is signed are looked at, so that the address does not matter."""
    query = "&".join(f"{name}={value}" for name, value in captured.query.items())
    headers = [*captured.headers.items()]
    if "content-type" not in captured.headers:
        headers.append(("content-type", captured.content_type))
    return SignedRequest(
        method="POST", public_url="", headers=headers, query_string=query.encode(), body=captured.raw
    )


def _destination(ctx: CliContext, told: str | None, *, asking: bool) -> Destination:
    """A configured one; where there is no configuration yet, one of this name."""
    try:
        known = ctx.config.destinations
    except StartupError:
        return Destination(told or _STAND_IN, told or _STAND_IN, BasicCredentials("", ""))
    name = told or next(iter(known), _STAND_IN)
    if asking and told is None and len(known) > 1:
        name = click.prompt("Where its events go", default=name, type=click.Choice([*known]), err=True)
    return known.get(name) or find_destination(ctx, name)


def _name(ctx: CliContext, told: str | None, stem: str, *, asking: bool) -> str:
    proposed = re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_")[:63] or "partner"
    name = told or (click.prompt("The source's name", default=proposed, err=True) if asking else proposed)
    if not re.fullmatch(NAME_PATTERN, name):
        raise click.BadParameter(
            "use a-z, 0-9, - and _, and begin with a letter or digit.", param_hint="--name"
        )
    try:
        taken = name in ctx.config.sources
    except StartupError:
        taken = False
    if taken:
        raise click.BadParameter(f"there is a source {name} already: choose another.", param_hint="--name")
    return name


def _preset(
    captured: CapturedRequest, way: PreviewContext, proof: Mapping[str, Any] | None, *, asking: bool
) -> str:
    """The preset that the payload looks like, if it is wanted."""
    fitting = match_presets(captured, way, scheme=proof["scheme"] if proof else None)
    if not fitting:
        return _NO_PRESET
    looks = ", ".join(f"{load_preset(name)['title']} ({name})" for name in fitting)
    click.echo(f"This looks like {looks}.", err=True)
    if not asking:
        return fitting[0]
    choice = click.Choice([*fitting, _NO_PRESET])
    return str(click.prompt("Which preset to take", default=fitting[0], type=choice, err=True))


def _by_proposal(
    captured: CapturedRequest, way: PreviewContext, proof: Mapping[str, Any] | None, *, asking: bool
) -> Draft:
    payload = read_captured_payload(captured, BodyFormat())
    proposal = suggest_rule(payload.body)
    _show_paths(proposal)
    verify, notes = proven(way.source.name, proof, asking=asking)
    while True:
        proposal = asked(proposal) if asking else proposal
        draft = drafted(proposal, payload, way=way, verify=verify)
        _show(draft)
        if not asking or click.confirm("Is this what Gong should get?", default=True, err=True):
            break
    return replace(draft, notes=notes)


def _console() -> Console:
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def _show_paths(proposal: SuggestedRule) -> None:
    table = make_table("path", "value")
    for leaf in proposal.payload_fields:
        table.add_row(safe_text(leaf.expression), sample(leaf))
    _console().print(table)
    if proposal.items:
        _console().print(f"Its items are in {proposal.items}.")


def _show(draft: Draft) -> None:
    _console().print(preview_view({"items": draft.items}))
    for problem in draft.problems:
        _console().print(Text(problem_line(problem.as_dict()), style="red"))


def _tell(draft: Draft, *, as_json: bool) -> None:
    text = source_yaml(draft.name, draft.entry, notes=[*draft.notes])
    if as_json:
        problems = [problem.as_dict() for problem in draft.problems]
        told = {"source": draft.name, "entry": draft.entry, "notes": draft.notes, "yaml": text}
        print_json({**told, "items": draft.items, "problems": problems})
        return
    _console().print("\nThe lines for the configuration file:\n")
    click.echo(text, nl=False)
