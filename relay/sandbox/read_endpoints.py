"""The read endpoints of this Gong: workspaces, users, and all data about an e-mail address."""

from collections.abc import Mapping
from typing import Any

from relay.sandbox.companies import Company
from relay.sandbox.ledger import AcceptedEvent
from relay.sandbox.responses import GongResponse, error_response
from relay.sandbox.state import Sandbox
from relay.sandbox.summary import email_addresses, summarize


def list_workspaces(_sandbox: Sandbox, company: Company, _query: Mapping[str, str]) -> GongResponse:
    numbered = enumerate(company.workspaces, 1)
    return GongResponse(
        status=200,
        fields={
            "workspaces": [{"id": str(number), "name": name, "description": ""} for number, name in numbered]
        },
    )


def list_users(_sandbox: Sandbox, company: Company, _query: Mapping[str, str]) -> GongResponse:
    user = {
        "id": "1",
        "emailAddress": f"seller@{company.name.lower()}.example",
        "active": True,
        "firstName": "Sam",
        "lastName": "Seller",
    }
    records = {"totalRecords": 1, "currentPageSize": 1, "currentPageNumber": 0}
    return GongResponse(status=200, fields={"records": records, "users": [user]})


def read_data_for_email_address(sandbox: Sandbox, company: Company, query: Mapping[str, str]) -> GongResponse:
    """List the events that name an e-mail address. A test can read here whether an event has arrived."""
    address = query.get("emailAddress", "").strip().lower()
    if not address:
        return error_response(400, ["emailAddress: must not be null"])
    with sandbox.lock:
        events = [event for event in sandbox.ledger.events if event.company == company.name]
    engagement = [_engagement(event) for event in events if address in email_addresses(event)]
    return GongResponse(
        status=200,
        fields={
            "emails": [],
            "calls": [],
            "meetings": [],
            "customerData": [],
            "customerEngagement": engagement,
        },
    )


READ_ENDPOINTS = {
    "workspaces": list_workspaces,
    "users": list_users,
    "data-for-email-address": read_data_for_email_address,
}


def _engagement(event: AcceptedEvent) -> dict[str, Any]:
    summary = summarize(event)
    fields = {
        "eventType": summary.gong_type,
        "timestamp": summary.timestamp,
        "contentId": summary.content_id,
        "contentUrl": summary.content_url,
        "reportingSystem": summary.system,
        "eventName": summary.name,
        "sourceEventId": event.event_id,
    }
    return {name: value for name, value in fields.items() if value}
