"""The first page: whether events flow, and if not, why not."""

from collections.abc import Mapping, Sequence

from flask import Response, redirect, request

from relay.core.roles import Role
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.rendering import known_parts, render
from relay.queries.config_status import configuration_page
from relay.queries.overview import overview_page

overview = section("overview", __name__)

_WINDOWS = {"1h": "hour", "6h": "6 hours", "24h": "day", "7d": "week", "35d": "5 weeks"}
_FAILED = ("failed", "rate_limited", "blocked")


@overview.get("/")
def front() -> Response:
    """Whoever opens the relay's bare address means the dashboard."""
    return redirect("/ops/", 302)  # type: ignore[return-value]


@overview.get("/ops/")
def show() -> Response:
    who, known = visitor(Role.VIEWER), known_parts()
    window = request.args.get("window", "1h")
    page = overview_page(
        known.stores, known.destinations.all(), config=known.config, now=known.now(), window=window
    ) | {"configuration": configuration_page(known.process.rejected_config())}
    failed = _failed(page["series"]["points"])
    return render(
        "overview.html", visitor=who, section="overview", page=page, windows=_WINDOWS, failed=failed
    )


def _failed(points: Mapping[str, Sequence[int]]) -> list[int]:
    """Tries that failed and are made again by themselves, point by point."""
    return [sum(each) for each in zip(*(points[line] for line in _FAILED), strict=True)]
