"""The command `erase`: erase a person's data, show an erasure's report, and verify a report's signature."""

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console, Group, RenderableType
from rich.text import Text

from relay.actions.erasure_job import ErasureContext, step
from relay.actions.erasures import erase_person
from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json, stdout_console
from relay.cli.formatting import pluralize, safe_text
from relay.core.roles import COMMAND_LINE
from relay.core.signed_document import Signer
from relay.queries.erasures import DONE, erasure_page

_POLL_SECONDS = 0.5


@click.command(epilog="Example: gong-relay erase --email jane@globex.com --dry-run")
@click.option("--email", help="The person's email address.")
@click.option("--phone", help="The person's phone number with country code: +1 555 010 0199.")
@click.option("--dry-run", is_flag=True, help="Count what would be erased, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation (it is only asked for on a terminal).")
@click.option(
    "--wait/--no-wait",
    default=True,
    help="Wait until everything is erased, or leave the rest to the workers.",
)
@click.option("--show", metavar="ERASURE", help="Show the report of the erasure with this id.")
@click.option(
    "--verify",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Verify that this relay signed the report in FILE.",
)
@operator_command
def erase(ctx: CliContext, *, as_json: bool, show: str | None, verify: Path | None, **options: Any) -> None:
    """Erase a person's data from every store: events, requests, dead letters and indexes.

    The report names no personal data. It is signed if RELAY_SECRET_KEYS is set.

    Exit status: 0 on success, 1 if there is no such erasure or the report's signature is invalid, 2 usage error, 3 store
    unavailable.
    """
    if sum(map(bool, (options["email"], options["phone"], show, verify))) != 1:
        raise click.UsageError("Give exactly one of --email, --phone, --show and --verify.")
    signer = Signer(ctx.settings.secret_keys)
    if verify:
        _verify(signer, verify, as_json=as_json)
    elif show:
        _print_report(erasure_page(ctx.stores, show, signer), as_json=as_json)
    else:
        _erase_person(ctx, signer, as_json=as_json, **options)


def _erase_person(ctx: CliContext, signer: Signer, *, as_json: bool, **options: Any) -> None:
    person = {kind: options[kind] for kind in ("email", "phone") if options[kind]}
    dry_run = person | {"dry_run": True}
    if options["dry_run"]:
        _print_preview(erase_person(ctx, COMMAND_LINE, dry_run), as_json=as_json)
        return
    # A script cannot answer, and has decided already.
    if sys.stdin.isatty() and not options["yes"]:
        click.echo("\n".join(_preview_lines(erase_person(ctx, COMMAND_LINE, dry_run))), err=True)
        click.confirm("This cannot be undone. Erase?", abort=True, err=True)
    page = erase_person(ctx, COMMAND_LINE, person)
    if options["wait"]:
        page = _run_until_done(ctx, page, signer)
    _print_report(page, as_json=as_json)


def _run_until_done(ctx: CliContext, page: dict[str, Any], signer: Signer) -> dict[str, Any]:
    """Run the erasure here, so that it also ends if no worker is running. Ctrl-C leaves the rest to the workers."""
    try:
        while page["status"] != DONE:
            _run_step(ctx)
            page = erasure_page(ctx.stores, page["id"], signer)
            if page["status"] != DONE:
                time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        page = erasure_page(ctx.stores, page["id"], signer)
    return page


def _run_step(ctx: CliContext) -> None:
    record_seconds = ctx.settings.retention_audit_hours * 3600
    for store in ctx.stores:
        step(ErasureContext(store, ctx.now, ctx.retention.dead, record_seconds))


def _verify(signer: Signer, file: Path, *, as_json: bool) -> None:
    try:
        document = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        text = (
            f"{file} is not JSON: {error}. Give a report as `gong-relay erase --json` or the API returned it."
        )
        raise click.UsageError(text) from error
    is_signed = isinstance(document, dict) and signer.verify(document)
    if as_json:
        print_json({"file": str(file), "signed_by_this_relay": is_signed})
    elif is_signed:
        click.echo("The signature is valid: this relay signed the report, and it has not changed since.")
    else:
        text = "The signature is invalid: no key in RELAY_SECRET_KEYS signed this report, or it was changed since."
        click.echo(text, err=True)
    if not is_signed:
        sys.exit(EXIT_PROBLEM)


def _print_preview(page: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(page)
    else:
        click.echo("\n".join(_preview_lines(page)))


def _preview_lines(page: dict[str, Any]) -> Iterator[str]:
    for part in page["stores"]:
        at_least = "at least " if part["truncated"] else ""
        events = sum(part["events"].values())
        by_state = f" ({_count_by_state(part['events'])})" if part["events"] else ""
        yield (
            f"{part['store']}: {at_least}{pluralize(events, 'event')}{by_state} and the bodies of "
            f"{pluralize(part['receipts'], 'request')} would be erased."
        )


def _print_report(page: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(page)
        return
    stdout_console().print(_report_view(page))
    if page["status"] != DONE:
        click.echo(
            f"Workers continue the erasure. Show its report with: gong-relay erase --show {page['id']} --json"
        )
    elif page["signature"] is None:
        text = "The report is not signed, because RELAY_SECRET_KEYS is not set."
        Console(stderr=True).print(text, markup=False)


def _report_view(page: dict[str, Any]) -> RenderableType:
    lines = [f"Erasure {page['id']} is {page['status']}: {pluralize(page['erased'], 'event')} erased."]
    for part in page["stores"]:
        events = _count_by_state(part["events"]) or "no events"
        lines.append(f"  {part['store']}: {events}; the bodies of {pluralize(part['receipts'], 'request')}")
    if page["pending_events"]:
        lines.append(f"{pluralize(page['pending_events'], 'event')} being sent; erased after that.")
    lines += [safe_text(text) for text in page["limitations"]]
    return Group(*map(Text, lines))


def _count_by_state(events: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in events.items())
