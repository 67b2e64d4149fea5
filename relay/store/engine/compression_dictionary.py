"""Preset zlib dictionary for stored requests and bodies: names and values that partners and Gong's API use often.

Never change `WORDS_1`: text compressed with it could no longer be read. Add `WORDS_2`, with a mark of its own
in `relay.store.engine.compression`. All words come from public documentation, never from payloads.
"""

_PARTNER_WORDS = (
    '"form_response" "scheduled_event" "questions_and_answers" "signature_request" "document_name" "document_id" '
    '"recordedEvents" "player_load_metadata" "percent_watched" "duration" "hidden" "answers" "question" "answer" '
    '"field" "choice" "label" "signers" "signatures" "envelopeId" "envelopeSummary" "emailSubject" "sentDateTime" '
    '"completedDateTime" "recipients" "recipientId" "visitor" "visitor_email" "viewer" "view" "views" "visit" "pages" '
    '"page_count" "totalDuration" "list_id" "merges" "sg_event_id" "sg_message_id" "smtp-id" "campaign_id" "delivery_id" '
    '"message_id" "metric" "broadcast_id" "useragent" "clicked" "opened" "delivered" "distinct_id" "$current_url" '
    '"$referrer" "$browser" "$device" "$os" "portalId" "objectId" "objectTypeId" "subscriptionType" "propertyName" '
    '"propertyValue" "occurredAt" "attemptNumber" "eventId" "eventType" "event_type" "event_id" "created_at" "createdAt" '
    '"updated_at" "updatedAt" "submitted_at" "started_at" "ended_at" "start_time" "end_time" "account_id" "accountId" '
    '"organization" "workspace" "workspaceId" "firstname" "lastname" "first_name" "last_name" "firstName" "lastName" '
    '"fullName" "phone_number" "company_domain" "job_title" "country" "region" "city" "location" "language" "timezone" '
    '"ip" "ip_address" "user_id" "user" "uuid" "uri" "href" "link" "links" "click" "status" "action" "object" "payload" '
    '"data":{"object":{" "metadata":{" "items":[{" "attributes":{" "value":" "parameters" "tracking" "utm_source" '
    '"utm_medium" "utm_campaign" "utm_content" "utm_term" "referrer":"https://www.google.com/" "locale":"en-US" '
    '"library":{"name":"analytics.js","version":" "originalTimestamp":" "sentAt":" "receivedAt":" "messageId":" '
    '"anonymousId":" "userId":" "integrations":{} "traits":{" "context":{"ip":" "page":{"path":" "search":" '
    '"event":" "type":"track" "version":" "channel":"web" "customer" "contact" "lead" null true false '
)

_EVENT_WORDS = (
    '[{"id":" "type":"link_click" "type":"content_share" "type":"content_view" "type":"custom" "type":"video_watch" '
    '"type":"document_sign" "type":"form_submit" "type":"survey_answer" "type":"course_step" "type":"product_compare" '
    '"action":" "info_url":"https:// "progress":{"value":100,"from":0,"to":100,"kind":"percentage"} "kind":"rating" '
    '"kind":"nps" "step":{"value":" ","all":[" "search":{"name":" "kind":"product" "kind":"vendor" "share":{"id":" '
    '"sharer":{"email":" "gong_user_id":" "recipients":[{"email":" "subject":" "message":" "workspace_id":" '
    '"tracking_id":" "crm":{"system":"Salesforce","type":"contact","id":"003 "crm":[{"type":"opportunity","id":"006 '
    '"type":"account","id":"001 "location":{"country":" ","state":" ","region":" ","city":" '
    '{"id":" ","type":"page_view","occurred_at":"2026- ","content":{"id":" ","title":" ","url":"https://www. '
    '.com/pricing?utm_source=newsletter&utm_medium=email&utm_campaign= .com/ .html .pdf ","labels":[" "]} '
    '"},"person":{"email":" .com","name":" ","phone":"+1 ","title":" ","company":{"id":" "},"company":{"name":" '
    '","domain":" .com"}},"session_id":" ","device":"pc","user_agent":" ","device":"mobile" "properties":{" '
)

_CALL_WORDS = (
    '{"reportingSystem":" ","eventTimestamp":" ","contentProperties":[{"name":" ","dataType":"string"},{"name":" '
    '"}],"eventProperties":[{"name":" "crmContext":[{"system":"Salesforce","objects":[{"objectType":"Opportunity",'
    '"objectId":"006 "}]}] "objectType":"Account" "objectType":"Contact" "objectType":"Lead" "fields":[{"name":" '
    '"shareId":" ","shareInfoUrl":" ","sharingMessageSubject":" ","sharingMessageBody":" ","sharer":{"id":" '
    '"viewActionTitle":" ","viewInfoUrl":" ","viewer":{"email":" ","actionName":" ","eventInfoUrl":" ","actor":{"email":" '
    '","userAgent":" ","agentPlatform":"Windows" "MacOS" "mobileAppId":" "title":" ","workspaceId":" '
    '"contentAdditionalInfoUrl":" "numericContentDetails":{"value": ,"rangeFrom":0,"rangeTo":100,'
    '"numericType":"PERCENTAGE"} "NPS" "RATING" "stepContentDetails":{"value":" ","availableSteps":[" '
    '"searchObjectDetails":{"name":" ","objectType":"PRODUCT","domain":" "contentCustomFields":[{"name":" '
    '"trackingId":" "phoneNumber":"+1 "personId":" "personBusinessContext":{"objectType":"CONTACT","objectId":"003 '
    '","systemName":"Salesforce"} "companyBusinessContexts":[{"objectType":"OPPORTUNITY","objectId":"006 "ACCOUNT" '
    '"location":{"country":"US","state":" "LEAD" "dataType":"DATE"} "dataType":"URL"} "dataType":"BOOLEAN"} '
    '"DURATION" content viewed link clicked video watched form submitted document signed '
    '{"eventId":" ","timestamp":"2026- :00Z","eventType":"page viewed","sourceSystemName":" ","sessionId":" '
    '","device":"MOBILE","content":{" ","device":"PC","content":{"contentId":" ","contentTitle":" '
    '","contentLabel":[" "],"contentUrl":"https://www. .com/"},"person":{"name":" ","email":" .com","company":'
    '{"companyId":" ","company":{"name":" ","domain":" .com"},"personCustomFields":[{"name":"title","value":" '
    '","dataType":"STRING"}]},"customFields":[{"name":" ","dataType":"NUMBER"},{"name":" ","value":" '
    '","dataType":"STRING"},{"name":"referrer","value":"https:// ","dataType":"STRING"},{"name":"userAgent","value":"'
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile"
    "/15E148 Safari/604.1 (Macintosh; Intel Mac OS X 10_15_7) (X11; Linux x86_64) Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
    ' AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36","dataType":"STRING"}]}'
)

# zlib refers to words near the end with fewer bits, so the most frequent ones come last.
WORDS_1 = (_PARTNER_WORDS + _EVENT_WORDS + _CALL_WORDS).encode()
