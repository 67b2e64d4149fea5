"""What the benchmarks send: a typical page view, a configuration that accepts it, and the environment of the processes."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from relay.core.source import SourceLimits

KEY = "bench-key-of-a-source-0000000000"
MARK = b"MARKMARKMARKMARK"
"""Placeholder for each event's own number."""


def event(own_id: str) -> dict[str, Any]:
    """A page view of about 700 bytes and 15 fields."""
    occurred_at = datetime.now(UTC) - timedelta(minutes=1)
    return {
        "id": own_id,
        "type": "page_view",
        "occurred_at": occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "content": {
            "id": "pricing-2026",
            "title": "Pricing and plans for enterprise teams",
            "url": "https://www.example.com/pricing?utm_source=newsletter&utm_campaign=autumn-launch",
            "labels": ["website", "pricing"],
        },
        "person": {
            "email": "jane.doe@customer.example.com",
            "name": "Jane Doe",
            "title": "Director of Procurement",
            "company": {"name": "Customer Incorporated", "domain": "customer.example.com"},
        },
        "session_id": "0d2a7cf1-5f0e-4c1b-9b55-3f2b8f5b2a11",
        "device": "pc",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
        "properties": {"referrer": "https://news.example.org/", "seconds_on_page": 42},
    }


def gong_body(event_id: str) -> dict[str, Any]:
    """The Gong body that the event is mapped to."""
    view = event(event_id)
    content, person = view["content"], view["person"]
    return {
        "eventId": event_id,
        "timestamp": view["occurred_at"],
        "eventType": "page viewed",
        "sourceSystemName": "acme",
        "sessionId": view["session_id"],
        "device": "PC",
        "content": {
            "contentId": content["id"],
            "contentTitle": content["title"],
            "contentLabel": content["labels"],
            "contentUrl": content["url"],
        },
        "person": {
            "name": person["name"],
            "email": person["email"],
            "company": person["company"],
            "personCustomFields": [custom("title", person["title"])],
        },
        "customFields": [
            custom("referrer", view["properties"]["referrer"]),
            custom("seconds_on_page", "42", "NUMBER"),
            custom("userAgent", view["user_agent"]),
        ],
    }


def custom(name: str, value: str, kind: str = "STRING") -> dict[str, str]:
    return {"name": name, "value": value, "dataType": kind}


UNLIMITED = SourceLimits(store_share=1.0, events_per_minute=10_000_000)
"""What no benchmark reaches."""


def template() -> bytes:
    """The event's bytes, with `MARK` to replace by a number."""
    return json.dumps(event(MARK.decode()), separators=(",", ":")).encode()


def configuration(companies: list[str], gong: str) -> dict[str, Any]:
    """One source and one destination per company, with limits that no benchmark reaches."""
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    auth = {"basic": {"access_key": "bench", "access_key_secret": "bench"}}
    limits = {"per_second": 1000, "per_day": 100_000_000}
    source_limits = {"events_per_minute": UNLIMITED.events_per_minute, "store_share": "100%"}
    return {
        "destinations": {name: {"auth": auth, "base_url": gong, "limits": limits} for name in companies},
        "sources": {
            name: {"destination": name, "limits": source_limits}
            | ({"keys": [f"sha256:{digest}"]} if name == companies[0] else {})
            for name in companies
        },
    }


def environment(folder: Path, redis_url: str, gong: str, companies: list[str]) -> Mapping[str, str]:
    """Write the configuration to a folder. Returns the environment for a process that uses it."""
    host = gong.partition("://")[2]
    path = folder / "relay.yaml"
    path.write_text(json.dumps(configuration(companies, gong)))  # JSON is YAML
    return {"RELAY_CONFIG": str(path), "RELAY_REDIS_URL": redis_url, "RELAY_ALLOW_GONG_HOSTS": host}
