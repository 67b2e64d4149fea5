"""Reads a captured request: the body from a file, and the rest from options that `map` and `source new` share."""

from collections.abc import Sequence

import click

from relay.cli.options import Command
from relay.queries.previews import CapturedRequest

_NDJSON_SUFFIXES = (".ndjson", ".jsonl")
_FORM = "application/x-www-form-urlencoded"


def captured_options(command: Command) -> Command:
    """Give a command the options `--content-type`, `--header` and `--query`."""
    content_type = click.option(
        "--content-type", metavar="TYPE", help="Content type of the payload (default: detected)."
    )
    header = click.option(
        "--header", "headers", multiple=True, metavar="NAME=VALUE", help="Header of the request. Repeatable."
    )
    query = click.option(
        "--query", multiple=True, metavar="NAME=VALUE", help="Query parameter of the request. Repeatable."
    )
    return content_type(header(query(command)))


def read_capture(
    file: str, *, content_type: str | None, headers: Sequence[str], query: Sequence[str]
) -> CapturedRequest:
    """Read the request whose body is in `file` (- for standard input)."""
    with click.open_file(file, "rb") as opened:
        raw = opened.read()
    named = {name.lower(): value for name, value in _parse_pairs(headers, "--header").items()}
    detected = content_type or named.get("content-type") or _detect_content_type(file, raw)
    return CapturedRequest(raw, detected, named, _parse_pairs(query, "--query"))


def _parse_pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, sign, _ in pairs:
        if not name or not sign:
            raise click.BadParameter("use NAME=VALUE, such as X-Signature=abc.", param_hint=option)
    return {name.strip(): value for name, _, value in pairs}


def _detect_content_type(file: str, raw: bytes) -> str:
    if file.endswith(_NDJSON_SUFFIXES):
        return "application/x-ndjson"
    if raw.startswith(b"--"):
        boundary = raw.partition(b"\n")[0].strip()[2:].decode("latin-1")
        return f'multipart/form-data; boundary="{boundary}"'
    # The forms of bodies differ enough in their first bytes. An undecidable body is read as JSON, whose errors are clear.
    is_json = raw.lstrip()[:1] in {b"{", b"["} or b"=" not in raw
    return "application/json" if is_json else _FORM
