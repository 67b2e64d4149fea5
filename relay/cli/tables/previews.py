"""The preview of a mapping: for each item its rule, its call, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from relay.cli.formatting import safe_text
from relay.cli.tables.events import call_view, problem_line

_STYLES = {"ready": "green", "dead": "red"}
_ASSOCIATIONS = {
    "strong": "by an email address or CRM record",
    "medium": "by a phone number or a company domain",
    "weak": "only by details such as a name",
    "opaque": "by a tracking id that only Gong can resolve",
}


def preview_view(page: Mapping[str, Any]) -> RenderableType:
    """Return the page of a preview, item by item, and the counts."""
    items = [_item(item) for item in page["items"]]
    return Group(*items, Text(_counts(page)))


def count_dead(page: Mapping[str, Any]) -> int:
    """Return the number of items that Gong would reject."""
    return sum(item["status"] == "dead" for item in page["items"])


def _counts(page: Mapping[str, Any]) -> str:
    totals = Counter(item["status"] for item in page["items"])
    counts = ", ".join(f"{status} {totals[status]:,}" for status in ("ready", "filtered", "dead"))
    return f"Nothing was sent: {counts}."


def _item(item: Mapping[str, Any]) -> RenderableType:
    status = item["status"]
    head = Text.assemble(
        f"item {item['index']}: ", (status, _STYLES.get(status, "yellow")), _describe_rule(item)
    )
    return Group(head, Padding(Group(*_details(item)), (0, 0, 1, 2), expand=False))


def _describe_rule(item: Mapping[str, Any]) -> str:
    if not item["rule"]:
        return ""
    return f", rule {safe_text(item['rule'])!r}, priority {item['priority']}, to {item['destination']}"


def _details(item: Mapping[str, Any]) -> Iterator[RenderableType]:
    if "detail" in item:
        yield Text(safe_text(item["detail"]))
    if item["status"] != "filtered":
        yield Text(
            f"event id {safe_text(item['event_id'])}: a second event with this id is a duplicate", style="dim"
        )
    yield from (Text(problem_line(error), style="red") for error in item["errors"])
    yield from (Text(f"warning: {problem_line(warning)}", style="yellow") for warning in item["warnings"])
    if "body" in item:
        yield call_view(item)
        association = item["association"]
        yield Text(f"association in Gong: {association}, {_ASSOCIATIONS[association]}", style="dim")
    if "session" in item:
        ties = safe_text(", ".join(item["session"]["key"]))
        yield Text(f"sent as one call with all events of its session: {ties}", style="dim")
    if item["unused"]:
        yield Text(f"unused fields: {safe_text(', '.join(item['unused']))}", style="dim")
