"""Operator actions on a person's data: preview and start an erasure."""

import os
from typing import Any

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.roles import Principal, Role
from relay.core.signed_document import Signer
from relay.queries.erasures import erasure_page, erasure_preview_page, read_erasure_request
from relay.store.accept import Retention
from relay.store.erasures import ErasureRequest, start_erasure_in_all_stores


def erase_person(ctx: Context, principal: Principal, request: Any) -> dict[str, Any]:
    """Start to erase a person's data in every store, and return the erasure's page.

    `request` is the body of the request: `{email}` or `{phone}`, and optionally `dry_run`, which only counts what would
    be erased. Raises ValidationFailed, and Unavailable if a store is down: then no store has started.
    """
    principal.require(Role.ADMIN)
    kind, person, dry_run = read_erasure_request(request)
    if dry_run:
        return erasure_preview_page(ctx.stores, person)
    [erasure_id] = generate_ids(ctx.now(), os.urandom(ENTROPY_BYTES), 1)
    dedupe_seconds = Retention.from_settings(ctx.settings).dedupe
    erasure_request = ErasureRequest(erasure_id, person, kind, principal.key_id)
    start_erasure_in_all_stores(ctx.stores, erasure_request, dedupe_seconds=dedupe_seconds, now=ctx.now())
    record(ctx, principal, Action("person.erase", erasure_id))
    return erasure_page(ctx.stores, erasure_id, Signer(ctx.settings.secret_keys))
