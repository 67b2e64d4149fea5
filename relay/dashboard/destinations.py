"""The pages of the destinations: what each may send and what keeps it from sending; pause, resume, probe, connect."""

from urllib.parse import quote

from flask import Response, request

from relay.actions import destinations as actions
from relay.core.roles import Principal, Role
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.formatting import counted
from relay.dashboard.rendering import ask, confirmed, known_parts, render, told
from relay.queries.destinations import destination_page, destinations_page

destinations = section("destinations", __name__)

_MOST_SHOWN = 200
"""A longer list is no list; a part of the name finds the others."""

_PAUSE = "Pause {}? Its events wait until it is resumed; none is lost."


@destinations.get("/ops/destinations")
def show_all() -> Response:
    who, known = visitor(Role.VIEWER), known_parts()
    page = destinations_page(known.stores, known.destinations.all(), now=known.now())
    part = request.args.get("part", "")
    rows = [row for row in page["destinations"] if part in row["destination"] or part in row["company"]]
    shown = {"part": part, "rows": rows[:_MOST_SHOWN], "left_out": len(rows[_MOST_SHOWN:])}
    return render("destinations.html", visitor=who, section="destinations", page=page, shown=shown)


@destinations.get("/ops/destinations/<name>")
def show_one(name: str) -> Response:
    return _shown(visitor(Role.VIEWER), name)


@destinations.post("/ops/destinations/<name>/pause")
def pause(name: str) -> Response:
    who = visitor(Role.OPERATOR)
    if not confirmed():
        return ask(_PAUSE.format(name), "Pause", back=_there(name), visitor=who)
    fresh = actions.pause_destination(known_parts(), who, name)["changed"]
    return told(_there(name), f"{name} is paused." if fresh else f"{name} was on hold; now it is paused.")


@destinations.post("/ops/destinations/<name>/resume")
def resume(name: str) -> Response:
    done = actions.resume_destination(known_parts(), visitor(Role.OPERATOR), name)
    if not done["changed"]:
        return told(_there(name), f"{name} was not on hold.")
    return told(_there(name), f"{name} goes on: {counted(done['events'], 'event')} queued again.")


@destinations.post("/ops/destinations/<name>/probe")
def probe(name: str) -> Response:
    actions.probe_destination(known_parts(), visitor(Role.OPERATOR), name)
    return told(_there(name), "A worker tries the credentials; what Gong says appears below.")


@destinations.post("/ops/destinations/<name>/connect")
def connect(name: str) -> Response:
    """The page with a link for the customer on it: shown once, and kept nowhere."""
    who = visitor(Role.ADMIN)
    return _shown(who, name, link=actions.create_connect_link(known_parts(), who, name, {}))


def _shown(who: Principal, name: str, link: dict[str, object] | None = None) -> Response:
    known = known_parts()
    page = destination_page(known.stores, known.destinations.all(), name, now=known.now())
    return render(
        "destination.html", visitor=who, section="destinations", page=page, link=link, address=_there(name)
    )


def _there(name: str) -> str:
    return f"/ops/destinations/{quote(name)}"
