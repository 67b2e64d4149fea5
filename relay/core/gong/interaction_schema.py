"""The body of Gong's `POST /v2/digital-interaction`: what a person did with some content."""

from relay.core.gong import fields
from relay.core.gong.base_schema import NestedObject, object_schema
from relay.core.gong.fields import Array, Integer, OneOf, Text
from relay.core.gong.limits import CUSTOM_FIELDS_MAX, LABELS_MAX, TITLE_MAX

CUSTOM_FIELD = object_schema(
    "CustomField",
    {
        "name": Text(required=True),
        "value": Text(required=True, non_blank=False),
        "dataType": OneOf("STRING", "NUMBER", "DATE", "URL", "BOOLEAN", "DURATION"),
    },
)


def custom_fields() -> Array:
    return Array(NestedObject(CUSTOM_FIELD), CUSTOM_FIELDS_MAX)


NUMERIC_CONTENT_DETAILS = object_schema(
    "NumericContentDetails",
    {
        "value": Integer(),
        "rangeFrom": Integer(required=True),
        "rangeTo": Integer(required=True),
        "numericType": OneOf("PERCENTAGE", "NPS", "RATING", "OTHER"),
    },
)

STEP_CONTENT_DETAILS = object_schema(
    "StepContentDetails",
    {
        "value": Text(required=True),
        "availableSteps": Array(Text(non_blank=True), min_items=1, required=True),
    },
)

SEARCH_OBJECT_DETAILS = object_schema(
    "SearchObjectDetails",
    {
        "name": Text(required=True),
        "objectType": OneOf("VENDOR", "PRODUCT", "CATEGORY", required=True),
        "domain": fields.domain(required=True),
        "objectId": Text(),
        "url": fields.url(),
    },
)

CONTENT = object_schema(
    "Content",
    {
        "contentId": Text(),
        "contentTitle": Text(TITLE_MAX, required=True),
        "contentLabel": Array(Text(non_blank=True), LABELS_MAX),
        "contentUrl": fields.url(),
        "contentAdditionalInfoUrl": fields.url(),
        "numericContentDetails": NestedObject(NUMERIC_CONTENT_DETAILS),
        "stepContentDetails": NestedObject(STEP_CONTENT_DETAILS),
        "searchObjectDetails": NestedObject(SEARCH_OBJECT_DETAILS),
        "contentCustomFields": custom_fields(),
    },
)

PERSON_BUSINESS_CONTEXT = object_schema(
    "PersonBusinessContext",
    {
        "objectType": OneOf("CONTACT", "LEAD", required=True),
        "objectId": Text(required=True),
        "systemName": Text(),
    },
)

LOCATION = object_schema("Location", {"country": Text(), "state": Text(), "region": Text(), "city": Text()})

COMPANY_BUSINESS_CONTEXT = object_schema(
    "CompanyBusinessContext",
    {
        "objectType": OneOf("ACCOUNT", "OPPORTUNITY", required=True),
        "objectId": Text(required=True),
        "systemName": Text(),
    },
)

COMPANY = object_schema(
    "Company",
    {
        "companyId": Text(),
        "name": Text(),
        "domain": fields.domain(),
        "companyBusinessContexts": Array(NestedObject(COMPANY_BUSINESS_CONTEXT)),
    },
    # Gong's prose names these two; its schema has no such fields.
    substitutes={
        "crmAccountId": "send an entry of companyBusinessContexts with objectType ACCOUNT",
        "crmOpportunityId": "send an entry of companyBusinessContexts with objectType OPPORTUNITY",
    },
)

PERSON = object_schema(
    "Person",
    {
        "name": Text(),
        "email": fields.email(),
        "phoneNumber": Text(),
        "personId": Text(),
        "personBusinessContext": NestedObject(PERSON_BUSINESS_CONTEXT),
        "location": NestedObject(LOCATION),
        "company": NestedObject(COMPANY),
        "personCustomFields": custom_fields(),
    },
)

DIGITAL_INTERACTION = object_schema(
    "DigitalInteractionRequest",
    {
        "eventId": fields.event_id(required=True),
        "timestamp": fields.timestamp(),
        "eventType": Text(TITLE_MAX, required=True),
        "sourceSystemName": Text(),
        "sessionId": Text(),
        "device": OneOf("MOBILE", "PC"),
        "content": NestedObject(CONTENT, required=True),
        "person": NestedObject(PERSON),
        "trackingId": Text(non_blank=True),
        "customFields": custom_fields(),
    },
    substitutes={
        "workspaceId": "a digital interaction has no workspace",
        "crmContext": "send person.personBusinessContext or person.company.companyBusinessContexts",
        "sharer": "send a custom field, or the operation content-shared",
        "recipients": "send one digital interaction per recipient, or the operation content-shared",
    },
)
