"""The command `source new`: draft a source from a captured payload."""

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
from relay.cli.source_wizard.draft import (
    Draft,
    ask_about_mapping,
    draft_from_preset,
    draft_from_rule,
    draft_verification,
    sample_value,
)
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

_DEFAULT_DESTINATION = "acme"
_NO_PRESET = "none"
_STANDARD_INPUT = "-"


@click.group("source", epilog="Example: gong-relay source new --from captured.json")
def source() -> None:
    """Draft the configuration of a source."""


@source.command("new", epilog="Example: gong-relay source new --from captured.json --name website")
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Body of a captured request, exactly as the sender sent it. Use - for standard input; that disables prompts.",
)
@click.option("--name", help="Name of the source.")
@click.option("--destination", help="Destination of its events.")
@click.option("--preset", type=click.Choice([*preset_names(), _NO_PRESET]), help="Preset of the vendor.")
@click.option("--yes", is_flag=True, help="Do not prompt: accept every suggestion.")
@captured_options
@operator_command
def new(ctx: CliContext, *, as_json: bool, yes: bool, file: str | None, **options: Any) -> None:
    """Draft a source from a captured payload, and print it as YAML to paste into the configuration file.

    Suggests a preset, or a mapping based on the names and forms of the payload's fields. The YAML is on standard output,
    everything else on standard error. No file is changed.

    Exit status: 0 if Gong would accept the events, 1 if it would reject one, 2 usage error, 3 store unavailable.
    """
    # With `--from -` the payload uses standard input, so it cannot answer prompts.
    interactive = not (as_json or yes or file == _STANDARD_INPUT)
    choices = {key: options.pop(key) for key in ("name", "destination", "preset")}
    file = file or _ask_for_file(interactive=interactive)
    captured = read_capture(file, **options)
    draft = _draft_source(ctx, captured, {**choices, "file": file}, interactive=interactive)
    _print_draft(draft, as_json=as_json)
    if draft.problems or count_dead({"items": draft.items}):
        sys.exit(EXIT_PROBLEM)


def _ask_for_file(*, interactive: bool) -> str:
    if not interactive:
        raise click.UsageError("Name the file with the captured payload: --from FILE.")
    kind = click.Path(exists=True, dir_okay=False)
    return str(click.prompt("File with a captured payload", type=kind, err=True))


def _draft_source(
    ctx: CliContext, captured: CapturedRequest, choices: Mapping[str, str | None], *, interactive: bool
) -> Draft:
    verification = detect_verification(_signed_request(captured))
    destination = _choose_destination(ctx, choices["destination"], interactive=interactive)
    context = PreviewContext(Source(name="new", destination=destination.name), destination, None, ctx.now())
    preset = choices["preset"] or _choose_preset(captured, context, verification, interactive=interactive)
    # A source is named after its preset, or after the file of the payload.
    suggested_name = Path(choices["file"] or "").stem if preset == _NO_PRESET else preset
    name = _choose_name(ctx, choices["name"], suggested_name, interactive=interactive)
    context = replace(context, source=Source(name=name, destination=destination.name))
    if preset != _NO_PRESET:
        draft = draft_from_preset(preset, build_preset_trial(preset, captured), context)
        _show_preview(draft)
        return draft
    return _draft_mapping(captured, context, verification, interactive=interactive)


def _signed_request(captured: CapturedRequest) -> SignedRequest:
    """Return the request for `detect_verification`, which looks for signatures and needs no URL."""
    query = "&".join(f"{name}={value}" for name, value in captured.query.items())
    headers = [*captured.headers.items()]
    if "content-type" not in captured.headers:
        headers.append(("content-type", captured.content_type))
    return SignedRequest(
        method="POST", public_url="", headers=headers, query_string=query.encode(), body=captured.raw
    )


def _choose_destination(ctx: CliContext, name: str | None, *, interactive: bool) -> Destination:
    """Return a configured destination; a placeholder if there is no valid configuration yet."""
    try:
        configured = ctx.config.destinations
    except StartupError:
        placeholder = name or _DEFAULT_DESTINATION
        return Destination(name=placeholder, company=placeholder, credentials=BasicCredentials("", ""))
    chosen = name or next(iter(configured), _DEFAULT_DESTINATION)
    if interactive and name is None and len(configured) > 1:
        choices = click.Choice([*configured])
        chosen = click.prompt("Destination of the events", default=chosen, type=choices, err=True)
    return configured.get(chosen) or find_destination(ctx, chosen)


def _choose_name(ctx: CliContext, name: str | None, suggested: str, *, interactive: bool) -> str:
    default = re.sub(r"[^a-z0-9_-]+", "-", suggested.lower()).strip("-_")[:63] or "partner"
    if not name:
        name = click.prompt("Name of the source", default=default, err=True) if interactive else default
    if not re.fullmatch(NAME_PATTERN, name):
        text = "use a-z, 0-9, - and _, and start with a letter or digit."
        raise click.BadParameter(text, param_hint="--name")
    # The draft may come before the first configuration file.
    try:
        exists = name in ctx.config.sources
    except StartupError:
        exists = False
    if exists:
        text = f"there is already a source {name}: choose another name."
        raise click.BadParameter(text, param_hint="--name")
    return name


def _choose_preset(
    captured: CapturedRequest,
    context: PreviewContext,
    verification: Mapping[str, Any] | None,
    *,
    interactive: bool,
) -> str:
    """Return the preset that matches the payload, unless the operator declines it."""
    matches = match_presets(captured, context, scheme=verification["scheme"] if verification else None)
    if not matches:
        return _NO_PRESET
    titles = ", ".join(f"{load_preset(name)['title']} ({name})" for name in matches)
    click.echo(f"Presets that can map this payload: {titles}.", err=True)
    if not interactive:
        return matches[0]
    choices = click.Choice([*matches, _NO_PRESET])
    return str(click.prompt("Preset to use", default=matches[0], type=choices, err=True))


def _draft_mapping(
    captured: CapturedRequest,
    context: PreviewContext,
    verification: Mapping[str, Any] | None,
    *,
    interactive: bool,
) -> Draft:
    payload = read_captured_payload(captured, BodyFormat())
    suggestion = suggest_rule(payload.body)
    _show_fields(suggestion)
    verify, notes = draft_verification(context.source.name, verification, interactive=interactive)
    while True:
        suggestion = ask_about_mapping(suggestion) if interactive else suggestion
        draft = draft_from_rule(suggestion, payload, context=context, verify=verify)
        _show_preview(draft)
        if not interactive or click.confirm("Is this what Gong should receive?", default=True, err=True):
            break
    return replace(draft, notes=notes)


def _stderr_console() -> Console:
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def _show_fields(suggestion: SuggestedRule) -> None:
    table = make_table("path", "value")
    for field in suggestion.payload_fields:
        table.add_row(safe_text(field.expression), sample_value(field))
    _stderr_console().print(table)
    if suggestion.items:
        _stderr_console().print(f"The items are in {suggestion.items}.")


def _show_preview(draft: Draft) -> None:
    _stderr_console().print(preview_view({"items": draft.items}))
    for problem in draft.problems:
        _stderr_console().print(Text(problem_line(problem.as_dict()), style="red"))


def _print_draft(draft: Draft, *, as_json: bool) -> None:
    text = source_yaml(draft.name, draft.entry, notes=[*draft.notes])
    if as_json:
        print_json(
            {
                "source": draft.name,
                "entry": draft.entry,
                "notes": draft.notes,
                "yaml": text,
                "items": draft.items,
                "problems": [problem.as_dict() for problem in draft.problems],
            }
        )
        return
    _stderr_console().print("\nAdd this to the configuration file:\n")
    click.echo(text, nl=False)
