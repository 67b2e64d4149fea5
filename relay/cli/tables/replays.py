"""Tables of dead-letter clusters and replays."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from relay.cli.formatting import format_age, pluralize, safe_text
from relay.cli.tables.events import next_page_hint
from relay.cli.tables.queues import make_table

_MAX_DETAIL = 200


def clusters_view(page: Mapping[str, Any], *, now: datetime) -> RenderableType:
    """Return the page of `GET /v1/dead-letters`: one row per cluster, then what to do about each reason."""
    clusters = page["clusters"]
    if not clusters:
        return Text("There are no dead letters.")
    table = make_table("cluster", ">events", "reason", ">newest", "destination", "detail")
    for cluster in clusters:
        table.add_row(
            safe_text(cluster["cluster"]),
            f"{cluster['count']:,}",
            cluster["reason"],
            format_age(cluster["last_at"], now),
            _summarize_destinations(cluster["destinations"]),
            safe_text(cluster["detail"][:_MAX_DETAIL]),
        )
    return Group(table, Text(""), *_remedies(clusters), *next_page_hint(page))


def _summarize_destinations(counts: Mapping[str, int]) -> str:
    names = sorted(counts, key=lambda name: -counts[name])
    return safe_text(names[0]) + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _remedies(clusters: list[dict[str, Any]]) -> Iterator[Text]:
    remedies = {cluster["reason"]: cluster["remedy"] for cluster in clusters}
    yield from (Text(f"{reason}: {remedies[reason]}") for reason in sorted(remedies))
    yield Text(
        "List the events: gong-relay dead --events. Replay a cluster: gong-relay replay --cluster CLUSTER. Delete a cluster "
        "that is of no use: gong-relay purge --status dead --cluster CLUSTER"
    )


def replay_preview_view(preview: Mapping[str, Any]) -> RenderableType:
    """Return the result of a dry run: the number of events, and the first of them as they would be sent."""
    at_least = "at least " if preview["truncated"] else ""
    lines = [Text(f"{at_least}{pluralize(preview['matched'], 'event')} would be sent again.")]
    if preview["would_fail"]:
        text = f"{preview['would_fail']:,} of the first {preview['sampled']:,} would fail, because mapping produces no call."
        lines.append(Text(text, style="yellow"))
    return Group(*lines, *(_example(example) for example in preview["examples"]))


def _example(example: Mapping[str, Any]) -> Text:
    event = safe_text(f"{example['id']}  {example['source']} → {example['destination']}")
    if "problem" in example:
        return Text(
            f"  {event}  fails: {safe_text(example['problem']['detail'][:_MAX_DETAIL])}", style="yellow"
        )
    if "call" in example:
        call = example["call"]
        return Text(f"  {event}  becomes {call['method']} {call['path']} as {safe_text(call['event_id'])}")
    return Text(f"  {event}  resends the stored body")


def replay_view(page: Mapping[str, Any]) -> RenderableType:
    """Return the page of a replay: its progress, and the first events that could not be sent."""
    lines = [
        Text(f"Replay {page['id']} is {page['status']}: {pluralize(page['replayed'], 'event')} queued again.")
    ]
    if page["skipped"]:
        lines.append(Text(f"{pluralize(page['skipped'], 'event')} changed in the meantime and were skipped."))
    if page["failed"]:
        lines.append(Text(f"{pluralize(page['failed'], 'event')} could not be sent again:", style="yellow"))
        lines += [
            Text(f"  {problem['id']}  {safe_text(problem['detail'][:_MAX_DETAIL])}")
            for problem in page["problems"]
        ]
    if page["waiting_for"]:
        lines.append(Text(f"The replay is waiting for {safe_text(page['waiting_for'])}."))
    return Group(*lines)
