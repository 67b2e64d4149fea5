"""The body of Gong's `POST /v2/digital-interaction`: what someone did with some content."""

from relay.core.gong import fields
from relay.core.gong.base_schema import Part, shape
from relay.core.gong.fields import Many, OneOf, Text, Whole
from relay.core.gong.limits import CUSTOM_FIELDS_MAX, LABELS_MAX, TITLE_MAX

CUSTOM_FIELD = shape(
    "CustomField",
    {
        "name": Text(required=True),
        "value": Text(required=True, filled=False),
        "dataType": OneOf("STRING", "NUMBER", "DATE", "URL", "BOOLEAN", "DURATION"),
    },
)


def custom_fields() -> Many:
    return Many(Part(CUSTOM_FIELD), CUSTOM_FIELDS_MAX)


NUMERIC_CONTENT_DETAILS = shape(
    "NumericContentDetails",
    {
        "value": Whole(),
        "rangeFrom": Whole(required=True),
        "rangeTo": Whole(required=True),
        "numericType": OneOf("PERCENTAGE", "NPS", "RATING", "OTHER"),
    },
)

STEP_CONTENT_DETAILS = shape(
    "StepContentDetails",
    {
        "value": Text(required=True),
        "availableSteps": Many(Text(filled=True), least=1, required=True),
    },
)

SEARCH_OBJECT_DETAILS = shape(
    "SearchObjectDetails",
    {
        "name": Text(required=True),
        "objectType": OneOf("VENDOR", "PRODUCT", "CATEGORY", required=True),
        "domain": fields.domain(required=True),
        "objectId": Text(),
        "url": fields.url(),
    },
)

CONTENT = shape(
    "Content",
    {
        "contentId": Text(),
        "contentTitle": Text(TITLE_MAX, required=True),
        "contentLabel": Many(Text(filled=True), LABELS_MAX),
        "contentUrl": fields.url(),
        "contentAdditionalInfoUrl": fields.url(),
        "numericContentDetails": Part(NUMERIC_CONTENT_DETAILS),
        "stepContentDetails": Part(STEP_CONTENT_DETAILS),
        "searchObjectDetails": Part(SEARCH_OBJECT_DETAILS),
        "contentCustomFields": custom_fields(),
    },
)

PERSON_BUSINESS_CONTEXT = shape(
    "PersonBusinessContext",
    {
        "objectType": OneOf("CONTACT", "LEAD", required=True),
        "objectId": Text(required=True),
        "systemName": Text(),
    },
)

LOCATION = shape("Location", {"country": Text(), "state": Text(), "region": Text(), "city": Text()})

COMPANY_BUSINESS_CONTEXT = shape(
    "CompanyBusinessContext",
    {
        "objectType": OneOf("ACCOUNT", "OPPORTUNITY", required=True),
        "objectId": Text(required=True),
        "systemName": Text(),
    },
)

COMPANY = shape(
    "Company",
    {
        "companyId": Text(),
        "name": Text(),
        "domain": fields.domain(),
        "companyBusinessContexts": Many(Part(COMPANY_BUSINESS_CONTEXT)),
    },
    # Gong's prose names these two; its schema has no such fields.
    substitutes={
        "crmAccountId": "send an entry of companyBusinessContexts with objectType ACCOUNT",
        "crmOpportunityId": "send an entry of companyBusinessContexts with objectType OPPORTUNITY",
    },
)

PERSON = shape(
    "Person",
    {
        "name": Text(),
        "email": fields.email(),
        "phoneNumber": Text(),
        "personId": Text(),
        "personBusinessContext": Part(PERSON_BUSINESS_CONTEXT),
        "location": Part(LOCATION),
        "company": Part(COMPANY),
        "personCustomFields": custom_fields(),
    },
)

DIGITAL_INTERACTION = shape(
    "DigitalInteractionRequest",
    {
        "eventId": fields.event_id(required=True),
        "timestamp": fields.timestamp(),
        "eventType": Text(TITLE_MAX, required=True),
        "sourceSystemName": Text(),
        "sessionId": Text(),
        "device": OneOf("MOBILE", "PC"),
        "content": Part(CONTENT, required=True),
        "person": Part(PERSON),
        "trackingId": Text(filled=True),
        "customFields": custom_fields(),
    },
    substitutes={
        "workspaceId": "a digital interaction has no workspace",
        "crmContext": "send person.personBusinessContext or person.company.companyBusinessContexts",
        "sharer": "send a custom field, or the operation content-shared",
        "recipients": "send one digital interaction per recipient, or the operation content-shared",
    },
)
