"""Tables of events: a list, dead letters with what to do about them, and one event explained."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from relay.cli.formatting import NO_VALUE, format_age, format_time, pluralize, safe_text
from relay.cli.tables.queues import WIDE, make_table
from relay.core.lifecycle import REASONS, DeadLetterReason
from relay.core.printable import escape_json

_STATUS_STYLES = {"dead": "red", "on_hold": "yellow", "retrying": "yellow", "delivered": "green"}


def events_view(page: Mapping[str, Any], *, now: datetime, width: int) -> RenderableType:
    """Return the page of `GET /v1/events`, for a terminal of `width` columns."""
    if not page["events"]:
        return Text("No events match.")
    wide_columns = ("source", "attempts", "Gong's eventId") if width >= WIDE else ()
    table = make_table("id", ">age", "status", "type", "destination", *wide_columns)
    for event in page["events"]:
        wide_cells = (safe_text(event["source"]), str(event.get("attempts", 0)), safe_text(event["event_id"]))
        table.add_row(
            event["id"],
            format_age(event["received_at"], now),
            _status(event["status"]),
            safe_text(event.get("type", NO_VALUE)),
            safe_text(event["destination"]),
            *wide_cells[: len(wide_columns)],
        )
    return Group(table, *next_page_hint(page))


def dead_view(page: Mapping[str, Any], *, now: datetime) -> RenderableType:
    """Dead letters one by one, then what to do about each reason among them."""
    events = page["events"]
    if not events:
        return Text("There are no dead letters.")
    table = make_table("id", ">age", "destination", "reason", "detail")
    for event in events:
        table.add_row(
            event["id"],
            format_age(event["received_at"], now),
            safe_text(event["destination"]),
            event["reason"],
            safe_text(event.get("detail", NO_VALUE)),
        )
    return Group(table, Text(""), *_remedies(events), *next_page_hint(page))


def _remedies(events: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    for reason in sorted({event["reason"] for event in events}):
        yield Text(f"{reason}: {REASONS[DeadLetterReason(reason)].text}")
    yield Text(
        "Explain one: gong-relay event ID. Send again: gong-relay replay ID…. Discard: gong-relay discard ID…"
    )


def next_page_hint(page: Mapping[str, Any]) -> list[Text]:
    """Return the option that shows the next page; empty on the last page."""
    return [Text(f"\nShow more with: --cursor {page['cursor']}")] if page["cursor"] else []


def _status(status: str) -> Text:
    return Text(status, style=_STATUS_STYLES.get(status, ""))


def event_view(page: Mapping[str, Any]) -> RenderableType:
    """Return the page of `GET /v1/events/{id}`: the explanation, the event's fields, its attempts and its call."""
    parts: list[RenderableType] = [*_explanation(page["why"]), Text(""), _fields_table(page)]
    if page["attempt_history"]:
        parts.append(_attempts(page["attempt_history"]))
    if page["call"]:
        parts.append(call_view(page["call"]))
    return Group(*parts)


def why_view(page: Mapping[str, Any]) -> RenderableType:
    """Return the page of `GET /v1/why`: the explanation, and the events with this name."""
    events = [Text(f"\nevent {event['id']}: {event['status']}") for event in page["events"]]
    return Group(*_explanation(page["why"]), *events)


def _explanation(why: Mapping[str, Any]) -> Iterator[Text]:
    yield Text(safe_text(why["sentence"]), style="bold")
    yield Text(safe_text(why["remedy"]))


def _fields_table(page: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _fields(page):
        grid.add_row(name, value if isinstance(value, Text) else safe_text(value))
    return grid


_TIMES = {"received": "received_at", "ended": "ended_at", "replayed": "replayed_at"}


def _fields(page: Mapping[str, Any]) -> Iterator[tuple[str, str | Text]]:
    yield "event", page["id"]
    yield "status", _status(page["status"])
    if "reason" in page:
        yield "reason", page["reason"]
    if "detail" in page:
        yield "detail", page["detail"]
    if "aggregated" in page:
        yield "session", _describe_session(page["aggregated"])
    if "carrier_id" in page:
        yield "session", f"sent as part of event {page['carrier_id']}"
    yield "type", page.get("type", NO_VALUE)
    yield "Gong's eventId", page["event_id"]
    if "request_id" in page:
        yield "Gong's requestId", page["request_id"]
    yield "route", f"{page['source']} → {page['destination']} (company {page['company']})"
    yield from ((name, format_time(page[key])) for name, key in _TIMES.items() if key in page)
    yield "receipt", _describe_receipt(page["receipt"])
    yield from (("warning", problem_line(warning)) for warning in page["warnings"])


def problem_line(problem: Mapping[str, str]) -> str:
    """`content.title: is required`."""
    return safe_text(f"{problem['path']}: {problem['message']}" if problem["path"] else problem["message"])


def _describe_session(aggregated: Mapping[str, Any]) -> str:
    first, last = format_time(aggregated["first_at"]), format_time(aggregated["last_at"])
    return f"carrier of {pluralize(aggregated['events'], 'event')}, {first} to {last}"


def _describe_receipt(receipt: Mapping[str, Any] | None) -> str:
    if receipt is None:
        return "no longer stored"
    if receipt["bytes"] is None:
        return f"{receipt['id']}, {'erased' if receipt['erased_at'] else 'deleted'}"
    size = pluralize(receipt["bytes"], "byte")
    return (
        f"{receipt['id']}, item {receipt['item']}: {size} of {receipt['content_type']}, key {receipt['key']}"
    )


def _attempts(attempts: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = make_table(">attempt", "time", ">duration", "outcome", ">status", "response")
    for attempt in attempts:
        table.add_row(
            str(attempt["number"]),
            format_time(attempt["started_at"]).removesuffix(" UTC"),
            f"{attempt['seconds']:.2f} s",
            attempt["outcome"].replace("_", " "),
            str(attempt.get("status", NO_VALUE)),
            _describe_response(attempt),
        )
    return Padding(table, (1, 0, 0, 0))


def _describe_response(attempt: Mapping[str, Any]) -> str:
    """Gong's error messages; without any, the attempt's code and Gong's request id."""
    parts = [*attempt.get("errors", ())] or [
        attempt[name] for name in ("code", "request_id") if name in attempt
    ]
    if "retry_after" in attempt:
        parts.append(f"retry after {attempt['retry_after']:g} s")
    return safe_text("; ".join(parts)) or NO_VALUE


def call_view(call: Mapping[str, Any]) -> RenderableType:
    """Return a call to Gong: method, path and body."""
    body = escape_json(orjson.dumps(call["body"], option=orjson.OPT_INDENT_2).decode())
    return Group(Text(f"\n{call['method']} {call['path']}", style="bold"), Text(body))
