"""Events as a person reads them: a list, the dead letters with what to do, and one explained to its last attempt."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from relay.cli.formatting import NOTHING, age, counted, instant, plain
from relay.cli.tables.queues import WIDE, quiet_table
from relay.core.lifecycle import REASONS, DeadLetterReason

_STATUS_STYLES = {"dead": "red", "on_hold": "yellow", "retrying": "yellow", "delivered": "green"}


def events_view(page: Mapping[str, Any], *, now: datetime, width: int) -> RenderableType:
    """A page of `GET /v1/events` as a table, with how to read on."""
    if not page["events"]:
        return Text("No event fits.")
    more = ("source", "attempts", "Gong's eventId") if width >= WIDE else ()
    table = quiet_table("id", ">age", "status", "type", "destination", *more)
    for event in page["events"]:
        extra = (plain(event["source"]), str(event.get("attempts", 0)), plain(event["event_id"]))
        table.add_row(
            event["id"],
            age(event["received_at"], now),
            _status(event["status"]),
            plain(event.get("type", NOTHING)),
            plain(event["destination"]),
            *extra[: len(more)],
        )
    return Group(table, *_rest(page))


def dead_view(page: Mapping[str, Any], *, now: datetime) -> RenderableType:
    """Dead letters, each with what Gong said of it, then what to do about each reason among them."""
    events = page["events"]
    if not events:
        return Text("There is no dead letter.")
    table = quiet_table("id", ">age", "destination", "reason", "what was said")
    for event in events:
        said = plain(event.get("detail", NOTHING))
        table.add_row(
            event["id"], age(event["received_at"], now), plain(event["destination"]), event["reason"], said
        )
    return Group(table, Text(""), *_remedies(events), *_rest(page))


def _remedies(events: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    for reason in sorted({event["reason"] for event in events}):
        yield Text(f"{reason}: {REASONS[DeadLetterReason(reason)].text}")
    yield Text(
        "Look at one: gong-relay event ID. Send again: gong-relay replay ID…. Give up: gong-relay discard ID…"
    )


def _rest(page: Mapping[str, Any]) -> list[Text]:
    return [Text(f"\nThere are more: --cursor {page['cursor']}")] if page["cursor"] else []


def _status(status: str) -> Text:
    return Text(status, style=_STATUS_STYLES.get(status, ""))


def event_view(page: Mapping[str, Any]) -> RenderableType:
    """The page of `GET /v1/events/{id}`: why it is or is not in Gong, where it stands, every attempt, the body."""
    parts: list[RenderableType] = [*_why(page["why"]), Text(""), _facts(page)]
    if page["attempt_history"]:
        parts.append(_attempts(page["attempt_history"]))
    if page["call"]:
        parts.append(call_view(page["call"]))
    return Group(*parts)


def why_view(page: Mapping[str, Any]) -> RenderableType:
    """The answer of `GET /v1/why`: the sentence, the remedy, and the events of that name."""
    found = [Text(f"\nevent {event['id']}: {event['status']}") for event in page["events"]]
    return Group(*_why(page["why"]), *found)


def _why(told: Mapping[str, Any]) -> Iterator[Text]:
    """Why it is, or is not, in Gong: what everybody wants to know first."""
    yield Text(plain(told["sentence"]), style="bold")
    yield Text(plain(told["remedy"]))


def _facts(page: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _told(page):
        grid.add_row(name, value if isinstance(value, Text) else plain(value))
    return grid


def _told(page: Mapping[str, Any]) -> Iterator[tuple[str, str | Text]]:
    yield "event", page["id"]
    yield "status", _status(page["status"])
    if "reason" in page:
        yield "reason", page["reason"]
    if "detail" in page:
        yield "detail", page["detail"]
    if "aggregated" in page:
        yield "session", _gathered(page["aggregated"])
    if "carrier_id" in page:
        yield "session", f"told of by event {page['carrier_id']}"
    yield "type", page.get("type", NOTHING)
    yield "Gong's eventId", page["event_id"]
    if "request_id" in page:
        yield "Gong's requestId", page["request_id"]
    yield "way", f"{page['source']} → {page['destination']} (company {page['company']})"
    yield from _moments(page)
    yield "receipt", _receipt(page["receipt"])
    yield from (("warning", problem_line(warning)) for warning in page["warnings"])


def problem_line(problem: Mapping[str, str]) -> str:
    """`content.title: is required`."""
    return plain(f"{problem['path']}: {problem['message']}" if problem["path"] else problem["message"])


def _gathered(told: Mapping[str, Any]) -> str:
    return f"stands for {counted(told['events'], 'event')}, {instant(told['first_at'])} to {instant(told['last_at'])}"


_MOMENTS = {"received": "received_at", "ended": "ended_at", "replayed": "replayed_at"}


def _moments(page: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name, instant(page[field])) for name, field in _MOMENTS.items() if field in page)


def _receipt(receipt: Mapping[str, Any] | None) -> str:
    if receipt is None:
        return "pruned"
    if receipt["bytes"] is None:
        return f"{receipt['id']}, erased"
    size = counted(receipt["bytes"], "byte")
    return f"{receipt['id']}, its item {receipt['item']}: {size} of {receipt['content_type']}, key {receipt['key']}"


def _attempts(tries: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = quiet_table(">try", "at", ">took", "outcome", ">status", "what was said")
    for told in tries:
        table.add_row(
            str(told["number"]),
            instant(told["started_at"]).removesuffix(" UTC"),
            f"{told['seconds']:.2f} s",
            told["outcome"].replace("_", " "),
            str(told.get("status", NOTHING)),
            _said(told),
        )
    return Padding(table, (1, 0, 0, 0))


def _said(told: Mapping[str, Any]) -> str:
    words = [*told.get("errors", ())] or [told[name] for name in ("code", "request_id") if name in told]
    if "retry_after" in told:
        words.append(f"wait {told['retry_after']:g} s")
    return plain("; ".join(words)) or NOTHING


def call_view(call: Mapping[str, Any]) -> RenderableType:
    """The request that Gong gets: method, path, body."""
    body = orjson.dumps(call["body"], option=orjson.OPT_INDENT_2).decode()
    lines = "\n".join(plain(line) for line in body.splitlines())
    return Group(Text(f"\n{call['method']} {call['path']}", style="bold"), Text(lines))
