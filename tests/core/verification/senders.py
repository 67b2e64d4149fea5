"""Every sender of the table as its vendor describes it, in plain code that shares nothing with the verifier."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.load_keys import SecretSpec, load_keys
from relay.core.verification.request import SignedRequest

NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
URL = "https://relay.example.com/v1/webhooks/partner"
BODY = json.dumps({"event": "page_view", "title": "Café ✓", "n": [1, 2]}, ensure_ascii=False).encode()
FORM = urlencode({"type": "open", "title": "Café ✓", "email": "a@b.example"}).encode()
TEXT = "5f0c1e7ab2d94c1e8f60aa41d2c39b57"
OTHER = "0123456789abcdef0123456789abcdef"
RAW = bytes(range(32))
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(RAW)
P256 = ec.derive_private_key(int.from_bytes(RAW), ec.SECP256R1())


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def public_der(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return b64(key.public_key().public_bytes(serialization.Encoding.DER, form))


def mac(message: bytes, *, secret: bytes | str = TEXT, by: str = "sha256") -> bytes:
    return hmac.new(secret.encode() if isinstance(secret, str) else secret, message, by).digest()


@dataclass(frozen=True, slots=True)
class Sender:
    """`send` makes a request of a body and a second since 1970. What `covers` does not name may change unseen."""

    send: Callable[[bytes, str], SignedRequest]
    secret: str = TEXT
    wrong: str = OTHER
    body: bytes = BODY
    covers: frozenset[str] = frozenset({"body"})

    @property
    def is_timed(self) -> bool:
        return "time" in self.covers

    def request(self, at: datetime = NOW, body: bytes | None = None) -> SignedRequest:
        return self.send(self.body if body is None else body, str(int(at.timestamp())))


def post(
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    query: str = "",
    kind: str = "application/json",
) -> SignedRequest:
    pairs = [("Host", "relay.example.com"), ("Content-Type", kind), *(headers or {}).items()]
    return SignedRequest(method="POST", public_url=URL, headers=pairs, query_string=query.encode(), body=body)


def of_body(header: str, write: Callable[[bytes], str], by: str = "sha256") -> Sender:
    return Sender(lambda body, _: post({header: write(mac(body, by=by))}, body))


def standard(family: str) -> Sender:
    def send(body: bytes, seconds: str) -> SignedRequest:
        made = mac(f"msg_1.{seconds}.".encode() + body, secret=RAW)
        return post(_standard(family, f"v1,{b64(made)}", seconds), body)

    return Sender(send, "whsec_" + b64(RAW), "whsec_" + b64(bytes(32)), covers=_TIMED_WITH_ID)


def standard_v1a(family: str) -> Sender:
    def send(body: bytes, seconds: str) -> SignedRequest:
        made = ED25519.sign(f"msg_1.{seconds}.".encode() + body)
        return post(_standard(family, f"v1a,{b64(made)}", seconds), body)

    right, wrong = ED25519, ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    publics = ["whpk_" + b64(key.public_key().public_bytes_raw()) for key in (right, wrong)]
    return Sender(send, *publics, covers=_TIMED_WITH_ID)


def _standard(family: str, signature: str, seconds: str) -> dict[str, str]:
    return {f"{family}-id": "msg_1", f"{family}-timestamp": seconds, f"{family}-signature": signature}


def in_pairs(header: str) -> Sender:
    def send(body: bytes, seconds: str) -> SignedRequest:
        made = mac(f"{seconds}.".encode() + body).hex()
        return post({header: f"t={seconds},v1={made}"}, body)

    return Sender(send, covers=_TIMED)


def version_0(signature: str, time: str, prefix: str = "v0=") -> Sender:
    def send(body: bytes, seconds: str) -> SignedRequest:
        made = mac(f"v0:{seconds}:".encode() + body).hex()
        return post({signature: prefix + made, time: seconds}, body)

    return Sender(send, covers=_TIMED)


def of_url_and_form(header: str) -> Sender:
    def send(body: bytes, _: str) -> SignedRequest:
        fields = sorted(parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1"))
        text = URL + "".join(name + value for name, value in fields)
        made = b64(mac(text.encode("latin-1"), by="sha1"))
        return post({header: made}, body, kind="application/x-www-form-urlencoded")

    return Sender(send, body=FORM)


def hubspot(body: bytes, seconds: str) -> SignedRequest:
    made = mac(f"POST{URL}?a=b:c".encode() + body + f"{seconds}000".encode())
    headers = {"X-HubSpot-Signature-v3": b64(made), "X-HubSpot-Request-Timestamp": f"{seconds}000"}
    return post(headers, body, query="a=b%3Ac")


def sendgrid(body: bytes, seconds: str) -> SignedRequest:
    made = P256.sign(seconds.encode() + body, ec.ECDSA(hashes.SHA256()))
    name = "X-Twilio-Email-Event-Webhook"
    return post({f"{name}-Signature": b64(made), f"{name}-Timestamp": seconds}, body)


def showpad(body: bytes, seconds: str) -> SignedRequest:
    made = b64(mac(body + b"." + seconds.encode()))
    headers = {"X-Showpad-Signature-V1": made, "X-Showpad-Signature-Timestamp": seconds}
    return post(headers, body)


def webflow(body: bytes, seconds: str) -> SignedRequest:
    made = mac(f"{seconds}000:".encode() + body).hex()
    return post({"x-webflow-signature": made, "x-webflow-timestamp": f"{seconds}000"}, body)


def mailgun(body: bytes, seconds: str) -> SignedRequest:
    token = hashlib.sha256(body).hexdigest()[:50]
    signature = {"timestamp": seconds, "token": token, "signature": mac((seconds + token).encode()).hex()}
    return post({}, json.dumps({"signature": signature, "event-data": {"event": "opened"}}).encode())


def dropbox_sign(_: bytes, seconds: str) -> SignedRequest:
    event = {"event_time": seconds, "event_type": "signature_request_sent"}
    event["event_hash"] = mac("".join(event.values()).encode()).hex()
    part = b'Content-Disposition: form-data; name="json"\r\n\r\n' + json.dumps({"event": event}).encode()
    body = b"--XyZ\r\n" + part + b"\r\n--XyZ--\r\n"
    return post({}, body, kind='multipart/form-data; boundary="XyZ"')


def token(headers: Mapping[str, str], *secrets: str, body: bytes = BODY) -> Sender:
    return Sender(lambda given, _: post(headers, given), *secrets, body=body, covers=frozenset())


_TIMED, _TIMED_WITH_ID = frozenset({"body", "time"}), frozenset({"body", "time", "id"})
_WEAK = frozenset({"time"})

SENDERS: Mapping[str, Sender] = {
    "standard": standard("webhook"),
    "standard-v1a": standard_v1a("webhook"),
    "svix": standard("svix"),
    "svix-v1a": standard_v1a("svix"),
    "stripe": in_pairs("Stripe-Signature"),
    "calendly": in_pairs("Calendly-Webhook-Signature"),
    "mailchimp": in_pairs("X-Mailchimp-Signature"),
    "slack": version_0("X-Slack-Signature", "X-Slack-Request-Timestamp"),
    "zoom": version_0("x-zm-signature", "x-zm-request-timestamp"),
    "customer-io": version_0("X-CIO-Signature", "X-CIO-Timestamp", prefix=""),
    "github": Sender(
        lambda body, _: post(
            {"X-Hub-Signature-256": f"sha256={mac(body).hex()}", "X-GitHub-Delivery": "72d3162e"}, body
        )
    ),
    "shopify": of_body("X-Shopify-Hmac-SHA256", b64),
    "typeform": of_body("Typeform-Signature", lambda made: f"sha256={b64(made)}"),
    "docusign": of_body("X-DocuSign-Signature-1", b64),
    "storylane": of_body("x-storylane-signature", b64),
    "hookdeck": of_body("x-hookdeck-signature", b64),
    "pandadoc": Sender(lambda body, _: post({}, body, query=f"signature={mac(body).hex()}")),
    "wistia": of_body("X-Wistia-Signature", bytes.hex),
    "dub": of_body("Dub-Signature", bytes.hex),
    "papermark": of_body("X-Papermark-Signature", bytes.hex),
    "segment": of_body("X-Signature", bytes.hex, by="sha1"),
    "intercom": of_body("X-Hub-Signature", lambda made: f"sha1={made.hex()}", by="sha1"),
    "hubspot": Sender(hubspot, covers=_TIMED),
    "twilio": of_url_and_form("X-Twilio-Signature"),
    "mandrill": of_url_and_form("X-Mandrill-Signature"),
    "sendgrid": Sender(
        sendgrid, public_der(P256), public_der(ec.derive_private_key(7, ec.SECP256R1())), covers=_TIMED
    ),
    "showpad": Sender(showpad, covers=_TIMED),
    "webflow": Sender(webflow, covers=_TIMED),
    "mailgun": Sender(mailgun, covers=_WEAK),
    "dropbox-sign": Sender(dropbox_sign, covers=_WEAK),
    "vidyard": token({}, body=json.dumps({"security_key": TEXT, "type": "view"}).encode()),
    "basic": token(
        {"Authorization": "Basic " + b64(f"partner:{TEXT}".encode())}, f"partner:{TEXT}", f"partner:{OTHER}"
    ),
    "bearer": token({"Authorization": f"Bearer {TEXT}"}),
    "api-key": token({"X-API-Key": TEXT}),
}


def keys_of(name: str, *secrets: str):
    """The keys that a source with these secrets would hold; the sender's own when none is named."""
    given = secrets or (SENDERS[name].secret,)
    return load_keys(SCHEMES[name], [SecretSpec(secret) for secret in given])
