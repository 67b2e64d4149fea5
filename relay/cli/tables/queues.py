"""The queues as a person reads them: what waits where, what may still be sent, what keeps events from flowing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from relay.cli.formatting import NOTHING, age, counted, instant, plain, span
from relay.core.destination import MAIN_STORE

WIDE = 100
"""From this many columns on, a table shows what it leaves out on a narrow screen."""

_STATES = ("queued", "sending", "retrying", "on_hold", "delivered", "dead")
_STATES_IF_ANY = ("aggregating", "duplicate", "filtered", "aggregated", "discarded")
"""Shown on a wide screen where there are such events."""

_STYLES = {"on_hold": "yellow", "dead": "red"}


def status_view(page: Mapping[str, Any], *, now: datetime, width: int) -> RenderableType:
    """The page of `GET /v1/queues` on a terminal of `width` columns."""
    rows = page["destinations"]
    parts: list[RenderableType] = (
        [_destinations(rows, width), _budgets(rows, now)] if rows else [_no_events()]
    )
    parts += [_hold(row, now) for row in rows if row["hold"]]
    parts += [_down(told, now) for told in page["outages"]]
    parts.append(_machinery(page, now))
    parts += [Text(sentence, style="yellow") for sentence in _shortages(page)]
    parts += [
        Text(f"Source {plain(name)} is NOT VERIFIED: anybody may post to it.", style="yellow")
        for name in page["unverified"]
    ]
    return Group(*parts)


def flows(page: Mapping[str, Any]) -> bool:
    """Whether nothing but the usual pace keeps events from Gong: no hold, no missing worker, no spent budget, no Gong
    that is down.
    """
    held = any(row["hold"] for row in page["destinations"])
    away = any("unavailable" in store for store in page["stores"])
    return not _shortages(page) and not held and not page["outages"] and not away


def _shortages(page: Mapping[str, Any]) -> list[str]:
    rows = page["destinations"]
    spent = [row for row in rows if row["states"]["queued"] and _is_spent(row["budget"])]
    told = [_spent(row) for row in spent]
    return told + [text for store in page["stores"] if (text := _unmanned(store["name"], page))]


def _unmanned(store: str, page: Mapping[str, Any]) -> str:
    """What to do where a store's events have no worker."""
    open_events = sum(row["open"] for row in page["destinations"] if row["store"] == store)
    if not open_events or any(worker["store"] == store for worker in page["workers"]):
        return ""
    command = "gong-relay worker" if store == MAIN_STORE else f"gong-relay worker --store {store}"
    where = "" if store == MAIN_STORE else f" for store {store}"
    return f"No worker{where} is alive and {counted(open_events, 'event')} cannot go. Start one: {command}"


def _is_spent(budget: Mapping[str, Any]) -> bool:
    return bool(budget["remaining"] <= budget["reserved_for_high_priority"])


def _spent(row: Mapping[str, Any]) -> str:
    name, kept, clears = (
        plain(row["destination"]),
        row["budget"]["reserved_for_high_priority"],
        row["clears_at"],
    )
    rest = f", but {counted(kept, 'call')} kept for priority high" if kept else ""
    ends = f" All that waits is sent by {instant(clears)}." if clears else ""
    return f"{name} has spent its budget of the last 24 hours{rest}.{ends}"


def _no_events() -> Text:
    return Text("No destination is configured, and none has had an event.\n")


def _destinations(rows: list[dict[str, Any]], width: int) -> Table:
    wide = width >= WIDE
    found = [state for state in _STATES_IF_ANY if any(row["states"][state] for row in rows)]
    states = (*_STATES, *found) if wide else _STATES
    last = (">oldest", ">clears in") if wide else (">oldest",)
    table = quiet_table("destination", *(f">{state}" for state in states), *last)
    for row in rows:
        counts = [_count(row["states"][state], _STYLES.get(state, "")) for state in states]
        ends = (span(row["oldest_seconds"]), span(row["clears_in_seconds"]))
        table.add_row(plain(row["destination"]), *counts, *ends[: len(last)])
    return table


def quiet_table(*headings: str) -> Table:
    """A table with a rule under its headings and no other lines. A heading that starts with `>` is for figures."""
    table = Table(
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", show_edge=False
    )
    for heading in headings:
        figures = heading.startswith(">")
        # An id that is broken over two lines cannot be copied.
        table.add_column(
            heading.lstrip(">"),
            justify="right" if figures else "left",
            overflow="fold",
            no_wrap=figures or heading == "id",
        )
    return table


def _count(number: int, style: str) -> Text:
    return Text(f"{number:,}", style=style if number else "dim")


def _budgets(rows: list[dict[str, Any]], now: datetime) -> RenderableType:
    """One line a company: destinations that share one share its budget too."""
    table = quiet_table("company", ">last second", ">last 24 hours", ">left", ">others", "frozen for")
    for row in {row["company"]: row for row in rows}.values():
        budget = row["budget"]
        thaw = budget["rate_limited_until"]
        left = Text(f"{budget['remaining']:,}", style="" if budget["remaining"] else "yellow")
        table.add_row(
            plain(row["company"]),
            f"{budget['used_last_second']} of {budget['per_second']}",
            f"{budget['used_last_day']:,} of {budget['per_day']:,}",
            left,
            Text(f"{budget['other_integrations']['estimated_calls']:,}", style="yellow")
            if budget["other_integrations"]
            else NOTHING,
            Text(_ahead(thaw, now), style="yellow") if thaw else NOTHING,
        )
    return Padding(table, (1, 0, 1, 0))


def _ahead(moment: str, now: datetime) -> str:
    return span((datetime.fromisoformat(moment) - now).total_seconds())


def _hold(row: Mapping[str, Any], now: datetime) -> RenderableType:
    """Why a destination takes no calls: our words, Gong's words, and what ends it."""
    hold, name = row["hold"], plain(row["destination"])
    said = [
        Text(f"{name} is on hold since {instant(hold['since'])} ({age(hold['since'], now)}).", style="yellow")
    ]
    said.append(Text(hold["remedy"]))
    if hold["detail"]:
        said.append(Text(f"Gong said: {plain(hold['detail'])}"))
    end = f"Its events wait. To end it: gong-relay resume {name}"
    if hold["probe_at"]:
        end = f"Its credentials are tried again at {instant(hold['probe_at'])}; sooner: gong-relay resume {name}"
    said.append(Text(end))
    return Group(said[0], Padding(Group(*said[1:]), (0, 0, 1, 2)))


def _down(down: Mapping[str, Any], now: datetime) -> RenderableType:
    """A Gong that does not answer: since when, what it said, and when it is tried again."""
    since = f"{instant(down['since'])} ({age(down['since'], now)})"
    head = Text(f"{plain(down['base_url'])} does not answer since {since}.", style="yellow")
    said = Text(f"It said: {plain(down['error'])}")
    again = Text(f"{down['remedy']} It is tried again at {instant(down['next_trial_at'])}.")
    return Group(head, Padding(Group(said, again), (0, 0, 1, 2)))


def _machinery(page: Mapping[str, Any], now: datetime) -> RenderableType:
    """The workers, and the store with what it promises."""
    table = Table.grid(padding=(0, 2))
    table.add_row(Text("workers", style="dim"), _workers(page["workers"], now))
    for store in page["stores"]:
        name = "store" if store["name"] == MAIN_STORE else f"store {store['name']}"
        table.add_row(Text(name, style="dim"), _store(store))
    return Padding(table, (0, 0, 1, 0))


def _workers(workers: list[dict[str, str]], now: datetime) -> Text:
    if not workers:
        return Text("none alive", style="yellow")
    seen = [f"{plain(told['name'])} ({age(told['last_seen_at'], now)} ago)" for told in workers]
    return Text(f"{len(workers)} alive: " + ", ".join(seen))


def _store(store: Mapping[str, Any]) -> Text:
    if "unavailable" in store:
        return Text("is away: its companies' events are answered 503 and wait", style="yellow")
    share = store["memory_used"]
    memory = f"memory {share:.1%} of its maximum" if share is not None else "no maximum of memory is set"
    if not store["relaxed"]:
        return Text(f"keeps every accepted event through a crash; {memory}")
    return Text.assemble(("durability is relaxed. " + " ".join(store["relaxed"]), "yellow"), f" {memory}")
