"""What may be read from Gong: workspaces, users, and every event that names an e-mail address."""

from collections.abc import Mapping
from typing import Any

from relay.sandbox.answers import Answer, refusal
from relay.sandbox.companies import Company
from relay.sandbox.ledger import Accepted
from relay.sandbox.state import Sandbox
from relay.sandbox.summary import emails, summary


def workspaces(_sandbox: Sandbox, company: Company, _query: Mapping[str, str]) -> Answer:
    numbered = enumerate(company.workspaces, 1)
    return Answer(
        200,
        {"workspaces": [{"id": str(number), "name": name, "description": ""} for number, name in numbered]},
    )


def users(_sandbox: Sandbox, company: Company, _query: Mapping[str, str]) -> Answer:
    user = {
        "id": "1",
        "emailAddress": f"seller@{company.name.lower()}.example",
        "active": True,
        "firstName": "Sam",
        "lastName": "Seller",
    }
    records = {"totalRecords": 1, "currentPageSize": 1, "currentPageNumber": 0}
    return Answer(200, {"records": records, "users": [user]})


def data_for_email_address(sandbox: Sandbox, company: Company, query: Mapping[str, str]) -> Answer:
    """Proof that an event landed: it is listed under the address of each person in it."""
    address = query.get("emailAddress", "").strip().lower()
    if not address:
        return refusal(400, ["emailAddress: must not be null"])
    with sandbox.lock:
        events = [event for event in sandbox.ledger.events if event.company == company.name]
    engagement = [_engagement(event) for event in events if address in emails(event)]
    return Answer(
        200, {"emails": [], "calls": [], "meetings": [], "customerData": [], "customerEngagement": engagement}
    )


READS = {"workspaces": workspaces, "users": users, "data-for-email-address": data_for_email_address}


def _engagement(event: Accepted) -> dict[str, Any]:
    shown = summary(event)
    fields = {
        "eventType": shown.gong_type,
        "timestamp": shown.timestamp,
        "contentId": shown.content_id,
        "contentUrl": shown.content_url,
        "reportingSystem": shown.system,
        "eventName": shown.name,
        "sourceEventId": event.event_id,
    }
    return {name: value for name, value in fields.items() if value}
