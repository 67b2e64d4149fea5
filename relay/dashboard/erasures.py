"""The pages of erasures: what there is of a person, erasing it, and the report."""

from typing import Any

from flask import Response, request

from relay.actions.erasures import erase_person
from relay.core.errors import ValidationFailed
from relay.core.roles import Principal, Role
from relay.core.signed_document import Signer
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.rendering import ask, confirmed, known_parts, render, told
from relay.queries.erasures import erasure_page, erasures_page

erasures = section("erasures", __name__)

_ERASE = "Erase everything that the relay holds of this person? It cannot be taken back."


@erasures.get("/ops/erasures")
def show_all() -> Response:
    return _shown(visitor(Role.OPERATOR))


@erasures.post("/ops/erasures")
def begin() -> Response:
    """Look what an erasure would find, or erase."""
    who = visitor(Role.ADMIN)
    person = {
        name: request.form[name].strip() for name in ("email", "phone") if request.form.get(name, "").strip()
    }
    try:
        found = erase_person(known_parts(), who, person | {"dry_run": True})
        if request.form.get("look"):
            return _shown(who, person=person, found=found)
        if not confirmed():
            return ask(_ERASE, "Erase", back="/ops/erasures", visitor=who)
        page = erase_person(known_parts(), who, person)
    except ValidationFailed as error:
        return _shown(who, person=person, problems=error.problems)
    return told(f"/ops/erasures/{page['id']}", "The erasure has begun.")


@erasures.get("/ops/erasures/<erasure_id>")
def show_one(erasure_id: str) -> Response:
    who, known = visitor(Role.OPERATOR), known_parts()
    page = erasure_page(known.stores, erasure_id, Signer(known.settings.secret_keys))
    return render("erasure.html", visitor=who, section="erasures", page=page)


def _shown(who: Principal, **more: Any) -> Response:
    page = erasures_page(known_parts().stores)
    shown = {"person": {}, "found": None, "problems": ()} | more
    return render("erasures.html", visitor=who, section="erasures", page=page, **shown)
