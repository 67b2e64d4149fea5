"""The error codes of the API: status, meaning and remedy of each. docs/errors.md is printed from this table."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from relay.core import errors
from relay.web.openapi.error_info import ErrorInfo
from relay.web.openapi.schema_types import component, string
from relay.web.openapi.server_errors import SERVER_ERRORS

PROBLEM = "application/problem+json"

TITLES: Mapping[int, str] = {
    int(kind.status): kind.title
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.RelayError)
}
"""The `title` of a problem document by its status."""

AUTHENTICATION_ERRORS = ("unauthorized",)
"""Of every operation that needs a key."""

ROLE_ERRORS = (*AUTHENTICATION_ERRORS, "wrong_role")
"""Of operations that need a particular role."""

ACTION_ERRORS = (*ROLE_ERRORS, "cross_site")
"""Of operations that change something: a signed-in browser must send them from the relay's own pages."""

STORE_ERRORS = ("store_unavailable", "store_timeout", "store_failed")
"""Of operations that read the store."""

STORE_WRITE_ERRORS = (*STORE_ERRORS, "store_nearly_full", "store_full", "store_not_replicated")
"""Of operations that add data to the store."""

INGEST_ERRORS = (*STORE_WRITE_ERRORS, "store_layout", "source_store_share", "source_rate")
"""Of operations that store the events of a source."""

BODY_ERRORS = (
    "bad_length",
    "bad_chunk",
    "body_incomplete",
    "length_required",
    "request_timeout",
    "body_too_large",
    "unsupported_encoding",
    "unsupported_transfer_coding",
    "server_busy",
)
"""Of operations that read a request body."""

JSON_ERRORS = ("empty_body", "not_json", "not_utf8", "duplicate_key", "too_deep", "bad_number", "bad_text")

JSON_BODY_ERRORS = (*BODY_ERRORS, *JSON_ERRORS)
"""Of operations that read a JSON body."""

ERRORS: Mapping[str, ErrorInfo] = {
    "empty_body": ErrorInfo(400, "The body is empty.", "Send JSON in the body."),
    "not_json": ErrorInfo(
        400, "The body is not JSON. The detail names line and column.", "Send one complete JSON value."
    ),
    "not_utf8": ErrorInfo(
        400, "The body is not UTF-8, or begins with a byte-order mark.", "Encode it as UTF-8 without one."
    ),
    "duplicate_key": ErrorInfo(
        400,
        "An object has the same key twice. JSON parsers disagree on which value counts.",
        "Send each key once.",
    ),
    "too_deep": ErrorInfo(
        400, "The JSON is nested too deeply.", "Nest objects and arrays at most 32 levels deep."
    ),
    "bad_number": ErrorInfo(
        400, "A number is NaN or Infinity, or has too many digits.", "Send the value as a string."
    ),
    "bad_text": ErrorInfo(
        400, "A string contains NUL or half of a surrogate pair.", "Remove that character."
    ),
    "bad_form": ErrorInfo(
        400,
        "The form cannot be read: its parts or field names contradict each other.",
        "Fix the field that the detail names.",
    ),
    "bad_length": ErrorInfo(
        400, "`Content-Length` is not a number.", "Send the number of bytes in the body."
    ),
    "body_incomplete": ErrorInfo(
        400, "The connection delivered fewer bytes than announced.", "Send the request again."
    ),
    "no_events": ErrorInfo(
        400, "The array or the NDJSON body contains no event.", "Send at least one event."
    ),
    "bad_idempotency_key": ErrorInfo(
        400, "`Idempotency-Key` is empty or too long.", "Send a key of 1 to 255 characters."
    ),
    "bad_oauth_state": ErrorInfo(
        400,
        "This authorization response was already used, or is older than ten minutes.",
        "Open the [link](oauth.md#connect-a-customer) again, or sign in again.",
    ),
    "unauthorized": ErrorInfo(
        401,
        "The request has no API key, or one that the relay does not know.",
        "Send a valid key as `Authorization: Bearer KEY`, as `X-API-Key: KEY`, or as a Basic password.",
    ),
    "verification_failed": ErrorInfo(
        401,
        "The webhook's signature could not be verified.",
        "Check the sender's signing secret. The operator can see the [reason](#verification-rejected-requests) in the log and on the source's page.",
    ),
    "bad_link": ErrorInfo(
        401, "This link was already used, is older than 30 minutes, or is incomplete.", "Ask for a new link."
    ),
    "bad_sign_in_link": ErrorInfo(
        401,
        "This sign-in link was already used, or is older than 15 minutes.",
        "Sign in with a key, or [create another link](access.md#sign-in).",
    ),
    "wrong_role": ErrorInfo(
        403,
        "The key is valid, but its [role](access.md#roles) does not allow this.",
        "Send events with a source's key, and everything else with a key of the role that the detail names.",
    ),
    "source_uses_routing": ErrorInfo(
        403,
        "The source [routes by a value in its events](routing.md), and Gong's request bodies have no such value.",
        "Send the events to `/v1/events`, or use the key of a source with a fixed destination.",
    ),
    "cross_site": ErrorInfo(
        403,
        "A signed-in browser sent this change from another site.",
        "Use [the relay's own pages](access.md#sign-in). A program sends its key with each request.",
    ),
    "wrong_browser": ErrorInfo(
        403,
        "This authorization response belongs to another browser.",
        "Open the link, or sign in, again in this browser.",
    ),
    "sign_in_denied": ErrorInfo(
        403,
        "The [identity provider](access.md#by-your-companys-accounts) or the relay rejected this account.",
        "The detail says why.",
    ),
    "no_such_event": ErrorInfo(
        404,
        "No event has this id.",
        "Check the id. Events that have ended are pruned after a while, and an operator can purge them earlier.",
    ),
    "no_such_replay": ErrorInfo(
        404, "No replay has this id.", "Check the id. Replays are deleted 30 days after they end."
    ),
    "no_such_erasure": ErrorInfo(
        404,
        "No erasure has this id.",
        "Check the id. Erasures are deleted `RELAY_RETENTION_AUDIT_HOURS` after they end.",
    ),
    "receipt_erased": ErrorInfo(
        404,
        "The request that contained this event was [erased](privacy.md#erase-a-person), so the event cannot be mapped again.",
        "Ask the sender to send it again.",
    ),
    "no_such_receipt": ErrorInfo(
        404,
        "The request that contained this event is no longer stored, so the event cannot be mapped again.",
        "Ask the sender to send it again.",
    ),
    "no_such_source": ErrorInfo(
        404,
        "No source with this name is configured, or the source accepts no webhooks.",
        "Check the name, and the source's `verify` or `preset`.",
    ),
    "no_such_consent": ErrorInfo(
        404, "This [connection request](oauth.md) no longer exists.", "Ask for a new link."
    ),
    "no_such_destination": ErrorInfo(
        404, "No destination with this name is configured or connected.", "Check the name."
    ),
    "no_such_cluster": ErrorInfo(
        404,
        "No dead letter belongs to this cluster.",
        "Check the fingerprint. All its dead letters may have been replayed, discarded, pruned or purged.",
    ),
    "no_such_file": ErrorInfo(404, "The dashboard has no such file.", "Reload the page."),
    "no_such_receiver": ErrorInfo(
        404, "No alert receiver with this name is configured.", "Check `alerts.receivers`."
    ),
    "oidc_not_configured": ErrorInfo(
        404,
        "Sign-in with an identity provider is not configured.",
        "Sign in with a key, or set `RELAY_OIDC_ISSUER`.",
    ),
    "not_found": ErrorInfo(404, "Nothing exists at this path.", "Check the URL and the port."),
    "method_not_allowed": ErrorInfo(
        405, "The path does not support this method.", "Use a method that the `Allow` header lists."
    ),
    "no_secret_keys": ErrorInfo(
        409,
        "Sign-in is disabled because `RELAY_SECRET_KEYS` is not set. Sessions are encrypted with it.",
        "Set it and restart the relay.",
    ),
    "oauth_not_configured": ErrorInfo(
        409,
        "The configuration has no [`oauth` section](oauth.md#set-it-up), so customers cannot connect.",
        "Add the section.",
    ),
    "uses_api_key": ErrorInfo(
        409,
        "This destination has an API key in the configuration.",
        "Write `auth: {oauth: {}}` there, or connect another name.",
    ),
    "account_taken": ErrorInfo(
        409, "This account is connected under another name.", "Connect it again under that name."
    ),
    "link_used": ErrorInfo(409, "This link was already used to connect an account.", "Ask for a new link."),
    "idempotency_key_reused": ErrorInfo(
        409, "This `Idempotency-Key` was used with a different body.", "Use a new key for each new request."
    ),
    "wrong_state": ErrorInfo(
        409,
        "The event's [state](lifecycle.md#states) does not allow this.",
        "Replay only dead letters and discarded events. An event that is being sent or was delivered cannot be discarded.",
    ),
    "store_mismatch": ErrorInfo(
        409,
        "The event is in another [store](scaling.md#several-stores) than its current destination, or the customer's company is not in the main store.",
        "Ask the sender to send the event again, or connect the customer to a company in the main store.",
    ),
    "no_single_mapping": ErrorInfo(
        409,
        "The dead letters of this cluster do not share one mapping that could be previewed.",
        "Preview or replay the events one by one.",
    ),
    "mapping_still_fails": ErrorInfo(
        409,
        "The current mapping does not produce a call for the event. The status is 422, with every problem, if Gong would reject the call or no destination is found.",
        "Fix the mapping, then replay.",
        second_status=422,
    ),
    "length_required": ErrorInfo(
        411, "The length of the body is unknown.", "Send `Content-Length` or `Transfer-Encoding: chunked`."
    ),
    "body_too_large": ErrorInfo(
        413, "The body is larger than `RELAY_MAX_BODY_BYTES`.", "Send fewer events per request."
    ),
    "too_many_items": ErrorInfo(
        413,
        "The request contains more events than `RELAY_MAX_ITEMS`, or a webhook has more than 5,000 lines of NDJSON.",
        "Send fewer events per request.",
    ),
    "unreadable_body": ErrorInfo(
        413,
        "A webhook's body cannot be read, and is larger than `RELAY_MAX_UNREADABLE_BYTES`. Smaller ones become dead letters.",
        "Send what the source is configured for. The operator can fix the source's `read` section.",
    ),
    "too_many_fields": ErrorInfo(413, "The form has too many fields.", "Send fewer fields, or send JSON."),
    "unsupported_type": ErrorInfo(
        415,
        "The relay does not accept this content type.",
        "Send `application/json`, or `application/x-ndjson` with one event per line.",
    ),
    "unsupported_charset": ErrorInfo(415, "The relay reads UTF-8 only.", "Send the body as UTF-8."),
    "unsupported_encoding": ErrorInfo(415, "The body is compressed.", "Send it without `Content-Encoding`."),
    "invalid": ErrorInfo(
        422,
        "The request is readable but not valid.",
        "Fix every problem in `errors`. Each names its path.",
    ),
    "too_many_attempts": ErrorInfo(
        429,
        "Too many attempts to [sign in](access.md#sign-in) came from this network.",
        "Wait for the seconds in `Retry-After`.",
    ),
    "source_store_share": ErrorInfo(
        429,
        "The source has used its [share of the store](operations.md#what-one-source-may-use). Other sources are not affected.",
        "Send the request again after the seconds in `Retry-After`. The operator can purge the source's dead letters, or raise `limits.store_share`.",
    ),
    "source_rate": ErrorInfo(
        429,
        "The source sent more [events per minute](operations.md#what-one-source-may-use) than it may. Other sources are not affected.",
        "Send the request again after the seconds in `Retry-After`. The operator can raise `limits.events_per_minute`.",
    ),
    "data_deleted": ErrorInfo(
        409,
        "An operator discarded the event, which deleted its data, so it cannot be replayed.",
        "Ask the sender to send it again under a new id: under the old one, it is answered as a duplicate. To keep the data of events that you discard, use `keep_data`.",
    ),
    "internal_error": ErrorInfo(
        500,
        "The relay failed unexpectedly and logged the error.",
        "It is safe to send the request again. Report the error if it persists.",
    ),
    "provider_unavailable": ErrorInfo(
        503,
        "No worker has loaded the identity provider's configuration yet.",
        "Try again. If it persists, look for `sign_in.provider_unavailable` in the worker's log.",
    ),
    "shutting_down": ErrorInfo(
        503,
        "This process is shutting down. Only `/readyz` says so; requests that still arrive are served.",
        "Send to another process.",
    ),
    "store_unavailable": ErrorInfo(503, "Redis cannot be reached.", "Try again."),
    "store_timeout": ErrorInfo(
        503,
        "Redis did not answer in time. It may have stored the data.",
        "It is safe to send the request again: events that were stored are recognized.",
    ),
    "store_nearly_full": ErrorInfo(
        503,
        "Redis uses more memory than its high-water mark allows.",
        "Try again. Memory is freed as events are sent.",
    ),
    "person_key_unreadable": ErrorInfo(
        503,
        "The key of the store's [person index](privacy.md#the-marks-of-people) cannot be decrypted, so no events are accepted.",
        "The operator should add the key that encrypted it to `RELAY_SECRET_KEYS`.",
    ),
    "store_full": ErrorInfo(
        503, "Redis is out of memory.", "Try again. If it persists, the operator should add memory."
    ),
    "store_layout": ErrorInfo(
        503,
        "The store holds data of [another layout](upgrading.md#the-layout-of-the-store), which this version cannot read.",
        "The operator should restart the web server, which then says what to do. Then send the request again.",
    ),
    "store_not_replicated": ErrorInfo(
        503,
        "Fewer replicas than `RELAY_REDIS_WAIT_REPLICAS` have confirmed the write.",
        "It is safe to send the request again: events that were stored are recognized.",
    ),
    "store_failed": ErrorInfo(
        503,
        "Redis returned an error.",
        "Try again. If it persists, the operator should check the Redis log.",
    ),
    **SERVER_ERRORS,
}

_VALIDATION_PROBLEM = errors.Problem("content.title", "required", "is required").as_dict()

_HEADERS: Mapping[int, Any] = {
    401: {"WWW-Authenticate": {"description": "The accepted authentication schemes.", "schema": string()}},
    405: {"Allow": {"description": "The supported methods.", "schema": string()}},
    429: {"Retry-After": {"description": "Seconds.", "schema": string(pattern="^[0-9]+$")}},
    503: {"Retry-After": {"description": "Seconds.", "schema": string(pattern="^[0-9]+$")}},
}


def title(status: int) -> str:
    """Return the `title` of problem documents with this status."""
    return TITLES.get(status, HTTPStatus(status).phrase)


def problem_response(status: int, codes: Sequence[str]) -> dict[str, Any]:
    """Describe the problem documents of one status, with an example for each code."""
    details = {"properties": {"status": {"const": status}, "code": {"enum": list(codes)}}}
    response: dict[str, Any] = {
        "description": f"{title(status)}: {', '.join(f'`{code}`' for code in codes)}.",
        "content": {
            PROBLEM: {
                "schema": {"allOf": [component("Problem"), details]},
                "examples": {code: {"$ref": f"#/components/examples/{code}-{status}"} for code in codes},
            }
        },
    }
    if status in _HEADERS:
        response["headers"] = _HEADERS[status]
    return response


def problem_examples() -> dict[str, Any]:
    """One example for each code and status. Operations refer to them by name."""
    return {
        f"{code}-{status}": {"summary": error.plain_meaning, "value": _example(code, error, status)}
        for code, error in ERRORS.items()
        for status in error.statuses
    }


def _example(code: str, error: ErrorInfo, status: int) -> dict[str, Any]:
    value: dict[str, Any] = {"type": "about:blank", "title": title(status), "status": status, "code": code}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        value["detail"] = "1 validation error. Nothing was stored."
        value["errors"] = [_VALIDATION_PROBLEM]
    else:
        value["detail"] = f"{error.plain_meaning} {error.plain_remedy}"
    return value
