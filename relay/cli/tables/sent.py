"""What became of events that were sent, as a person reads it: one line an event, or the calls of a dry run."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from relay.cli.formatting import NOTHING, plain
from relay.cli.tables.events import call_view, problem_line
from relay.cli.tables.queues import quiet_table

_STYLES = {"rejected": "red", "queued": "green", "ready": "green"}


def sent_view(document: Mapping[str, Any]) -> RenderableType:
    """The results of `send`, item by item, and their counts."""
    show = _previews if "dry_run" in document else _lines
    return Group(*show(document), Text(_counts(document)))


def _counts(document: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{name} {count:,}" for name, count in document.items() if type(count) is int)
    return f"Nothing was sent: {counts}." if "dry_run" in document else counts


def _lines(document: Mapping[str, Any]) -> Iterator[RenderableType]:
    table = quiet_table(">item", "status", "id", "what to know")
    for result in document["results"]:
        status = "duplicate" if result.get("duplicate") else result["status"]
        style = _STYLES.get(status, "")
        table.add_row(
            str(result["index"]), Text(status, style=style), result.get("id", NOTHING), _said(result)
        )
    yield table
    yield Text("")


def _said(result: Mapping[str, Any]) -> str:
    """Why it is a duplicate, filtered or rejected, or else what Gong may make of it."""
    told = [problem_line(problem) for name in ("errors", "warnings") for problem in result.get(name, ())]
    if result.get("duplicate"):
        told.insert(0, f"this id came before: that event is {plain(result['status'])}")
    if "detail" in result:
        told.insert(0, plain(result["detail"]))
    return "\n".join(told)


def _previews(document: Mapping[str, Any]) -> Iterator[RenderableType]:
    for result in document["results"]:
        status = result["status"]
        yield Text.assemble(f"item {result['index']}: ", (status, _STYLES.get(status, "")))
        if said := _said(result):
            yield Text(said)
        for call in result.get("calls", ()):
            yield call_view(call)
            yield Text(f"how surely Gong can tie it to a deal: {call['association']}", style="dim")
            yield from (Text(f"warning: {problem_line(told)}", style="yellow") for told in call["warnings"])
        yield Text("")
