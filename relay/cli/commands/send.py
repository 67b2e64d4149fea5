"""The command `send`: store canonical events from a file directly, without an HTTP request."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from relay.cli.commands.send_batches import batches, rejections_of, results_of, summarize
from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json, stdout_console
from relay.cli.formatting import pluralize, safe_text
from relay.cli.tables.sent import sent_view
from relay.core.errors import BadRequest, TooLarge, Unavailable, ValidationFailed
from relay.core.roles import COMMAND_LINE
from relay.core.source import Source
from relay.ingest.accept_events import IngestContext, IngestRequest, dry_run, ingest_events
from relay.settings import Settings

_JSON, _NDJSON = "application/json", "application/x-ndjson"
_NDJSON_SUFFIXES = (".ndjson", ".jsonl")
_USE_NDJSON = "A file with one event per line can have any size: send it with --ndjson."
_FIXED_BY_NDJSON = frozenset({"not_json", "too_many_items"})
"""Codes of errors that the option --ndjson may fix."""


@click.command(epilog="Example: gong-relay send events.ndjson --source website --dry-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--source", required=True, help="The source of the events. It determines their destination.")
@click.option("--dry-run", is_flag=True, help="Show the calls that the events become, and store nothing.")
@click.option(
    "--ndjson", is_flag=True, help="Read one event per line (default for .ndjson and .jsonl files)."
)
@operator_command
def send(  # noqa: PLR0913 - one parameter per option
    ctx: CliContext, file: str, *, source: str, dry_run: bool, ndjson: bool, as_json: bool
) -> None:
    """Send the canonical events in FILE, as POST /v1/events does.

    FILE (- for standard input) is one JSON object, an array of objects, or one object per line. It is safe to send a
    file twice: events with the same ids are duplicates.

    Exit status: 0 if all events were accepted, 1 if one was rejected, 2 usage error, 3 store unavailable.
    """
    target = _Target(ctx.ingest, ctx.source(source), dry_run)
    with click.open_file(file, "rb") as opened:
        raw = opened.read()
    if ndjson or file.endswith(_NDJSON_SUFFIXES):
        results = _send_lines(target, raw, ctx.settings)
    else:
        results = _send_whole(target, raw, ctx.settings.max_body_bytes)
    document = summarize(results, dry_run=dry_run)
    if as_json:
        print_json(document)
    else:
        stdout_console().print(sent_view(document))
    if document["rejected"]:
        sys.exit(EXIT_PROBLEM)


@dataclass(frozen=True, slots=True)
class _Target:
    """Where the events go, and whether this is a dry run."""

    ingest: IngestContext
    source: Source
    dry_run: bool


def _send_request(target: _Target, raw: bytes, content_type: str, *, first: int = 0) -> list[dict[str, Any]]:
    """Return the results of one request, numbered from `first`."""
    request = IngestRequest(
        source=target.source, raw=raw, content_type=content_type, key_id=COMMAND_LINE.key_id
    )
    run = dry_run if target.dry_run else ingest_events
    try:
        return results_of(run(target.ingest, request).body, first=first)
    except ValidationFailed as error:
        return rejections_of(error, first=first)


def _send_whole(target: _Target, raw: bytes, max_bytes: int) -> list[dict[str, Any]]:
    if len(raw) > max_bytes:
        text = f"The file has {len(raw):,} bytes, and one JSON value may have {max_bytes:,}. {_USE_NDJSON}"
        raise click.ClickException(text)
    try:
        return _send_request(target, raw, _JSON)
    except (BadRequest, TooLarge) as error:
        remedy = _USE_NDJSON if error.code in _FIXED_BY_NDJSON else ""
        raise click.ClickException(safe_text(f"{error.detail.rstrip('.')}. {remedy}".rstrip())) from error


def _send_lines(target: _Target, raw: bytes, settings: Settings) -> list[dict[str, Any]]:
    """Send any number of lines, in batches that one request may have."""
    parts = list(batches(raw, max_items=settings.max_items, max_bytes=settings.max_body_bytes))
    if not parts:
        raise click.ClickException("The file contains no events.")
    results: list[dict[str, Any]] = []
    sent = 0
    for part in _with_progress(parts):
        try:
            results += _send_request(target, b"\n".join(part), _NDJSON, first=sent)
        except Unavailable as error:
            text = (
                f"{error.detail} {pluralize(sent, 'line')} were sent before that. Send the whole file again: events "
                "that were sent are duplicates."
            )
            raise Unavailable(error.code, text, retry_after=error.retry_after) from error
        sent += len(part)
    return results


def _with_progress(parts: Sequence[list[bytes]]) -> Iterable[list[bytes]]:
    console = Console(stderr=True)
    if len(parts) == 1 or not console.is_terminal:
        return parts
    return track(parts, description="sending", console=console, transient=True)
