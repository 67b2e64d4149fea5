"""Replays and faults as a person reads them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from relay.cli.formatting import age, counted, plain
from relay.cli.tables.queues import quiet_table

_LONGEST = 200


def clusters_view(page: Mapping[str, Any], *, now: datetime) -> RenderableType:
    """The page of `GET /v1/dead-letters`: one line for each fault, then what to do about each reason among them."""
    clusters = page["clusters"]
    if not clusters:
        return Text("There is no dead letter.")
    table = quiet_table("cluster", ">events", "reason", ">newest", "for", "what was said")
    for told in clusters:
        table.add_row(
            plain(told["cluster"]),
            f"{told['count']:,}",
            told["reason"],
            age(told["last_at"], now),
            _several(told["destinations"]),
            plain(told["detail"][:_LONGEST]),
        )
    return Group(table, Text(""), *_remedies(clusters), *_rest(page))


def _several(counts: Mapping[str, int]) -> str:
    names = sorted(counts, key=lambda name: -counts[name])
    return plain(names[0]) + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _remedies(clusters: list[dict[str, Any]]) -> Iterator[Text]:
    remedies = {told["reason"]: told["remedy"] for told in clusters}
    yield from (Text(f"{reason}: {remedies[reason]}") for reason in sorted(remedies))
    yield Text(
        "Look closer: gong-relay dead --events. Send one fault's again: gong-relay replay --cluster NAME"
    )


def _rest(page: Mapping[str, Any]) -> list[Text]:
    return [Text(f"\nThere are more: --cursor {page['cursor']}")] if page["cursor"] else []


def foreseen_view(told: Mapping[str, Any]) -> RenderableType:
    """What a dry run found: how many, and what the first of them would become."""
    least = "at least " if told["truncated"] else ""
    lines = [Text(f"{least}{counted(told['matched'], 'event')} would be sent again.")]
    if told["would_fail"]:
        text = f"Of the first {told['sampled']:,}, {told['would_fail']:,} would not: nothing can be made of them."
        lines.append(Text(text, style="yellow"))
    return Group(*lines, *(_example(example) for example in told["examples"]))


def _example(told: Mapping[str, Any]) -> Text:
    way = plain(f"{told['id']}  {told['source']} → {told['destination']}")
    if "problem" in told:
        return Text(f"  {way}  cannot: {plain(told['problem']['detail'][:_LONGEST])}", style="yellow")
    if "call" in told:
        call = told["call"]
        return Text(f"  {way}  becomes {call['method']} {call['path']} as {plain(call['event_id'])}")
    return Text(f"  {way}  as it was")


def replay_view(page: Mapping[str, Any]) -> RenderableType:
    """One replay: what it has done, and the first of what could not be sent."""
    lines = [
        Text(f"Replay {page['id']} is {page['status']}: {counted(page['replayed'], 'event')} queued again.")
    ]
    if page["skipped"]:
        lines.append(Text(f"{counted(page['skipped'], 'event')} had changed meanwhile and were left alone."))
    if page["failed"]:
        lines.append(Text(f"{counted(page['failed'], 'event')} could not be sent again:", style="yellow"))
        lines += [Text(f"  {told['id']}  {plain(told['detail'][:_LONGEST])}") for told in page["problems"]]
    if page["waiting_for"]:
        lines.append(Text(f"It waits for {plain(page['waiting_for'])}."))
    return Group(*lines)
