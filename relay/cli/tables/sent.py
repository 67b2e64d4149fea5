"""The result of `gong-relay send`: a table of events, or the calls of a dry run."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from relay.cli.formatting import NO_VALUE, safe_text
from relay.cli.tables.events import call_view, problem_line
from relay.cli.tables.queues import make_table

_STYLES = {"rejected": "red", "queued": "green", "ready": "green"}


def sent_view(document: Mapping[str, Any]) -> RenderableType:
    """Return the results of `send`, one per item, and their counts."""
    render = _calls if "dry_run" in document else _table
    return Group(*render(document), Text(_counts(document)))


def _counts(document: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{name} {count:,}" for name, count in document.items() if type(count) is int)
    return f"Nothing was sent: {counts}." if "dry_run" in document else counts


def _table(document: Mapping[str, Any]) -> Iterator[RenderableType]:
    table = make_table(">item", "status", "id", "detail")
    for result in document["results"]:
        status = "duplicate" if result.get("duplicate") else result["status"]
        table.add_row(
            str(result["index"]),
            Text(status, style=_STYLES.get(status, "")),
            result.get("id", NO_VALUE),
            _describe(result),
        )
    yield table
    yield Text("")


def _describe(result: Mapping[str, Any]) -> str:
    """Why the event is a duplicate, filtered or rejected; its warnings otherwise."""
    lines = [problem_line(problem) for name in ("errors", "warnings") for problem in result.get(name, ())]
    if result.get("duplicate"):
        lines.insert(0, f"an event with this id already exists: {safe_text(result['status'])}")
    if "detail" in result:
        lines.insert(0, safe_text(result["detail"]))
    return "\n".join(lines)


def _calls(document: Mapping[str, Any]) -> Iterator[RenderableType]:
    for result in document["results"]:
        status = result["status"]
        yield Text.assemble(f"item {result['index']}: ", (status, _STYLES.get(status, "")))
        if description := _describe(result):
            yield Text(description)
        for call in result.get("calls", ()):
            yield call_view(call)
            yield Text(f"association in Gong: {call['association']}", style="dim")
            for warning in call["warnings"]:
                yield Text(f"warning: {problem_line(warning)}", style="yellow")
        yield Text("")
