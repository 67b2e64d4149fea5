"""Signing in by a key or by a one-time link, and signing out: what may be tried how often, and the lines it leaves."""

from flask import Request

from relay.core.errors import Forbidden, TooManyRequests, Unauthorized
from relay.core.roles import Principal, Role
from relay.store.audit import Deed
from relay.store.sign_in import (
    WINDOW_SECONDS,
    count_attempt,
    forget_attempts,
    is_first_failure,
    spend_sign_in_ticket,
)
from relay.web.actions.audit import audited, write_down
from relay.web.auth import hash_key
from relay.web.client_ip import client_network
from relay.web.context import WebContext
from relay.web.same_origin import check_same_origin


def sign_in(known: WebContext, request: Request, *, key: str = "", ticket: str = "") -> str:
    """Who signs in, as the digest of the key that a session stands for.

    Raises Conflict where sessions cannot be sealed, Forbidden for a form of another site or a source's key, TooMany,
    and Unauthorized when neither key nor link is good.
    """
    known.auth.sessions.check_enabled()
    check_same_origin(request, known.settings.public_url)
    network = client_network(request, hops=known.settings.proxy_hops)
    if not count_attempt(known.redis, network):
        text = f"There were too many attempts from your network. Try again in {WINDOW_SECONDS} seconds."
        raise TooManyRequests("too_many_attempts", text, retry_after=WINDOW_SECONDS)
    digest = spend_sign_in_ticket(known.redis, ticket) if ticket else hash_key(key.strip().encode())
    caller = known.auth.find_by_digest(digest) if digest else None
    if digest is None or caller is None:
        _note_failure(known)
        raise _unknown(by_link=bool(ticket))
    if caller.role is Role.INGEST:
        raise Forbidden(
            "wrong_role", "A source's key sends events, and shows nothing. Sign in with your own."
        )
    forget_attempts(known.redis, network)
    audited(known, caller, "sign_in.link" if ticket else "sign_in.key", caller.key_id)
    return digest


def note_sign_out(known: WebContext, caller: Principal) -> None:
    """Somebody leaves."""
    audited(known, caller, "sign_out", caller.key_id)


def _note_failure(known: WebContext) -> None:
    """One line tells of the failures of a whole minute: strangers must not push the audit's other lines out."""
    if is_first_failure(known.redis):
        write_down(known, Deed("(unknown)", "none", "sign_in.failed", ""))


def _unknown(*, by_link: bool) -> Unauthorized:
    if by_link:
        text = "This link was used, or is older than 15 minutes. Sign in with your key, or make a new link."
        return Unauthorized("bad_sign_in_link", text)
    return Unauthorized(
        "unauthorized", "The relay knows no such key. Is all of it there, and is it still in use?"
    )
