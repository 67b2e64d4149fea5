"""Every scheme that the relay knows by name, as rows of one table."""

from collections.abc import Mapping
from dataclasses import replace

from relay.core.verification.scheme import (
    RETRY_PERIOD_SECONDS_MAX,
    Algorithm,
    Encoding,
    Field,
    Scheme,
    SecretFormat,
    TimestampFormat,
    parse_field,
    parse_template,
)

_SHA1, _SHA256 = Algorithm.HMAC_SHA1, Algorithm.HMAC_SHA256
_BODY = parse_template("{body}")
_THREE_MINUTES_SECONDS = 180

_HUBSPOT_ESCAPES = "%3A %2F %3F %40 %21 %24 %27 %28 %29 %2A %2C %3B"


def _at(place: str, *, prefix: str = "", separator: str = "") -> Field:
    return replace(parse_field(place), prefix=prefix, separator=separator)


def _authorization(prefix: str) -> Field:
    return replace(parse_field("header:authorization"), prefix=prefix, ignore_case=True)


def _of_body(name: str, place: str, *, prefix: str = "", encoding: Encoding = Encoding.HEX) -> Scheme:
    """HMAC-SHA256 of the body and nothing else: the commonest scheme, and the weakest against replays."""
    return Scheme(name, _SHA256, _at(place, prefix=prefix), _BODY, encoding)


def _in_pairs(name: str, header: str, *, tolerance_seconds: int = 300) -> Scheme:
    """`t=<seconds>,v1=<hex>` in one header."""
    return Scheme(
        name,
        _SHA256,
        signature=_at(header, prefix="v1=", separator=","),
        signed=parse_template("{timestamp}.{body}"),
        timestamp=_at(header, prefix="t=", separator=","),
        tolerance_seconds=tolerance_seconds,
    )


def _version_0(name: str, vendor: str, *, prefix: str = "", time: str = "timestamp") -> Scheme:
    """Slack's form, which others took over: `v0:<seconds>:<body>`."""
    return Scheme(
        name,
        _SHA256,
        signature=_at(f"header:x-{vendor}-signature", prefix=prefix),
        signed=parse_template("v0:{timestamp}:{body}"),
        timestamp=_at(f"header:x-{vendor}-{time}"),
    )


def _standard(name: str, family: str, algorithm: Algorithm) -> Scheme:
    """Standard Webhooks 1.0.0. Its two algorithms are two schemes, so that no request chooses between them."""
    shared = algorithm is _SHA256
    return Scheme(
        name,
        algorithm,
        signature=_at(f"header:{family}-signature", prefix="v1," if shared else "v1a,", separator=" "),
        signed=parse_template("{id}.{timestamp}.{body}"),
        encoding=Encoding.BASE64,
        secret_format=SecretFormat.WHSEC if shared else SecretFormat.WHPK,
        timestamp=_at(f"header:{family}-timestamp"),
        id=_at(f"header:{family}-id"),
    )


_ROWS = (
    _standard("standard", "webhook", _SHA256),
    _standard("standard-v1a", "webhook", Algorithm.ED25519),
    _standard("svix", "svix", _SHA256),
    _standard("svix-v1a", "svix", Algorithm.ED25519),
    _in_pairs("stripe", "header:stripe-signature"),
    _in_pairs("calendly", "header:calendly-webhook-signature", tolerance_seconds=_THREE_MINUTES_SECONDS),
    _in_pairs("mailchimp", "header:x-mailchimp-signature"),
    _version_0("slack", "slack", prefix="v0=", time="request-timestamp"),
    _version_0("zoom", "zm", prefix="v0=", time="request-timestamp"),
    _version_0("customer-io", "cio"),
    replace(
        # The delivery's id is not signed: it tells deliveries apart, and keeps nobody from a replay.
        _of_body("github", "header:x-hub-signature-256", prefix="sha256="),
        id=_at("header:x-github-delivery"),
    ),
    _of_body("shopify", "header:x-shopify-hmac-sha256", encoding=Encoding.BASE64),
    _of_body("typeform", "header:typeform-signature", prefix="sha256=", encoding=Encoding.BASE64),
    _of_body("docusign", "headers:x-docusign-signature-", encoding=Encoding.BASE64),
    _of_body("storylane", "header:x-storylane-signature", encoding=Encoding.BASE64),
    _of_body("hookdeck", "header:x-hookdeck-signature", encoding=Encoding.BASE64),
    _of_body("pandadoc", "query:signature"),
    _of_body("wistia", "header:x-wistia-signature"),
    _of_body("dub", "header:dub-signature"),
    _of_body("papermark", "header:x-papermark-signature"),
    # Of a batch Segment signs the first event only. Its signature is then not the body's, and the batch is refused.
    Scheme("segment", _SHA1, _at("header:x-signature"), _BODY),
    Scheme("intercom", _SHA1, _at("header:x-hub-signature", prefix="sha1="), _BODY),
    Scheme(
        "hubspot",
        _SHA256,
        signature=_at("header:x-hubspot-signature-v3"),
        signed=parse_template("{method}{url}{body}{timestamp}"),
        encoding=Encoding.BASE64,
        timestamp=_at("header:x-hubspot-request-timestamp"),
        timestamp_format=TimestampFormat.MILLISECONDS,
        url_decode=frozenset(_HUBSPOT_ESCAPES.split()),
    ),
    Scheme(
        "twilio",
        _SHA1,
        signature=_at("header:x-twilio-signature"),
        signed=parse_template("{url}{form}"),
        encoding=Encoding.BASE64,
        body_digest=_at("query:bodySHA256"),
        optional_port=True,
    ),
    Scheme(
        "mandrill",
        _SHA1,
        signature=_at("header:x-mandrill-signature"),
        signed=parse_template("{url}{form}"),
        encoding=Encoding.BASE64,
    ),
    Scheme(
        "sendgrid",
        Algorithm.ECDSA_P256,
        signature=_at("header:x-twilio-email-event-webhook-signature"),
        signed=parse_template("{timestamp}{body}"),
        encoding=Encoding.BASE64,
        secret_format=SecretFormat.PUBLIC_KEY,
        timestamp=_at("header:x-twilio-email-event-webhook-timestamp"),
    ),
    Scheme(
        "showpad",
        _SHA256,
        signature=_at("header:x-showpad-signature-v1", separator=","),
        signed=parse_template("{body}.{timestamp}"),
        encoding=Encoding.BASE64,
        timestamp=_at("header:x-showpad-signature-timestamp"),
    ),
    Scheme(
        "webflow",
        _SHA256,
        signature=_at("header:x-webflow-signature"),
        signed=parse_template("{timestamp}:{body}"),
        timestamp=_at("header:x-webflow-timestamp"),
        timestamp_format=TimestampFormat.MILLISECONDS,
    ),
    Scheme(
        # Signs a time and a random token, not the event they stand beside.
        "mailgun",
        _SHA256,
        signature=_at("json:signature.signature"),
        signed=parse_template("{timestamp}{id}"),
        timestamp=_at("json:signature.timestamp"),
        id=_at("json:signature.token"),
    ),
    Scheme(
        # Signs the second and kind of an event only, which two events may share; the time stays through all retries.
        "dropbox-sign",
        _SHA256,
        signature=_at("json:event.event_hash"),
        signed=parse_template("{timestamp}{json:event.event_type}"),
        timestamp=_at("json:event.event_time"),
        tolerance_seconds=RETRY_PERIOD_SECONDS_MAX,
        json_field="json",
        unique_signature=False,
    ),
    Scheme("vidyard", Algorithm.TOKEN, _at("json:security_key"), encoding=Encoding.PLAIN),
    Scheme(
        "basic",
        Algorithm.TOKEN,
        signature=_authorization("Basic "),
        encoding=Encoding.BASE64,
        secret_format=SecretFormat.USER_PASSWORD,
    ),
    Scheme("bearer", Algorithm.TOKEN, _authorization("Bearer "), encoding=Encoding.PLAIN),
    Scheme("api-key", Algorithm.TOKEN, _at("header:x-api-key"), encoding=Encoding.PLAIN),
    Scheme("none", Algorithm.NONE),
)

CUSTOM = Scheme("custom", _SHA256, signed=_BODY)
"""What `custom` begins with: its signature's place must be given, every other column may be."""

SCHEMES: Mapping[str, Scheme] = {row.name: row for row in _ROWS}
