"""The pages of erasures: preview and start an erasure, the list of erasures, and the report of one."""

from typing import Any

from flask import Response, request

from relay.actions.erasures import erase_person
from relay.core.errors import ValidationFailed
from relay.core.roles import Principal, Role
from relay.core.signed_document import Signer
from relay.dashboard.blueprint import page_blueprint
from relay.dashboard.rendering import confirm_page, is_confirmed, redirect_with_message, render
from relay.queries.erasures import erasure_page, erasures_page
from relay.web.context import WebContext, require_role

erasures = page_blueprint("erasures", __name__)

_ERASE_QUESTION = "Erase all of this person's data from the relay? This cannot be undone."


@erasures.get("/ops/erasures")
def list_erasures() -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    return _render_list(ctx, principal)


@erasures.post("/ops/erasures")
def start_erasure() -> Response:
    """Preview or start an erasure."""
    ctx, principal = require_role(Role.ADMIN)
    person = {
        name: request.form[name].strip() for name in ("email", "phone") if request.form.get(name, "").strip()
    }
    try:
        # The dry run also validates the input, before the user is asked to confirm.
        preview = erase_person(ctx, principal, person | {"dry_run": True})
        if request.form.get("preview"):
            return _render_list(ctx, principal, person=person, preview=preview)
        if not is_confirmed():
            return confirm_page(_ERASE_QUESTION, "Erase", back="/ops/erasures", principal=principal)
        page = erase_person(ctx, principal, person)
    except ValidationFailed as error:
        return _render_list(ctx, principal, person=person, problems=error.problems)
    return redirect_with_message(f"/ops/erasures/{page['id']}", "The erasure has started.")


@erasures.get("/ops/erasures/<erasure_id>")
def show_erasure(erasure_id: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    page = erasure_page(ctx.stores, erasure_id, Signer(ctx.settings.secret_keys))
    return render("erasure.html", principal=principal, section="erasures", page=page)


def _render_list(ctx: WebContext, principal: Principal, **values: Any) -> Response:
    page = erasures_page(ctx.stores)
    defaults: dict[str, Any] = {"person": {}, "preview": None, "problems": ()}
    return render("erasures.html", principal=principal, section="erasures", page=page, **defaults | values)
