"""The pages of sources: traffic, verification and keys, and a form to try a mapping on a payload."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from relay.actions.visibility import make_viewer
from relay.core.errors import NotFound, Problem, RelayError, ValidationFailed
from relay.core.roles import Principal, Role
from relay.core.strict_json import parse_json
from relay.dashboard.blueprint import page_blueprint
from relay.dashboard.mapping_form import format_mapping, parse_mapping
from relay.dashboard.rendering import render
from relay.queries.previews import mapping_preview_page, preview_context, read_trial
from relay.queries.sources import source_page, sources_page
from relay.web.context import WebContext, require_role

sources = page_blueprint("sources", __name__)


@dataclass(frozen=True, slots=True)
class MappingTrial:
    """The payload and mapping in the form, as the user typed them, and the result of mapping the payload."""

    payload: str
    mapping: str
    items: Sequence[dict[str, Any]] = ()
    problems: Sequence[Problem] = ()


@sources.get("/ops/sources")
def list_sources() -> Response:
    ctx, principal = require_role(Role.VIEWER)
    page = sources_page(ctx.stores, ctx.config, now=ctx.now())
    return render("sources.html", principal=principal, section="sources", page=page)


@sources.get("/ops/sources/<name>")
def show_source(name: str) -> Response:
    ctx, principal = require_role(Role.VIEWER)
    return _render_source(ctx, principal, name)


@sources.post("/ops/sources/<name>/try")
def try_mapping(name: str) -> Response:
    """Show the calls that the mapping in the form builds from the payload. Nothing is stored or sent."""
    ctx, principal = require_role(Role.OPERATOR)
    payload, mapping = request.form.get("payload", ""), request.form.get("mapping", "")
    try:
        items = _map_payload(ctx, name, payload, mapping)
    except ValidationFailed as error:
        return _render_source(ctx, principal, name, MappingTrial(payload, mapping, problems=error.problems))
    # An unknown source is an error page. Any other error is shown beside the form, which keeps the input.
    except NotFound:
        raise
    except RelayError as error:
        problem = Problem("payload", error.code, error.detail)
        return _render_source(ctx, principal, name, MappingTrial(payload, mapping, problems=[problem]))
    return _render_source(ctx, principal, name, MappingTrial(payload, mapping, items))


def _map_payload(ctx: WebContext, name: str, payload: str, mapping: str) -> list[dict[str, Any]]:
    source = ctx.config.sources.get(name)
    if source is None:
        raise NotFound("no_such_source", f"The configuration has no source {name!r}.")
    preview = preview_context(ctx.config, source, finder=ctx.destinations, now=ctx.now())

    def preview_items() -> list[dict[str, Any]]:
        body = {"payload": parse_json(payload.encode()), "mapping": parse_mapping(mapping)}
        items: list[dict[str, Any]] = mapping_preview_page(read_trial(body, preview), preview)["items"]
        return items

    return ctx.compute(len(payload) + len(mapping), preview_items)


def _render_source(
    ctx: WebContext, principal: Principal, name: str, trial: MappingTrial | None = None
) -> Response:
    page = source_page(make_viewer(ctx, principal), name)
    return render(
        "source.html",
        principal=principal,
        section="sources",
        page=page,
        trial=trial or _initial_trial(page),
    )


def _initial_trial(page: dict[str, Any]) -> MappingTrial:
    """Fill the form with the source's last payload and its current mapping."""
    body = (page["last"] or {}).get("body")
    payload = "" if body is None else json.dumps(body, indent=2, ensure_ascii=False)
    return MappingTrial(payload, format_mapping(page["mapping"] or {}))
