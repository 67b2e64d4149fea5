"""Two ways: what a vendor's own library signs is accepted here, and what is accepted or refused here it judges alike.

The libraries are no dependency of the relay: where one is not installed, its tests are left out. `make sdks` has them all.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from urllib.parse import parse_qsl, urlencode

import pytest

from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.request import SignedRequest
from relay.core.verification.verify import verify
from tests.core.verification.senders import SENDERS, TEXT, URL, keys_of, post

# A vendor's library may warn of what is deprecated in it.
pytestmark = pytest.mark.filterwarnings("default")

FORM_TYPE = "application/x-www-form-urlencoded"
HUBSPOT = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"
SENDGRID = "x-twilio-email-event-webhook"


def now() -> datetime:
    """The libraries look at the real clock."""
    return datetime.now(UTC).replace(microsecond=0)


def headers_of(request: SignedRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers}


def standard_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    module.Webhook(secret).verify(request.body, headers_of(request))
    return True


def standard_signs(family: str) -> Callable[[ModuleType, bytes, str], SignedRequest]:
    def sign(module: ModuleType, body: bytes, stamp: str) -> SignedRequest:
        at = datetime.fromtimestamp(int(stamp), tz=UTC)
        made = module.Webhook(SENDERS["standard"].secret).sign("msg_2", at, body.decode())
        headers = {"id": "msg_2", "timestamp": stamp, "signature": made}
        return post({f"{family}-{name}": value for name, value in headers.items()}, body)

    return sign


def stripe_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    header = headers_of(request)["stripe-signature"]
    return module.WebhookSignature.verify_header(request.body, header, secret, tolerance=300)


def stripe_signs(module: ModuleType, body: bytes, stamp: str) -> SignedRequest:
    header = module.WebhookSignature.generate_signature_header(body.decode(), TEXT, timestamp=int(stamp))
    return post({"Stripe-Signature": header}, body)


def slack_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    return module.SignatureVerifier(secret).is_valid_request(request.body, headers_of(request))


def slack_signs(module: ModuleType, body: bytes, stamp: str) -> SignedRequest:
    made = module.SignatureVerifier(TEXT).generate_signature(timestamp=stamp, body=body)
    return post({"X-Slack-Signature": made, "X-Slack-Request-Timestamp": stamp}, body)


def twilio_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    params = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return module.RequestValidator(secret).validate(URL, params, headers_of(request)["x-twilio-signature"])


def twilio_signs(module: ModuleType, body: bytes, stamp: str) -> SignedRequest:
    form = {"At": stamp, "Title": json.loads(body).get("title", "é +&="), "Empty": ""}
    made = module.RequestValidator(TEXT).compute_signature(URL.replace(".com", ".com:443"), form)
    return post({"X-Twilio-Signature": made}, urlencode(form).encode(), kind=FORM_TYPE)


def sendgrid_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    signature, stamp = (headers_of(request)[f"{SENDGRID}-{name}"] for name in ("signature", "timestamp"))
    return module.EventWebhook(secret).verify_signature(request.body.decode(), signature, stamp)


def hubspot_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    signature, stamp = (headers_of(request)[name.lower()] for name in HUBSPOT)
    uri = f"{URL}?a=b:c"
    return module.Signature.is_valid(signature, secret, request.body.decode(), uri, "POST", "v3", stamp)


def hubspot_signs(module: ModuleType, body: bytes, stamp: str) -> SignedRequest:
    milliseconds = f"{stamp}123"
    made = module.Signature.get_signature(TEXT, body.decode(), "v3", URL, "POST", milliseconds)
    return post(dict(zip(HUBSPOT, (made, milliseconds), strict=True)), body)


def github_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    module.validate_event(request.body, signature=headers_of(request)["x-hub-signature-256"], secret=secret)
    return True


def dropbox_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    event = json.loads(request.body.split(b"\r\n\r\n")[1].split(b"\r\n--")[0])["event"]
    callback = module.EventCallbackRequest(event=module.EventCallbackRequestEvent(**event))
    return module.EventCallbackHelper.is_valid(secret, callback)


def customer_io_judges(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    headers = headers_of(request)
    return module.validate_signature(
        secret, int(headers["x-cio-timestamp"]), request.body, headers["x-cio-signature"]
    )


@dataclass(frozen=True, slots=True)
class Library:
    module: str
    judges: Callable[[ModuleType, str, SignedRequest], bool]
    signs: Callable[[ModuleType, bytes, str], SignedRequest] | None = None


LIBRARIES: Mapping[str, Library] = {
    "standard": Library("standardwebhooks", standard_judges, standard_signs("webhook")),
    "svix": Library("svix.webhooks", standard_judges, standard_signs("svix")),
    "stripe": Library("stripe", stripe_judges, stripe_signs),
    "slack": Library("slack_sdk.signature", slack_judges, slack_signs),
    "twilio": Library("twilio.request_validator", twilio_judges, twilio_signs),
    "sendgrid": Library("sendgrid.helpers.eventwebhook", sendgrid_judges),
    "hubspot": Library("hubspot.utils.signature", hubspot_judges, hubspot_signs),
    "github": Library("gidgethub.sansio", github_judges),
    "dropbox-sign": Library("dropbox_sign", dropbox_judges),
    "customer-io": Library("async_customerio.request_validator", customer_io_judges),
}


def installed(name: str) -> ModuleType:
    if os.environ.get("SDKS_REQUIRED"):
        return import_module(LIBRARIES[name].module)
    return pytest.importorskip(LIBRARIES[name].module, reason="the vendor's library is not installed")


def accepts(name: str, secret: str, request: SignedRequest) -> bool:
    try:
        return bool(verify(SCHEMES[name], keys_of(name, secret), request, now=now()))
    except VerificationFailed:
        return False


def library_accepts(name: str, secret: str, request: SignedRequest) -> bool:
    """The libraries refuse by many errors, and some by errors that they did not mean to raise."""
    try:
        return LIBRARIES[name].judges(installed(name), secret, request)
    except Exception:  # noqa: BLE001 whatever it is, it is no yes
        return False


def variants(name: str) -> list[tuple[bool, str, SignedRequest]]:
    """Whether it is true, the secret to ask, and the request."""
    sender = SENDERS[name]
    true = sender.request(now())
    found = [(True, sender.secret, true), (False, sender.wrong, true)]
    if "body" in sender.covers:
        found.append((False, sender.secret, replace(true, body=true.body[:-1] + b"\x7d\x20")))
    found += [
        (
            False,
            sender.secret,
            replace(true, headers=[(n, v.translate(_OTHER_DIGITS)) for n, v in true.headers]),
        )
    ]
    return found if name != "dropbox-sign" else found[:2]


_OTHER_DIGITS = str.maketrans("0123456789abcdef", "1032547698badcfe")


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_vendors_library_and_the_verifier_judge_alike(name):
    installed(name)

    for is_true, secret, request in variants(name):
        assert accepts(name, secret, request) is library_accepts(name, secret, request) is is_true


@pytest.mark.parametrize("name", [name for name, library in LIBRARIES.items() if library.signs])
@pytest.mark.parametrize(
    "body", [b'{"a": 1}', '{"title": "Café ✓"}'.encode(), b'{"a": "%s"}' % (b"x" * 4_000)]
)
def test_what_the_vendors_library_signs_is_accepted(name, body):
    signs = LIBRARIES[name].signs
    assert signs

    request = signs(installed(name), body, str(int(now().timestamp())))

    assert accepts(name, SENDERS[name].secret, request)
    assert not accepts(name, SENDERS[name].wrong, request)
