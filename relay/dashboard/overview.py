"""The overview page: whether events flow, and what needs attention."""

from collections.abc import Mapping, Sequence

from flask import Response, redirect, request

from relay.core.roles import Role
from relay.dashboard.blueprint import page_blueprint
from relay.dashboard.rendering import render
from relay.queries.overview import configuration_page, overview_page
from relay.web.context import require_role

overview = page_blueprint("overview", __name__)

_WINDOWS = {"1h": "hour", "6h": "6 hours", "24h": "day", "7d": "week", "35d": "5 weeks"}
# A blocked attempt is retried when the destination's hold ends.
_RETRIED_OUTCOMES = ("failed", "rate_limited", "blocked")


@overview.get("/")
def redirect_to_overview() -> Response:
    return redirect("/ops/", 302)  # type: ignore[return-value]


@overview.get("/ops/")
def show_overview() -> Response:
    ctx, principal = require_role(Role.VIEWER)
    window = request.args.get("window", "1h")
    page = overview_page(ctx.stores, ctx.destinations.all(), config=ctx.config, now=ctx.now(), window=window)
    page["configuration"] = configuration_page(ctx.process.rejected_config())
    return render(
        "overview.html",
        principal=principal,
        section="overview",
        page=page,
        windows=_WINDOWS,
        failed_attempts=_count_failed_attempts(page["series"]["points"]),
    )


def _count_failed_attempts(points: Mapping[str, Sequence[int]]) -> list[int]:
    """Add up the attempts of each point that failed and are retried automatically."""
    series = (points[outcome] for outcome in _RETRIED_OUTCOMES)
    return [sum(counts) for counts in zip(*series, strict=True)]
