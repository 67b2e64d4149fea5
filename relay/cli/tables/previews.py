"""A preview as a person reads it: item by item the rule, the call, what is wrong with it, and what nobody read."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from relay.cli.formatting import plain
from relay.cli.tables.events import call_view, problem_line

_STYLES = {"ready": "green", "dead": "red"}
_ASSOCIATIONS = {
    "strong": "by address or CRM record",
    "medium": "by phone number or company domain",
    "weak": "by nothing that it promises to look at",
    "opaque": "by a tracking id that only Gong can read",
}


def preview_view(page: Mapping[str, Any]) -> RenderableType:
    """The page of a preview, and its counts."""
    items = [_item(item) for item in page["items"]]
    return Group(*items, Text(_counts(page)))


def dead(page: Mapping[str, Any]) -> int:
    """How many items Gong would refuse."""
    return sum(item["status"] == "dead" for item in page["items"])


def _counts(page: Mapping[str, Any]) -> str:
    found = Counter(item["status"] for item in page["items"])
    counts = ", ".join(f"{status} {found[status]:,}" for status in ("ready", "filtered", "dead"))
    return f"Nothing was sent: {counts}."


def _item(item: Mapping[str, Any]) -> RenderableType:
    status = item["status"]
    head = Text.assemble(f"item {item['index']}: ", (status, _STYLES.get(status, "yellow")), _by(item))
    return Group(head, Padding(Group(*_told(item)), (0, 0, 1, 2), expand=False))


def _by(item: Mapping[str, Any]) -> str:
    if not item["rule"]:
        return ""
    return f", rule {plain(item['rule'])!r}, priority {item['priority']}, to {item['destination']}"


def _told(item: Mapping[str, Any]) -> Iterator[RenderableType]:
    if "detail" in item:
        yield Text(plain(item["detail"]))
    if item["status"] != "filtered":
        yield Text(
            f"known as {plain(item['event_id'])}: another one with this id is a duplicate", style="dim"
        )
    yield from (Text(problem_line(told), style="red") for told in item["errors"])
    yield from (Text(f"warning: {problem_line(told)}", style="yellow") for told in item["warnings"])
    if "body" in item:
        yield call_view(item)
        sure = item["association"]
        yield Text(f"Gong can tie it to a deal: {sure}, {_ASSOCIATIONS[sure]}", style="dim")
    if "session" in item:
        ties = plain(", ".join(item["session"]["ties"]))
        yield Text(f"one call with all others of its session: {ties}", style="dim")
    if item["unused"]:
        yield Text(f"not used: {plain(', '.join(item['unused']))}", style="dim")
