"""A captured payload from a file, with what else its sender sent: options that `map` and `source new` share."""

from collections.abc import Sequence

import click

from relay.cli.options import Command
from relay.queries.previews import CapturedRequest

_LINES = (".ndjson", ".jsonl")
_FORM = "application/x-www-form-urlencoded"


def captured_options(command: Command) -> Command:
    """Gives a command `--content-type`, `--header` and `--query`."""
    content_type = click.option(
        "--content-type", metavar="TYPE", help="The payload's content type. Else told by its look."
    )
    header = click.option(
        "--header",
        "headers",
        multiple=True,
        metavar="NAME=VALUE",
        help="A header that came with it. Repeatable.",
    )
    query = click.option(
        "--query", multiple=True, metavar="NAME=VALUE", help="A parameter of the URL it came to. Repeatable."
    )
    return content_type(header(query(command)))


def read_capture(
    file: str, *, content_type: str | None, headers: Sequence[str], query: Sequence[str]
) -> CapturedRequest:
    """The file's bytes (- is standard input) as its sender sent them."""
    with click.open_file(file, "rb") as opened:
        raw = opened.read()
    sent = {name.lower(): value for name, value in _pairs(headers, "--header").items()}
    told = content_type or sent.get("content-type") or _look_of(file, raw)
    return CapturedRequest(raw, told, sent, _pairs(query, "--query"))


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, sign, _ in pairs:
        if not name or not sign:
            raise click.BadParameter("write NAME=VALUE, such as X-Signature=abc.", param_hint=option)
    return {name.strip(): value for name, _, value in pairs}


def _look_of(file: str, raw: bytes) -> str:
    start = raw.lstrip()[:1]
    if file.endswith(_LINES):
        return "application/x-ndjson"
    if raw.startswith(b"--"):
        boundary = raw.partition(b"\n")[0].strip()[2:].decode("latin-1")
        return f'multipart/form-data; boundary="{boundary}"'
    return "application/json" if start in {b"{", b"["} or b"=" not in raw else _FORM
