"""The operator's API for autoscalers: how much may be sent now."""

from flask import Blueprint, Response, request

from relay.core.destination import MAIN_STORE
from relay.core.roles import Role
from relay.queries.autoscaling import autoscaling_page
from relay.web.context import require_role
from relay.web.problems import json_response

scale = Blueprint("scale", __name__)


@scale.get("/v1/scale")
def show_scale() -> Response:
    """What the workers of one store may send now."""
    known, _ = require_role(Role.VIEWER)
    return json_response(autoscaling_page(known.stores, request.args.get("store", MAIN_STORE)))
