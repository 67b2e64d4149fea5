"""The pages of the sources: what each one sends, how it is proven, and what its mapping makes of a payload."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from relay.actions.visibility import make_viewer
from relay.core.errors import NotFound, Problem, RelayError, ValidationFailed
from relay.core.roles import Principal, Role
from relay.core.strict_json import parse_json
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.mapping_form import read_mapping, write_mapping
from relay.dashboard.rendering import known_parts, render
from relay.queries.previews import mapping_preview_page, preview_context, read_trial
from relay.queries.source import source_page
from relay.queries.sources import sources_page

sources = section("sources", __name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A mapping that somebody tries on a payload: both as they were typed, and what came of it."""

    payload: str
    mapping: str
    items: Sequence[dict[str, Any]] = ()
    problems: Sequence[Problem] = ()


@sources.get("/ops/sources")
def show_all() -> Response:
    who, known = visitor(Role.VIEWER), known_parts()
    page = sources_page(known.stores, known.config, now=known.now())
    return render("sources.html", visitor=who, section="sources", page=page)


@sources.get("/ops/sources/<name>")
def show_one(name: str) -> Response:
    return _shown(visitor(Role.VIEWER), name)


@sources.post("/ops/sources/<name>/try")
def try_mapping(name: str) -> Response:
    """What a payload would become by the mapping in the form. Nothing is kept and nothing sent."""
    who = visitor(Role.OPERATOR)
    payload, mapping = request.form.get("payload", ""), request.form.get("mapping", "")
    try:
        items = _tried(name, payload, mapping)
    except ValidationFailed as error:
        return _shown(who, name, Attempt(payload, mapping, problems=error.problems))
    except NotFound:
        raise
    except RelayError as error:
        told = Problem("payload", error.code, error.detail)
        return _shown(who, name, Attempt(payload, mapping, problems=[told]))
    return _shown(who, name, Attempt(payload, mapping, items))


def _tried(name: str, payload: str, mapping: str) -> list[dict[str, Any]]:
    known = known_parts()
    source = known.config.sources.get(name)
    if source is None:
        raise NotFound("no_such_source", f"The configuration has no source {name!r}.")
    way = preview_context(known.config, source, finder=known.destinations, now=known.now())
    told = {"payload": parse_json(payload.encode()), "mapping": read_mapping(mapping)}
    items: list[dict[str, Any]] = mapping_preview_page(read_trial(told, way), way)["items"]
    return items


def _shown(who: Principal, name: str, attempt: Attempt | None = None) -> Response:
    page = source_page(make_viewer(known_parts(), who), name)
    return render("source.html", visitor=who, section="sources", page=page, attempt=attempt or _first(page))


def _first(page: dict[str, Any]) -> Attempt:
    """What the form holds before anybody has tried something: the last payload, and the mapping as it is."""
    body = (page["last"] or {}).get("body")
    mapping = write_mapping(page["mapping"] or {})
    return Attempt("" if body is None else json.dumps(body, indent=2, ensure_ascii=False), mapping)
