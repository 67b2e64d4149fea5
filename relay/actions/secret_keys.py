"""Operator actions on the secret keys: re-encrypt stored secrets with the newest of RELAY_SECRET_KEYS."""

from typing import Any

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.core.roles import Principal, Role
from relay.core.vault import Vault
from relay.store.oauth_tokens import reseal_all
from relay.store.person_index import reseal_person_key


def rotate_secret_keys(ctx: Context, principal: Principal) -> dict[str, Any]:
    """Re-encrypt every stored secret that the newest key did not encrypt. Safe while the relay runs, and when repeated.

    Returns `{resealed, already, unreadable}`: the numbers of secrets re-encrypted now and before, and the names of those
    that no key of RELAY_SECRET_KEYS decrypts.
    """
    principal.require(Role.ADMIN)
    vault = Vault(ctx.settings.secret_keys)
    main = ctx.stores.main
    tokens = reseal_all(main.scripts, main.redis, vault)
    resealed, unreadable = tokens.resealed, [*tokens.unreadable]
    # Each store has its own key for the index of people.
    for store in ctx.stores:
        changed = reseal_person_key(store.redis, vault)
        if changed is None:
            unreadable.append(f"person_key of the store {store.name}")
        else:
            resealed += changed
    record(ctx, principal, Action("secret_keys.rotate", "RELAY_SECRET_KEYS"))
    return {"resealed": resealed, "already": tokens.already, "unreadable": unreadable}
