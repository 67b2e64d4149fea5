"""Latency of one request with 1,100 SendGrid events, compared with a request that is only read and verified.

`python -m bench.batch [--rounds 15]`. One web process under the relay's own gunicorn configuration and a real Valkey
with `appendfsync always`. Two requests of equal length alternate: one is full of events that become calls,
the other holds a single event that the preset filters.
"""

import argparse
import json
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median, quantiles

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.ingest import serve
from bench.machine import describe, valkey
from bench.sample import environment

EVENTS = 1_100
MAX_BODY_BYTES = 1_048_576
KEY = ec.derive_private_key(7, ec.SECP256R1())
_numbers = count(1)


def event(number: int) -> dict[str, object]:
    """A click as SendGrid posts it, with the fields of a marketing campaign."""
    return {
        "email": f"reader-{number % 500}@customer.example.com",
        "event": "click" if number % 3 else "open",
        "timestamp": int(time.time()) - 60,
        "ip": "255.255.255.255",
        "category": ["newsletter", "autumn launch"],
        "sg_content_type": "html",
        "sg_event_id": f"{next(_numbers):022}",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "url": "https://www.example.com/pricing?utm_source=newsletter&utm_campaign=autumn-launch",
        "url_offset": {"index": 0, "type": "html"},
        "useragent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
        "singlesend_id": "6f0c5a50-1d5e-11ef-8a7c-1e4b9f3c2d11",
        "singlesend_name": "Autumn launch",
    }


def full() -> bytes:
    return json.dumps([event(number) for number in range(EVENTS)]).encode()


def filtered() -> bytes:
    """As many bytes as `full`, in one event that the preset filters."""
    filler = "x" * (len(full()) - 200)
    return json.dumps([event(0) | {"event": "processed", "sg_template_name": filler}]).encode()


def post(url: str, body: bytes) -> tuple[float, dict[str, int]]:
    """Post the body, signed. Returns the seconds until the answer, and the answer."""
    timestamp = str(int(time.time()))
    signature = b64encode(KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    name = "X-Twilio-Email-Event-Webhook"
    headers = {
        f"{name}-Signature": signature,
        f"{name}-Timestamp": timestamp,
        "Content-Type": "application/json",
    }
    started = time.perf_counter()
    answer = requests.post(url, data=body, headers=headers, timeout=30)
    seconds = time.perf_counter() - started
    answer.raise_for_status()
    return seconds, answer.json()


@contextmanager
def relay(folder: Path) -> Iterator[str]:
    """Run a relay with one webhook source. Yields the webhook's URL."""
    with valkey(folder / "store", fsync="always") as store:
        environ = dict(environment(folder, store.url, "https://api.gong.io", ["acme"]))
        path = Path(environ["RELAY_CONFIG"])
        document = json.loads(path.read_text())
        form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        secret = b64encode(KEY.public_key().public_bytes(*form)).decode()
        document["sources"]["mail"] = {
            "preset": "sendgrid",
            "destination": "acme",
            "verify": {"secrets": [secret]},
        }
        path.write_text(json.dumps(document))
        with serve("relay", folder, environ | {"RELAY_MAX_BODY_BYTES": str(MAX_BODY_BYTES)}) as (port, _):
            yield f"http://127.0.0.1:{port}/v1/webhooks/mail"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(f"{describe()}; {EVENTS} events have {len(full()):,} bytes")
    times: dict[str, list[float]] = {"filtered": [], "full": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, relay(Path(folder)) as url:
        for _ in range(options.rounds):
            seconds, answer = post(url, filtered())
            assert answer["filtered"] == 1, answer
            times["filtered"].append(seconds)
            seconds, answer = post(url, full())
            assert answer["queued"] == EVENTS, answer
            times["full"].append(seconds)
    for name, seconds_each in times.items():
        print(
            f"{name}: median {median(seconds_each) * 1000:.0f} ms, p90 {quantiles(seconds_each, n=10)[-1] * 1000:.0f} ms"
        )
    per_event = (median(times["full"]) - median(times["filtered"])) / EVENTS
    print(f"per event: {per_event * 1e6:.0f} µs")


if __name__ == "__main__":
    main()
