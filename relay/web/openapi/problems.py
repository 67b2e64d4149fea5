"""Every code that an answer may carry, with its status and what to do: the table of the API's errors."""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.core import errors


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """The status that a code is answered with, and what its reader does about it. Some have a second status."""

    status: int
    remedy: str
    second_status: int | None = None

    @property
    def statuses(self) -> tuple[int, ...]:
        return (self.status,) if self.second_status is None else (self.status, self.second_status)


TITLES: Mapping[int, str] = {
    int(kind.status): kind.title
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.RelayError)
}

KEYED = ("unauthorized",)
"""Of whatever takes a key."""

RANKED = (*KEYED, "wrong_role")
"""Of whatever takes only some keys."""

CHANGING = (*RANKED, "cross_site")
"""Of whatever changes something: a browser that has signed in must ask from the relay's own pages."""

STORED = ("store_unavailable", "store_timeout", "store_failed")
"""Of whatever looks into the store."""

KEPT = (*STORED, "store_nearly_full", "store_full", "store_not_replicated")
"""Of whatever keeps something there."""

SENT = ("bad_length", "body_incomplete", "length_required", "body_too_large", "unsupported_encoding")
"""Of whatever reads a body."""

JSON_SENT = (
    *SENT,
    *("empty_body", "not_json", "not_utf8", "duplicate_key", "too_deep", "bad_number", "bad_text"),
)
"""Of whatever reads JSON."""

PROBLEMS: Mapping[str, ErrorInfo] = {
    "empty_body": ErrorInfo(400, "Send JSON in the body."),
    "not_json": ErrorInfo(400, "Send one complete JSON value. The detail names line and column."),
    "not_utf8": ErrorInfo(400, "Encode the body as UTF-8, without a byte-order mark."),
    "duplicate_key": ErrorInfo(
        400, "A key stands twice in one object. Send it once: JSON readers disagree on which one counts."
    ),
    "too_deep": ErrorInfo(400, "Send a flatter value: at most 32 levels."),
    "bad_number": ErrorInfo(400, "NaN, Infinity, or more digits than a number can hold. Send it as text."),
    "bad_text": ErrorInfo(400, "A text holds NUL or half of a surrogate pair. Remove it."),
    "bad_form": ErrorInfo(
        400,
        "A form cannot be read: its parts, or the names of its fields, contradict each other. The detail names the field.",
    ),
    "bad_length": ErrorInfo(400, "Content-Length` is not a number."),
    "body_incomplete": ErrorInfo(400, "Fewer bytes came than were promised. Send the request again."),
    "no_events": ErrorInfo(400, "The array or the lines hold no event. Send at least one."),
    "bad_idempotency_key": ErrorInfo(400, "Idempotency-Key` takes 1 to 255 characters."),
    "bad_oauth_state": ErrorInfo(
        400, "This answer of Gong's was used, or is older than ten minutes. Open the link again."
    ),
    "unauthorized": ErrorInfo(
        401,
        "Send a key that the relay knows, as `Authorization: Bearer KEY`, `X-API-Key: KEY` or a Basic password.",
    ),
    "verification_failed": ErrorInfo(
        401, "The request is not proven to be the sender's. The operator finds why in the log."
    ),
    "source_uses_routing": ErrorInfo(
        403,
        "The source routes by a value in its events, and bodies of Gong's have none. Send them to `/v1/events`, or with the key of a source that has one destination.",
    ),
    "bad_link": ErrorInfo(
        401, "This link was used, is older than half an hour, or was cut short. Ask for a new one."
    ),
    "bad_sign_in_link": ErrorInfo(
        401, "This sign-in link was used, or is older than 15 minutes. Sign in with a key, or make another."
    ),
    "wrong_role": ErrorInfo(
        403,
        "The key is good but not for this: events take a source's key, everything else a key with the role that the detail names.",
    ),
    "cross_site": ErrorInfo(
        403,
        "A browser that has signed in may change things from the relay's own pages only. A program sends its key with the request.",
    ),
    "wrong_browser": ErrorInfo(
        403, "This answer of Gong's belongs to another browser. Open the link in this one."
    ),
    "sign_in_denied": ErrorInfo(
        403, "The provider or the relay did not let this account in; the detail says why."
    ),
    "no_such_event": ErrorInfo(
        404, "The id is wrong, or the event ended so long ago that its record was pruned."
    ),
    "no_such_replay": ErrorInfo(404, "The id is wrong, or the replay ended 30 days ago."),
    "no_such_erasure": ErrorInfo(
        404, "The id is wrong, or the erasure ended longer ago than `RELAY_RETENTION_AUDIT_HOURS`."
    ),
    "receipt_erased": ErrorInfo(
        404,
        "The request that the event came in was erased, so that it cannot be mapped anew. Have its sender send it again.",
    ),
    "no_such_receipt": ErrorInfo(
        404, "The request that the event came in was pruned, so that it cannot be mapped anew."
    ),
    "no_such_source": ErrorInfo(
        404, "The configuration has no source of this name that takes its sender's own payloads."
    ),
    "no_such_consent": ErrorInfo(
        404, "There is nothing to tell of this consent any more. Ask for a new link."
    ),
    "no_such_destination": ErrorInfo(404, "No destination of this name is configured or connected."),
    "no_such_cluster": ErrorInfo(
        404, "No dead letter has this fault: its name is wrong, or all of them were replayed or pruned."
    ),
    "no_such_file": ErrorInfo(404, "The dashboard has no such file any more. Load the page anew."),
    "no_such_receiver": ErrorInfo(404, "The configuration has no receiver of alerts of this name."),
    "oidc_not_configured": ErrorInfo(
        404, "Nobody can sign in by an account here: `RELAY_OIDC_ISSUER` is not set."
    ),
    "not_found": ErrorInfo(404, "There is nothing at this path."),
    "method_not_allowed": ErrorInfo(
        405, "The path exists, the method does not. `Allow` names those that do."
    ),
    "no_secret_keys": ErrorInfo(
        409, "Nobody can sign in before `RELAY_SECRET_KEYS` is set: it seals sessions."
    ),
    "oauth_not_configured": ErrorInfo(
        409, "The configuration has no `oauth` section, and so nothing that a customer could connect."
    ),
    "uses_api_key": ErrorInfo(
        409,
        "This destination has an API key in the configuration. Write `auth: {oauth: {}}` there, or connect another name.",
    ),
    "account_taken": ErrorInfo(
        409, "This account is connected under another name. Connect it under that one again."
    ),
    "link_used": ErrorInfo(409, "This link has connected somebody already. Ask for a new one."),
    "idempotency_key_reused": ErrorInfo(
        409, "This `Idempotency-Key` came with another body before. Use a new one."
    ),
    "wrong_state": ErrorInfo(
        409,
        "The event's state forbids it: only dead letters and discarded events can be replayed, and what is being sent or has arrived cannot be discarded.",
    ),
    "store_mismatch": ErrorInfo(
        409,
        "The event is in another store than the destination it leads to today, or a customer is to be connected for a company that is not in the main one. Have the event sent again.",
    ),
    "no_single_mapping": ErrorInfo(
        409, "The dead letters of this fault have no one mapping to try. Look at the events one by one."
    ),
    "mapping_still_fails": ErrorInfo(
        409,
        "Today's mapping makes no call of the event either. Mend the mapping first. Where Gong would refuse what it makes, or no destination is found for it, the answer is 422 with every fault.",
        second_status=422,
    ),
    "length_required": ErrorInfo(411, "Send `Content-Length`, or `Transfer-Encoding: chunked`."),
    "body_too_large": ErrorInfo(413, "Send fewer events at a time. The limit is `RELAY_MAX_BODY_BYTES`."),
    "too_many_items": ErrorInfo(413, "Send fewer events at a time. The limit is `RELAY_MAX_ITEMS`."),
    "too_many_fields": ErrorInfo(413, "A form holds more fields than are taken. Send fewer, or JSON."),
    "unsupported_type": ErrorInfo(
        415, "Send `application/json`, or `application/x-ndjson` for one event a line."
    ),
    "unsupported_charset": ErrorInfo(415, "Send UTF-8."),
    "unsupported_encoding": ErrorInfo(415, "Send the body as it is, without `Content-Encoding`."),
    "invalid": ErrorInfo(
        422, "The request can be read, but is wrong. `errors` holds every fault with its path."
    ),
    "internal_error": ErrorInfo(
        500,
        "A fault of the relay, which it has logged. Send the request again; if it fails again, report it.",
    ),
    "too_many_attempts": ErrorInfo(
        429, "Too many attempts to sign in came from your network. Wait for `Retry-After`."
    ),
    "provider_unavailable": ErrorInfo(
        503, "No worker could read the provider's document yet. Its log says why (`sign_in.provider_unread`)."
    ),
    "shutting_down": ErrorInfo(
        503,
        "Only at `/readyz`: this process is about to end. Send to another; what still comes here is taken.",
    ),
    "store_unavailable": ErrorInfo(503, "Redis cannot be reached. Try again."),
    "store_timeout": ErrorInfo(
        503, "Redis did not answer in time. Try again; whatever it did take is recognised."
    ),
    "store_nearly_full": ErrorInfo(
        503, "Redis is above its high-water mark. What it holds is being sent; try again."
    ),
    "person_key_unreadable": ErrorInfo(
        503,
        "The key of the store's index of people cannot be read, so nothing is taken. The operator adds the key that sealed it to `RELAY_SECRET_KEYS`.",
    ),
    "store_full": ErrorInfo(503, "Redis is full. Try again; the operator gives it more memory."),
    "store_not_replicated": ErrorInfo(
        503,
        "Too few replicas of Redis have it yet, and `RELAY_REDIS_WAIT_REPLICAS` asks for more. Try again; what was kept is recognised.",
    ),
    "store_failed": ErrorInfo(503, "Redis refused the write. Try again; the operator looks at its log."),
}
