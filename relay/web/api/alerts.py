"""Alerts: list them, and send a test message to a receiver."""

from flask import Blueprint, Response

from relay.actions.alerts import send_test_alert
from relay.core.roles import Role
from relay.queries.alerts import alerts_page
from relay.web.context import require_role
from relay.web.openapi.alerts import ALERTS, ALERTS_EXAMPLE
from relay.web.openapi.operation import Operation, ResponseDoc, Tag, describe, path
from relay.web.openapi.problems import ACTION_ERRORS, ROLE_ERRORS, STORE_ERRORS, STORE_WRITE_ERRORS
from relay.web.openapi.schema_types import constant, record, string
from relay.web.problems import json_response

blueprint = Blueprint("alerts", __name__)


@blueprint.get("/v1/alerts")
@describe(
    Operation(
        id="listAlerts",
        tag=Tag.ALERTS,
        summary="List alerts and their receivers",
        description="Open alerts, the most severe and newest first; the 50 that were resolved last; and the receivers.",
        role=Role.VIEWER,
        responses=(
            ResponseDoc(
                status=200, description="Alerts and receivers.", schema=ALERTS, example=ALERTS_EXAMPLE
            ),
        ),
        errors=(*ROLE_ERRORS, *STORE_ERRORS),
    )
)
def list_alerts() -> Response:
    """List open and resolved alerts, and the result of the last message to each receiver."""
    ctx, _ = require_role(Role.VIEWER)
    return json_response(alerts_page(ctx.stores, ctx.config.alerts, now=ctx.now()))


@blueprint.post("/v1/alerts/receivers/<name>/test")
@describe(
    Operation(
        id="testReceiver",
        tag=Tag.ALERTS,
        summary="Send a test message to a receiver",
        description="A worker sends it; `GET /v1/alerts` shows the result.",
        role=Role.OPERATOR,
        parameters=(path("name", "The receiver's name.", schema=string(examples=["ops"]), example="ops"),),
        responses=(
            ResponseDoc(
                status=202,
                description="The message is queued.",
                schema=record(
                    {
                        "receiver": string(),
                        "message": string("The message's id."),
                        "queued": constant(value=True),
                    }
                ),
                example={"receiver": "ops", "message": "alert-test-mfrggzdfmztwq2lk", "queued": True},
            ),
        ),
        errors=(*ACTION_ERRORS, "no_such_receiver", *STORE_WRITE_ERRORS),
    )
)
def test_receiver(name: str) -> Response:
    """Have a worker send a test message to a receiver."""
    return json_response(send_test_alert(*require_role(Role.OPERATOR), name), 202)
