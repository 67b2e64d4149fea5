"""`/v1/webhooks/{name}`: receive partners' webhooks."""

from dataclasses import dataclass, replace

from flask import Blueprint, Response, g, request

from relay.core.errors import NotFound, Unauthorized
from relay.core.secret import reveal
from relay.core.source import Source
from relay.core.verification.challenge import ChallengeResponse, answer_challenge
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.request import SignedRequest
from relay.core.verification.strip_body import strip_body
from relay.core.verification.strip_credentials import strip_credentials
from relay.core.verification.verify import VerifiedRequest, verify
from relay.core.webhook import Webhook
from relay.ingest.accept_webhook import WebhookRequest, WebhookResult, ingest_webhook, read_payload
from relay.web.context import WebContext, current
from relay.web.openapi.operation import JSON, Operation, RequestBody, ResponseDoc, Tag, describe
from relay.web.openapi.problems import BODY_ERRORS, INGEST_ERRORS
from relay.web.openapi.schema_types import ID, any_json, component, string
from relay.web.openapi.shared import SOURCE
from relay.web.problems import json_response
from relay.web.request_body import read_body

blueprint = Blueprint("webhooks", __name__)

_RECEIVE = Operation(
    id="receiveWebhook",
    tag=Tag.WEBHOOKS,
    summary="Receive a partner's webhook",
    description="There is no API key: the request is verified by its signature over the raw bytes. A verified request is "
    "answered with `2xx` whether or not it can be mapped, because partners disable a webhook after `4xx`. The exceptions are "
    "a large body that cannot even be read, and a source above its limits. "
    "Presets answer as their vendor expects.",
    role=None,
    parameters=(SOURCE,),
    body=RequestBody(
        "The partner's own payload.",
        {
            JSON: any_json("Any JSON."),
            "application/x-ndjson": string("One JSON value per line."),
            "application/x-www-form-urlencoded": {"type": "object"},
            "multipart/form-data": {"type": "object"},
        },
        {"payload": {"event": "page_view", "page": "Pricing", "email": "jane@globex.com"}},
    ),
    responses=(
        ResponseDoc(
            status=202,
            description="The request is on disk.",
            schema=component("WebhookAccepted"),
            example={"receipt": ID, "queued": 2, "duplicates": 0, "filtered": 1, "dead": 0},
        ),
        ResponseDoc(
            status=200,
            description="The source's own `answer`: status, content type and text are configured.",
        ),
    ),
    errors=("verification_failed", "no_such_source", *BODY_ERRORS, "unreadable_body", *INGEST_ERRORS),
)
_HANDSHAKE = Operation(
    id="answerHandshake",
    tag=Tag.WEBHOOKS,
    summary="Answer a vendor's handshake",
    description="Only for sources whose preset or `verify` names a handshake. It creates no event.",
    role=None,
    parameters=(SOURCE,),
    responses=(
        ResponseDoc(
            status=200,
            description="The response to the vendor's challenge.",
            schema=string(),
            example="challenge-7f3a",
            content_type="text/plain",
        ),
    ),
    errors=("verification_failed", "no_such_source", "not_found"),
)


@blueprint.route(
    "/v1/webhooks/<name>", methods=["GET", "HEAD", "POST", "PUT"], provide_automatic_options=False
)
@describe(_RECEIVE, method="POST")
@describe(
    replace(_RECEIVE, id="receiveWebhookByPut", summary="The same, for partners that use PUT"), method="PUT"
)
@describe(_HANDSHAKE, method="GET")
@describe(replace(_HANDSHAKE, id="answerHandshakeHead", summary="The same without a body"), method="HEAD")
def accept_webhook(name: str) -> Response:
    """Verify the signature over the raw bytes, then parse, map and store the request in one atomic step.

    A verified request is answered with 2xx, mapped or not: senders drop, pause or block a webhook after 4xx. Only a large
    body that cannot even be read is refused, and what is above the source's limits.
    """
    ctx = current()
    source, hook = _find_hook(ctx, name)
    g.source = source.name
    has_no_body = request.method in {"GET", "HEAD"}
    raw = b"" if has_no_body else read_body(request, max_bytes=ctx.settings.max_body_bytes)
    signed = _signed_request(ctx, raw)
    content_type = request.headers.get("Content-Type", "")
    authenticated = _authenticate(ctx, hook, signed, content_type)
    if isinstance(authenticated, ChallengeResponse):
        return _challenge_response(authenticated)
    if has_no_body:
        raise NotFound("not_found", "This source accepts POST.")
    headers, query = strip_credentials(hook.scheme, dict(signed.headers), request.args.to_dict())
    webhook_request = WebhookRequest(
        source=source,
        webhook=hook,
        raw=authenticated.body,
        sent=raw,
        content_type=content_type,
        headers=headers,
        query=query,
        verified=authenticated.request,
    )
    result = ingest_webhook(ctx.ingest, webhook_request)
    g.events = result.queued + result.filtered + result.dead + result.duplicates
    return _accepted_response(ctx, webhook_request, result)


def _find_hook(ctx: WebContext, name: str) -> tuple[Source, Webhook]:
    hook = ctx.config.webhooks.get(name)
    if hook is None:
        raise NotFound("no_such_source", "No source with this name accepts webhooks.")
    return ctx.config.sources[name], hook


def _signed_request(ctx: WebContext, raw: bytes) -> SignedRequest:
    """Return the request as the sender signed it. Its URL is the configured one: a client controls the Host header."""
    base = ctx.settings.public_url or ""
    return SignedRequest(
        method=request.method,
        public_url=base + request.path,
        headers=list(request.headers.items()),
        query_string=request.query_string,
        body=raw,
    )


@dataclass(frozen=True, slots=True)
class _Authenticated:
    """A request whose signature was verified, and its body without the sender's credentials."""

    request: VerifiedRequest
    body: bytes


def _authenticate(
    ctx: WebContext, hook: Webhook, signed: SignedRequest, content_type: str
) -> ChallengeResponse | _Authenticated:
    """Verify a request, or answer its challenge. Raises Unauthorized."""
    now, keys = ctx.now(), reveal(hook.keys)

    def read() -> ChallengeResponse | _Authenticated:
        # Some vendors send their challenge unsigned, others sign it: check before and after verification.
        challenge = answer_challenge(hook.challenges, signed)
        if challenge is not None:
            return challenge
        verified = verify(hook.scheme, keys, signed, now=now)
        challenge = answer_challenge(hook.challenges, signed, verified=verified, keys=keys)
        return challenge or _Authenticated(verified, strip_body(hook.scheme, signed.body, content_type))

    try:
        return ctx.compute(len(signed.body), read)
    except VerificationFailed as error:
        # The reason is for the log: the response would help an attacker to improve a forgery.
        g.reason = error.reason
        raise Unauthorized("verification_failed", "Signature verification failed.") from None


def _challenge_response(challenge: ChallengeResponse) -> Response:
    response = Response(challenge.body, status=challenge.status, content_type=challenge.content_type)
    # The sender chose the text of the body, so a browser must not guess another content type.
    response.headers["X-Content-Type-Options"] = "nosniff"
    g.code = "handshake"
    return response


def _accepted_response(ctx: WebContext, webhook_request: WebhookRequest, result: WebhookResult) -> Response:
    custom = webhook_request.webhook.answer
    if custom is not None:
        response = Response(
            ctx.compute(
                len(webhook_request.raw), lambda: custom.render_body(lambda: read_payload(webhook_request))
            ),
            status=custom.status,
            content_type=custom.content_type,
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
    body = {
        "receipt": result.receipt,
        "queued": result.queued,
        "duplicates": result.duplicates,
        "filtered": result.filtered,
        "dead": result.dead,
    }
    return json_response(body, 202)
