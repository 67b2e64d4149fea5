"""Signing in to the dashboard with a key or a one-time link, and signing out."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from relay.actions.audit import Action, record, record_failed_sign_in
from relay.actions.context import Context
from relay.config.api_keys import hash_key
from relay.core.errors import Conflict, Forbidden, TooManyRequests, Unauthorized
from relay.core.roles import Principal, Role
from relay.core.secret import reveal
from relay.store.engine.connection import Client
from relay.store.sign_in import (
    TICKET_SECONDS,
    WINDOW_SECONDS,
    count_sign_in_attempt,
    is_first_sign_in_failure,
    reset_sign_in_attempts,
    save_sign_in_ticket,
    spend_sign_in_ticket,
)


def sign_in(
    ctx: Context,
    find_principal: Callable[[str], Principal | None],
    *,
    network: str,
    key: str = "",
    ticket: str = "",
) -> str:
    """Check a key, or the ticket of a one-time link. Returns the digest of the key that the session stands for.

    `find_principal` finds the holder of a key by the key's digest. `network` is the client's, for the limit on failed
    attempts. Raises TooManyRequests, Unauthorized if neither key nor ticket is valid, and Forbidden for a source's key.
    """
    # Counted before the key is checked: a client that may not try learns nothing about the key.
    check_attempts(ctx.stores.main.redis, network)
    digest = _digest_from(ctx, key=key, ticket=ticket)
    principal = find_principal(digest) if digest else None
    if digest is None or principal is None:
        _record_failure(ctx)
        raise _unauthorized(by_link=bool(ticket))
    if principal.role is Role.INGEST:
        raise Forbidden("wrong_role", "A source's key can only send events. Sign in with an operator's key.")
    # The failures before were typing errors.
    reset_sign_in_attempts(ctx.stores.main.redis, network)
    record(ctx, principal, Action("sign_in.link" if ticket else "sign_in.key", principal.key_id))
    return digest


def check_attempts(redis: Client, network: str) -> None:
    """Count an attempt to sign in from a network. Raises TooManyRequests when it has made too many."""
    if not count_sign_in_attempt(redis, network):
        text = f"Too many sign-in attempts from your network. Try again in {WINDOW_SECONDS} seconds."
        raise TooManyRequests("too_many_attempts", text, retry_after=WINDOW_SECONDS)


def record_sign_out(ctx: Context, principal: Principal) -> None:
    """Record that an operator signed out. The web server has ended the session."""
    record(ctx, principal, Action("sign_out", principal.key_id))


def create_sign_in_link(ctx: Context, principal: Principal, base_url: str) -> dict[str, Any]:
    """Create a link that signs a browser in as the first admin, once. Returns `{url, expires_in_seconds}`.

    Raises Conflict if there is no admin key, or no secret key to seal sessions with.
    """
    principal.require(Role.ADMIN)
    settings = ctx.settings
    admin_key = reveal(settings.admin_key)
    if admin_key is None or not settings.secret_keys:
        text = (
            "A sign-in link needs RELAY_ADMIN_KEY and RELAY_SECRET_KEYS: it signs in the holder of the admin key, and "
            "the secret keys seal the session. Set both."
        )
        raise Conflict("no_secret_keys", text)
    ticket = secrets.token_urlsafe(32)
    save_sign_in_ticket(ctx.stores.main.redis, ticket, hash_key(admin_key))
    record(ctx, principal, Action("sign_in.create_link", "admin"))
    url = f"{base_url.rstrip('/')}/ops/sign-in?{urlencode({'ticket': ticket})}"
    return {"url": url, "expires_in_seconds": TICKET_SECONDS}


def _digest_from(ctx: Context, *, key: str, ticket: str) -> str | None:
    if ticket:
        return spend_sign_in_ticket(ctx.stores.main.redis, ticket)
    return hashlib.sha256(key.strip().encode()).hexdigest()


def _record_failure(ctx: Context) -> None:
    # One entry per window: a flood of failures must not push other entries out of the audit log.
    if is_first_sign_in_failure(ctx.stores.main.redis):
        record_failed_sign_in(ctx)


def _unauthorized(*, by_link: bool) -> Unauthorized:
    if by_link:
        minutes = TICKET_SECONDS // 60
        text = f"This link was already used, or is older than {minutes} minutes. Sign in with your key, or create a new link."
        return Unauthorized("bad_sign_in_link", text)
    text = "The relay does not know this key. Check that it is complete and has not been removed from the configuration."
    return Unauthorized("unauthorized", text)
