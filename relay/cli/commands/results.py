"""The results of an action on several events: one line for each, and the exit status."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from relay.cli.context import EXIT_PROBLEM, print_json
from relay.cli.formatting import safe_text
from relay.core.errors import Conflict, NotFound, ValidationFailed


def act_on_each(event_ids: Sequence[str], status: str, act: Callable[[str], Any]) -> list[dict[str, Any]]:
    """Call `act` with each id. A failure does not stop the others. `status` is the one to report after a success."""
    return [_act_on(event_id, status, act) for event_id in event_ids]


def _act_on(event_id: str, status: str, act: Callable[[str], Any]) -> dict[str, Any]:
    try:
        act(event_id)
    except (NotFound, Conflict, ValidationFailed) as error:
        return {"id": event_id, "done": False, "code": error.code, "detail": error.detail}
    return {"id": event_id, "done": True, "status": status}


def print_results(results: Sequence[dict[str, Any]], *, as_json: bool, success: str, failure: str) -> None:
    """Print each result, and exit with 1 if one of them is a failure. `success` and `failure` are the words after an id."""
    if as_json:
        print_json({"results": results})
    else:
        for result in results:
            text = success if result["done"] else f"{failure}: {safe_text(result['detail'])}"
            click.echo(f"{safe_text(result['id'])}  {text}")
    if not all(result["done"] for result in results):
        sys.exit(EXIT_PROBLEM)
