"""The error codes of settings and of the configuration file. docs/errors.md is printed from this table."""

from collections.abc import Mapping

STARTUP_ERRORS: Mapping[str, str] = {
    "unknown_setting": "There is no `RELAY_` variable with this name.",
    "conflict": "Two settings or keys conflict.",
    "unreadable": "The file cannot be read.",
    "syntax": "The file is not valid YAML. The message names line and column.",
    "duplicate_key": "A mapping has the same key twice.",
    "unset_variable": "The file says `${NAME}`, but the environment has no variable of that name.",
    "invalid": "A value has the wrong form; the message says which form it needs.",
    "reserved_name": "The relay uses this name itself: `unrouted` shows events without a destination, `main` is the store of `RELAY_REDIS_URL`, `admin` is the operator of `RELAY_ADMIN_KEY`.",
    "unknown_destination": "A source, or its `accounts`, names a destination that is not in the file.",
    "unsafe_address": "`base_url`, or an address of the `oauth` section, is neither Gong's nor listed in `RELAY_ALLOW_GONG_HOSTS`; or an address of the `alerts` section is neither an https address with a host name nor listed there.",
    "oauth_not_configured": "A destination uses OAuth, but the file has no [`oauth` section](oauth.md#set-it-up).",
    "company_limits_mismatch": "Two destinations of one company have different limits.",
    "company_store_mismatch": "Two destinations of one company are in different stores.",
    "invalid_store_url": "A store's `url` is not a URL that `RELAY_REDIS_URL` would accept; the message says why.",
    "duplicate_store": "Two stores have the same `url`.",
    "unknown_store": "A destination names a store that is not in the file.",
    "oauth_requires_main_store": "A destination uses OAuth but is in another store than `main`.",
    "required": "This source or setting needs a value that is missing.",
    "type": "A value has the wrong type, such as text instead of a list.",
    "plaintext_secret": "The file contains a secret in plain text. Write `${NAME}`, and set NAME in the environment.",
    "unknown_key": "The key is unknown at this place in the file.",
    "unknown_challenge": "There is no [handshake](verification.md#handshakes) with this name.",
    "unknown_preset": "There is no preset with this name. The message suggests the closest match.",
    "unsupported_type": "The relay cannot read the type in `read.content_type`. It reads JSON, lines of JSON and forms.",
    "wrong_dialect": "A rule's `to` is a call of another dialect than its destination uses, or the destinations in a source's `accounts` use different dialects.",
    "duplicate_api_key": "Two sources or operators have the same API key, so the relay cannot know which of them made a request.",
}
"""The meaning of each code."""
