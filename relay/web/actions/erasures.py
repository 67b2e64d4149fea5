"""What may be done about a person's data: see what an erasure would find, and erase."""

import os
from typing import Any

from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.roles import Principal, Role
from relay.core.signed_document import Signer
from relay.queries.erasures import erasure_page, erasure_preview_page, read_erasure_request
from relay.store.erasures_all_stores import Asked, begin_everywhere
from relay.web.actions.audit import audited
from relay.web.context import WebContext


def erase(known: WebContext, caller: Principal, told: Any) -> dict[str, Any]:
    """Begin to erase a person, told as `{email}` or `{phone}`, in every store; with `dry_run` say what would be found.

    The erasure's page, as it is then. Raises Invalid, and Unavailable where a store is away: then none has begun.
    """
    caller.require(Role.ADMIN)
    kind, person, dry_run = read_erasure_request(told)
    if dry_run:
        return erasure_preview_page(known.stores, person)
    [erasure_id] = generate_ids(known.now(), os.urandom(ENTROPY_BYTES), 1)
    seen = known.intake.retention.seen
    asked = Asked(erasure_id, person, kind, caller.key_id)
    begin_everywhere(known.stores, asked, seen_seconds=seen, now=known.now())
    audited(known, caller, "person.erase", erasure_id)
    return erasure_page(known.stores, erasure_id, Signer(known.settings.secret_keys))
