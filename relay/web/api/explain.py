"""The API of why: asked by any name that is at hand, and answered also where there is no event."""

from typing import Any

from flask import Blueprint, Response, request

from relay.actions.visibility import make_viewer
from relay.core.roles import Principal
from relay.queries.explain_by_name import explain_by_name_page
from relay.web.context import WebContext, current
from relay.web.problems import json_response

explaining = Blueprint("explaining", __name__)


@explaining.get("/v1/why")
def explain_name() -> Response:
    """Why it is, or is not, in Gong, by `id`, `event_id`, `request_id` or `receipt`."""
    known = current()
    return json_response(explain_for(known, known.auth.authenticate(request), request.args.to_dict()))


def explain_for(known: WebContext, caller: Principal, asked: dict[str, str]) -> dict[str, Any]:
    """What `explain_by_name_page` tells to the caller: a source's key is told of its own source."""
    only = caller.source.name if caller.source is not None else None
    return explain_by_name_page(make_viewer(known, caller), asked, only=only)
