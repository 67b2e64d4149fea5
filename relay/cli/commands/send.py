"""The command that sends: `send` takes canonical events from a file straight into the store, as the HTTP endpoint does."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from relay.cli.commands.send_batches import batches, rejections_of, results_of, summary
from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json, stdout_console
from relay.cli.formatting import counted
from relay.cli.tables.sent import sent_view
from relay.core.errors import BadRequest, TooLarge, Unavailable, ValidationFailed
from relay.core.source import Source
from relay.ingest.accept_events import IngestContext, IngestRequest, dry_run, ingest_events
from relay.settings import Settings

_KEY_ID = "command line"
_JSON, _LINES = "application/json", "application/x-ndjson"
_ENDINGS_OF_LINES = (".ndjson", ".jsonl")
_AS_LINES = "A file of one event a line may be of any length: send it with --ndjson."
_MENDED_BY_LINES = frozenset({"not_json", "too_many_items"})


@click.command(epilog="Example: gong-relay send events.ndjson --source website --dry-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--source", required=True, help="The source that they count as: it says where they go.")
@click.option("--dry-run", "dry", is_flag=True, help="Show the calls that they become, and send nothing.")
@click.option("--ndjson", is_flag=True, help="One event a line. Assumed of a file named .ndjson or .jsonl.")
@operator_command
def send(ctx: CliContext, file: str, *, ndjson: bool, as_json: bool, **told: Any) -> None:
    """Send the canonical events in FILE, or of standard input.

    FILE (- is standard input) holds one JSON object, an array of them, or one a line. Sending it twice does no
    harm: the same ids are duplicates. Ends with 1 when one of them was rejected.
    """
    way = _way(ctx, **told)
    with click.open_file(file, "rb") as opened:
        raw = opened.read()
    if ndjson or file.endswith(_ENDINGS_OF_LINES):
        results = _take_lines(way, raw, ctx.settings)
    else:
        results = _take_whole(way, raw, ctx.settings.max_body_bytes)
    document = summary(results, dry_run=way.dry)
    if as_json:
        print_json(document)
    else:
        stdout_console().print(sent_view(document))
    if document["rejected"]:
        sys.exit(EXIT_PROBLEM)


@dataclass(frozen=True, slots=True)
class _Way:
    """Everything a request of events passes on its way in."""

    intake: IngestContext
    source: Source
    dry: bool


def _way(ctx: CliContext, *, source: str, dry: bool) -> _Way:
    return _Way(ctx.ingest, ctx.source(source), dry)


def _take(way: _Way, raw: bytes, content_type: str, *, first: int = 0) -> list[dict[str, Any]]:
    """Take one request in. Its results are numbered from `first`."""
    arrival = IngestRequest(way.source, raw, content_type, _KEY_ID)
    try:
        if way.dry:
            return results_of(dry_run(way.intake, arrival).body, first=first)
        return results_of(ingest_events(way.intake, arrival).body, first=first)
    except ValidationFailed as error:
        return rejections_of(error, first=first)


def _take_whole(way: _Way, raw: bytes, max_bytes: int) -> list[dict[str, Any]]:
    if len(raw) > max_bytes:
        text = f"The file holds {len(raw):,} bytes; one JSON value may hold {max_bytes:,}. {_AS_LINES}"
        raise click.ClickException(text)
    try:
        return _take(way, raw, _JSON)
    except (BadRequest, TooLarge) as error:
        remedy = _AS_LINES if error.code in _MENDED_BY_LINES else ""
        raise click.ClickException(f"{error.detail.rstrip('.')}. {remedy}".rstrip()) from error


def _take_lines(way: _Way, raw: bytes, settings: Settings) -> list[dict[str, Any]]:
    """Any number of lines, a endpoint's fill at a time."""
    parts = list(batches(raw, max_items=settings.max_items, max_bytes=settings.max_body_bytes))
    if not parts:
        raise click.ClickException("The file holds no event.")
    results: list[dict[str, Any]] = []
    first = 0
    for part in _progress(parts):
        try:
            results += _take(way, b"\n".join(part), _LINES, first=first)
        except Unavailable as error:
            text = f"{error.detail} {counted(first, 'line')} went in before; send the file again, they count once."
            raise Unavailable(error.code, text, retry_after=error.retry_after) from error
        first += len(part)
    return results


def _progress(parts: Sequence[list[bytes]]) -> Iterable[list[bytes]]:
    console = Console(stderr=True)
    if len(parts) == 1 or not console.is_terminal:
        return parts
    return track(parts, description="sending", console=console, transient=True)
