"""Tables of `gong-relay status`: queues, budgets, holds, workers and stores."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from relay.cli.formatting import (
    NO_VALUE,
    format_age,
    format_bytes,
    format_duration,
    format_time,
    pluralize,
    safe_text,
)
from relay.core.destination import MAIN_STORE

WIDE = 100
"""The number of terminal columns from which tables show all their columns."""

_STATES = ("queued", "sending", "retrying", "on_hold", "delivered", "dead")
_STATES_IF_ANY = ("aggregating", "duplicate", "filtered", "aggregated", "discarded")
"""States with a column on a wide terminal, if an event is in them."""

_STYLES = {"on_hold": "yellow", "dead": "red"}


def status_view(page: Mapping[str, Any], *, now: datetime, width: int) -> RenderableType:
    """Return the page of `GET /v1/queues`, for a terminal of `width` columns."""
    rows = page["destinations"]
    parts: list[RenderableType] = (
        [_destinations(rows, width), _budgets(rows, now)] if rows else [_no_destinations()]
    )
    parts += [_hold(row, now) for row in rows if row["hold"]]
    parts += [_outage(outage, now) for outage in page["outages"]]
    parts.append(_workers_and_stores(page, now))
    parts += [Text(sentence, style="yellow") for sentence in _shortages(page)]
    parts += [
        Text(f"Source {safe_text(name)} is NOT VERIFIED: anyone can post to it.", style="yellow")
        for name in page["unverified"]
    ]
    parts += [Text(_describe_full_source(row), style="yellow") for row in page["full_sources"]]
    return Group(*parts)


def is_healthy(page: Mapping[str, Any]) -> bool:
    """True unless events are blocked by a hold, a missing worker, a spent budget, or Gong or a store being down."""
    on_hold = any(row["hold"] for row in page["destinations"])
    store_down = any("unavailable" in store for store in page["stores"])
    return not (_shortages(page) or on_hold or page["outages"] or store_down)


def _shortages(page: Mapping[str, Any]) -> list[str]:
    rows = page["destinations"]
    # A spent budget blocks nothing unless events are waiting for it.
    spent = [row for row in rows if row["states"]["queued"] and _is_spent(row["budget"])]
    missing_workers = [_missing_worker(store["name"], page) for store in page["stores"]]
    return [
        *(_describe_spent_budget(row) for row in spent),
        *_spent_shares(rows),
        *(text for text in missing_workers if text),
    ]


def _spent_shares(rows: list[dict[str, Any]]) -> list[str]:
    """Return a sentence for each source whose events wait because it has used its daily share of a company's calls."""
    companies = {row["company"]: row["budget"]["sources"] for row in rows}
    return [
        f"{safe_text(source['source'])} has used its daily share of {safe_text(company)}'s calls, "
        f"{source['per_day']:,} in 24 hours; {pluralize(source['queued'], 'event')} "
        f"{'waits' if source['queued'] == 1 else 'wait'}. The rest is for other sources."
        for company, sources in companies.items()
        for source in sources
        if source["queued"] and not source["remaining"]
    ]


def _describe_full_source(row: Mapping[str, Any]) -> str:
    name = safe_text(row["source"])
    return (
        f"Source {name} has used its share of the store {row['store']}, {format_bytes(row['limit_bytes'])}: its new events "
        f"are answered with 429. Dead letters may fill it (gong-relay dead); delete those that are of no use with: "
        f"gong-relay purge --source {name} --status dead"
    )


def _missing_worker(store: str, page: Mapping[str, Any]) -> str:
    """Return the message if a store has open events but no worker; empty otherwise."""
    open_events = sum(row["open"] for row in page["destinations"] if row["store"] == store)
    if not open_events or any(worker["store"] == store for worker in page["workers"]):
        return ""
    command = "gong-relay worker" if store == MAIN_STORE else f"gong-relay worker --store {store}"
    of_store = "" if store == MAIN_STORE else f" for store {store}"
    waiting = f"{pluralize(open_events, 'event')} {'is' if open_events == 1 else 'are'} waiting"
    return f"No worker{of_store} is running; {waiting}. Start one with: {command}"


def _is_spent(budget: Mapping[str, Any]) -> bool:
    return bool(budget["remaining"] <= budget["reserved_for_high_priority"])


def _describe_spent_budget(row: Mapping[str, Any]) -> str:
    name, clears_at = safe_text(row["destination"]), row["clears_at"]
    reserved = row["budget"]["reserved_for_high_priority"]
    rest = f", except {pluralize(reserved, 'call')} reserved for high priority" if reserved else ""
    cleared = f" All waiting events are sent by {format_time(clears_at)}." if clears_at else ""
    return f"{name} has used its budget of the last 24 hours{rest}.{cleared}"


def _no_destinations() -> Text:
    return Text("No destination is configured, and no events are stored.\n")


def _destinations(rows: list[dict[str, Any]], width: int) -> Table:
    wide = width >= WIDE
    present = [state for state in _STATES_IF_ANY if any(row["states"][state] for row in rows)]
    states = (*_STATES, *present) if wide else _STATES
    times = (">oldest", ">clears in") if wide else (">oldest",)
    table = make_table("destination", *(f">{state}" for state in states), *times)
    for row in rows:
        counts = [_count(row["states"][state], _STYLES.get(state, "")) for state in states]
        durations = (format_duration(row["oldest_seconds"]), format_duration(row["clears_in_seconds"]))
        table.add_row(safe_text(row["destination"]), *counts, *durations[: len(times)])
    return table


def make_table(*headings: str) -> Table:
    """Make a table with a line under its headings only. `>` before a heading aligns its column to the right."""
    table = Table(
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", show_edge=False
    )
    for heading in headings:
        is_number = heading.startswith(">")
        # An id that wraps to a second line could not be copied.
        table.add_column(
            heading.lstrip(">"),
            justify="right" if is_number else "left",
            overflow="fold",
            no_wrap=is_number or heading == "id",
        )
    return table


def _count(number: int, style: str) -> Text:
    return Text(f"{number:,}", style=style if number else "dim")


def _budgets(rows: list[dict[str, Any]], now: datetime) -> RenderableType:
    """Return one row per company: its destinations share its budget."""
    table = make_table("company", ">last second", ">last 24 hours", ">remaining", ">by others", "paused for")
    # The budget is the same in the rows of all destinations of a company.
    for row in {row["company"]: row for row in rows}.values():
        budget = row["budget"]
        # Timestamps of one form sort like the times.
        paused_until = max(budget[name] or "" for name in ("rate_limited_until", "retry_after_until"))
        remaining = Text(f"{budget['remaining']:,}", style="" if budget["remaining"] else "yellow")
        table.add_row(
            safe_text(row["company"]),
            f"{budget['used_last_second']} of {budget['per_second']}",
            f"{budget['used_last_day']:,} of {budget['per_day']:,}",
            remaining,
            Text(f"{budget['other_integrations']['estimated_calls']:,}", style="yellow")
            if budget["other_integrations"]
            else NO_VALUE,
            Text(_time_until(paused_until, now), style="yellow") if paused_until else NO_VALUE,
        )
    return Padding(table, (1, 0, 1, 0))


def _time_until(timestamp: str, now: datetime) -> str:
    return format_duration((datetime.fromisoformat(timestamp) - now).total_seconds())


def _hold(row: Mapping[str, Any], now: datetime) -> RenderableType:
    """Why a destination is on hold, the response that caused it, and how the hold ends."""
    hold, name = row["hold"], safe_text(row["destination"])
    since = f"{format_time(hold['since'])} ({format_age(hold['since'], now)})"
    head = Text(f"{name} has been on hold since {since}.", style="yellow")
    lines = [Text(hold["remedy"])]
    if hold["detail"]:
        lines.append(Text(f"Response: {safe_text(hold['detail'])}"))
    end = f"Its events wait. End the hold with: gong-relay resume {name}"
    if hold["probe_at"]:
        end = (
            f"Its credentials are tested again at {format_time(hold['probe_at'])}. To end the hold sooner: "
            f"gong-relay resume {name}"
        )
    lines.append(Text(end))
    return Group(head, _indent(*lines))


def _outage(outage: Mapping[str, Any], now: datetime) -> RenderableType:
    """Describe a base URL that does not answer: since when, its last error, and when it is tried again."""
    since = f"{format_time(outage['since'])} ({format_age(outage['since'], now)})"
    head = Text(f"{safe_text(outage['base_url'])} has not answered since {since}.", style="yellow")
    error = Text(f"Last error: {safe_text(outage['error'])}")
    retry = Text(f"{outage['remedy']} The relay tries it again at {format_time(outage['next_trial_at'])}.")
    return Group(head, _indent(error, retry))


def _indent(*lines: Text) -> RenderableType:
    return Padding(Group(*lines), (0, 0, 1, 2))


def _workers_and_stores(page: Mapping[str, Any], now: datetime) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_row(Text("workers", style="dim"), _workers(page["workers"], now))
    for store in page["stores"]:
        name = "store" if store["name"] == MAIN_STORE else f"store {store['name']}"
        table.add_row(Text(name, style="dim"), _store(store))
    return Padding(table, (0, 0, 1, 0))


def _workers(workers: list[dict[str, Any]], now: datetime) -> Text:
    if not workers:
        return Text("none running", style="yellow")
    names = [
        f"{safe_text(worker['name'])} ({format_age(worker['last_seen_at'], now)} ago)" for worker in workers
    ]
    wrong = [
        f" The clock of {safe_text(worker['name'])} is {_describe_clock(worker['clock_ahead_seconds'])} the store's."
        for worker in workers
        if worker["clock_ahead_seconds"]
    ]
    return Text.assemble(f"{len(workers)} running: " + ", ".join(names), ("".join(wrong), "yellow"))


def _describe_clock(ahead: float) -> str:
    return f"{format_duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'}"


def _store(store: Mapping[str, Any]) -> Text:
    if "unavailable" in store:
        return Text(
            "unavailable: events of its companies wait, and new ones are answered with 503", style="yellow"
        )
    share = store["memory_used"]
    memory = f"memory {share:.1%} of its maximum" if share is not None else "no maximum memory is set"
    clock = (_describe_store_clock(store), "yellow")
    if not store["relaxed"]:
        return Text.assemble(f"keeps every accepted event through a crash; {memory}", clock)
    warning = f"Durability is relaxed. {' '.join(store['relaxed'])}"
    return Text.assemble((warning, "yellow"), f" {memory}", clock)


_CLOCK_TOLERANCE = 2.0


def _describe_store_clock(store: Mapping[str, Any]) -> str:
    """Return a sentence if the clock of the store's server was set."""
    ahead = -store["clock_offset_seconds"]
    if abs(ahead) < _CLOCK_TOLERANCE:
        return ""
    return f". Its server's clock was set: it is {_describe_clock(ahead)} the time that the relay goes by"
