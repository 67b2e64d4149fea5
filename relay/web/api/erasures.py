"""Erasures: start one, preview what it would find, and read its signed report."""

from flask import Blueprint, Response, request

from relay.actions.erasures import erase_person
from relay.core.roles import Role
from relay.core.signed_document import Signer
from relay.core.strict_json import parse_json
from relay.queries.erasures import erasure_page, erasures_page
from relay.web.context import require_role
from relay.web.openapi.erasures import ERASURE_DRY_RUN, ERASURE_EXAMPLE, ERASURE_REQUEST, REPORT_EXAMPLE
from relay.web.openapi.operation import JSON, Operation, RequestBody, ResponseDoc, Tag, describe, path
from relay.web.openapi.problems import (
    ACTION_ERRORS,
    JSON_BODY_ERRORS,
    ROLE_ERRORS,
    STORE_ERRORS,
    STORE_WRITE_ERRORS,
)
from relay.web.openapi.schema_types import ID, array, component, record
from relay.web.problems import json_response
from relay.web.request_body import read_body

blueprint = Blueprint("erasures", __name__)


@blueprint.post("/v1/erasures")
@describe(
    Operation(
        id="startErasure",
        tag=Tag.PRIVACY,
        summary="Erase a person's data",
        description="The person is identified by e-mail address or phone number, and erased in every store. Erased "
        "events do not come back if their sender repeats them.",
        role=Role.ADMIN,
        body=RequestBody(
            "The person, and `dry_run` to see only what would be found.",
            {JSON: ERASURE_REQUEST},
            {"erase": {"email": "jane@globex.com"}, "dry run": {"phone": "+14155550100", "dry_run": True}},
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="What would be erased, for `dry_run`.",
                schema=ERASURE_DRY_RUN,
                example={"dry_run": True, "stores": []},
            ),
            ResponseDoc(
                status=202,
                description="The erasure is started.",
                schema=component("ErasureReport"),
                example=REPORT_EXAMPLE,
            ),
        ),
        errors=(
            *ACTION_ERRORS,
            *JSON_BODY_ERRORS,
            "invalid",
            "person_key_unreadable",
            *STORE_WRITE_ERRORS,
        ),
    )
)
def start_erasure() -> Response:
    """Start the erasure of a person, or with `dry_run` report what it would find."""
    ctx, principal = require_role(Role.ADMIN)
    body = parse_json(read_body(request, max_bytes=ctx.settings.max_body_bytes))
    page = erase_person(ctx, principal, body)
    return json_response(page, 200 if page.get("dry_run") else 202)


@blueprint.get("/v1/erasures")
@describe(
    Operation(
        id="listErasures",
        tag=Tag.PRIVACY,
        summary="List the latest 50 erasures",
        role=Role.OPERATOR,
        responses=(
            ResponseDoc(
                status=200,
                description="The erasures, newest first.",
                schema=record({"erasures": array(component("Erasure"))}),
                example={"erasures": [ERASURE_EXAMPLE]},
            ),
        ),
        errors=(*ROLE_ERRORS, *STORE_ERRORS),
    )
)
def list_erasures() -> Response:
    """List the latest 50 erasures."""
    ctx, _ = require_role(Role.OPERATOR)
    return json_response(erasures_page(ctx.stores))


@blueprint.get("/v1/erasures/<erasure_id>")
@describe(
    Operation(
        id="showErasure",
        tag=Tag.PRIVACY,
        summary="Show the progress of an erasure, and its report",
        role=Role.OPERATOR,
        parameters=(path("erasure_id", "The erasure's id.", example=ID),),
        responses=(
            ResponseDoc(
                status=200,
                description="The report.",
                schema=component("ErasureReport"),
                example=REPORT_EXAMPLE,
            ),
        ),
        errors=(*ROLE_ERRORS, "no_such_erasure", *STORE_ERRORS),
    )
)
def show_erasure(erasure_id: str) -> Response:
    """Show the progress of one erasure; when it is done, its signed report."""
    ctx, _ = require_role(Role.OPERATOR)
    return json_response(erasure_page(ctx.stores, erasure_id, Signer(ctx.settings.secret_keys)))
