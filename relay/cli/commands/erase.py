"""The command that erases a person's data: `erase`, and the check of the report that it leaves."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console, Group, RenderableType
from rich.text import Text

from relay.actions.erasure_job import Eraser, step
from relay.cli.context import PROBLEM, Desk, at_desk, now, print_json, terminal
from relay.cli.formatting import counted, plain
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.signed_document import Signer
from relay.queries.erasures import DONE, erasure_page, erasure_preview_page, read_erasure_request
from relay.store.audit import Deed, record_entry
from relay.store.erasures_all_stores import ErasureRequest, start_erasure_in_all_stores

_EVERY_SECONDS = 0.5
_WHO = "command line"


@click.command(epilog="Example: gong-relay erase --email jane@globex.com --dry-run")
@click.option("--email", help="The person's address.")
@click.option("--phone", help="The person's number, with its country: +1 555 010 0199.")
@click.option("--dry-run", is_flag=True, help="Count what would be erased, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask first. Only a terminal is asked.")
@click.option("--wait/--no-wait", default=True, help="Erase until it is done. Else workers do it.")
@click.option("--show", metavar="ERASURE", help="The report of an erasure, by its id.")
@click.option(
    "--verify",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Check that this relay signed a report, and that nobody has changed it.",
)
@at_desk
def erase(desk: Desk, *, as_json: bool, show: str | None, verify: Path | None, **told: Any) -> None:
    """Erase what the relay holds of a person: events, requests, dead letters, indexes; in every store.

    The report names no address. It is signed where RELAY_SECRET_KEYS is set. Ends with 1 when a report that is checked
    is not as this relay wrote it.
    """
    if sum(map(bool, (told["email"], told["phone"], show, verify))) != 1:
        raise click.UsageError("Give one of --email, --phone, --show and --verify.")
    signer = Signer(desk.settings.secret_keys)
    if verify:
        _verify(signer, verify, as_json=as_json)
    elif show:
        _tell(erasure_page(desk.stores, show, signer), as_json=as_json)
    else:
        given = {kind: told[kind] for kind in ("email", "phone") if told[kind]}
        kind, person, _ = read_erasure_request(given)
        if told["dry_run"]:
            _foresee(erasure_preview_page(desk.stores, person), as_json=as_json)
            return
        if sys.stdin.isatty() and not told["yes"]:
            click.echo("\n".join(_foreseen(erasure_preview_page(desk.stores, person))), err=True)
            click.confirm("It cannot be undone. Erase?", abort=True, err=True)
        _tell(_erased(desk, kind, person, signer, wait=told["wait"]), as_json=as_json)


def _erased(desk: Desk, kind: str, person: str, signer: Signer, *, wait: bool) -> dict[str, Any]:
    """Its page once it is done, or was left to the workers."""
    [erasure_id] = generate_ids(now(), os.urandom(ENTROPY_BYTES), 1)
    asked = ErasureRequest(erasure_id, person, kind, _WHO)
    start_erasure_in_all_stores(desk.stores, asked, seen_seconds=desk.retention.seen, now=now())
    deed = Deed(_WHO, "admin", "person.erase", erasure_id)
    record_entry(desk.redis, deed, now=now(), keep_hours=desk.settings.retention_audit_hours)
    page = erasure_page(desk.stores, erasure_id, signer)
    try:
        while wait and page["status"] != DONE:
            _step(desk)
            page = erasure_page(desk.stores, erasure_id, signer)
            if page["status"] != DONE:
                time.sleep(_EVERY_SECONDS)
    except KeyboardInterrupt:
        page = erasure_page(desk.stores, erasure_id, signer)
    return page


def _step(desk: Desk) -> None:
    """What workers do: so that it is done also where none runs."""
    record_seconds = desk.settings.retention_audit_hours * 3600
    for store in desk.stores:
        step(Eraser(store, now, desk.retention.dead, record_seconds))


def _verify(signer: Signer, file: Path, *, as_json: bool) -> None:
    try:
        document = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise click.UsageError(
            f"{file} holds no JSON: {error}. Give a report as the relay answered it."
        ) from error
    good = isinstance(document, dict) and signer.verify(document)
    if as_json:
        print_json({"file": str(file), "signed_by_this_relay": good})
    elif good:
        click.echo("This relay signed the report, and nobody has changed it since.")
    else:
        click.echo("No key of RELAY_SECRET_KEYS signed this, or it was changed since.", err=True)
    if not good:
        sys.exit(PROBLEM)


def _foresee(page: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(page)
    else:
        click.echo("\n".join(_foreseen(page)))


def _foreseen(page: dict[str, Any]) -> Iterator[str]:
    for part in page["stores"]:
        least = "at least " if part["at_least"] else ""
        events = sum(part["events"].values())
        told = ", ".join(f"{count:,} {state}" for state, count in part["events"].items())
        yield (
            f"{part['store']}: {least}{counted(events, 'event')}{f' ({told})' if told else ''} would be erased, and "
            f"the bytes of {counted(part['receipts'], 'request')} beside."
        )


def _tell(page: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(page)
    else:
        terminal().print(_view(page))
        _say_unsigned(page)


def _view(page: dict[str, Any]) -> RenderableType:
    lines = [f"Erasure {page['id']} is {page['status']}: {counted(page['erased'], 'event')} erased."]
    for part in page["stores"]:
        told = ", ".join(f"{count:,} {state}" for state, count in part["events"].items()) or "none"
        lines.append(f"  {part['store']}: {told}; the bytes of {counted(part['receipts'], 'request')}")
    if page["waits_for"]:
        lines.append(f"{counted(page['waits_for'], 'event')} being sent just now, and erased after that.")
    return Group(*(Text(line) for line in [*lines, *(plain(said) for said in page["not_possible"])]))


def _say_unsigned(page: dict[str, Any]) -> None:
    if page["status"] != DONE:
        click.echo(f"Workers go on with it. Its report: gong-relay erase --show {page['id']} --json")
    elif page["signature"] is None:
        Console(stderr=True).print("The report is not signed: RELAY_SECRET_KEYS is not set.", markup=False)
