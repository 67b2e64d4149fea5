"""What Gong takes and the operator should still hear of: it may not show, or may show more than was meant."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from relay.core.call import Operation
from relay.core.email_address import is_free_mail
from relay.core.errors import Problem
from relay.core.gong.accessors import get_object, is_empty, iter_objects
from relay.core.gong.problems import WarningCode

WarningCheck: TypeAlias = Callable[[Mapping[str, Any]], Iterator[Problem]]

_SECRET_KEY = re.compile(r"[?&#](token|access_token|sig|signature|code|api_key|password)=", re.IGNORECASE)
_DETAILS = ("numericContentDetails", "stepContentDetails", "searchObjectDetails")
_SUPPORTED_SYSTEMS = ("Salesforce", "Generic")
_LISTS = (
    ("customFields",),
    ("content", "contentCustomFields"),
    ("person", "personCustomFields"),
    ("contentProperties",),
    ("eventProperties",),
)


def _free_mail(body: Mapping[str, Any]) -> Iterator[Problem]:
    domain = get_object(body, "person", "company").get("domain")
    if isinstance(domain, str) and is_free_mail(domain):
        yield Problem(
            "person.company.domain",
            WarningCode.FREE_MAIL,
            "belongs to a mail provider, not a company: send the company's own domain, or none",
        )


def _details(body: Mapping[str, Any]) -> Iterator[Problem]:
    content = get_object(body, "content")
    if sum(not is_empty(content.get(key)) for key in _DETAILS) > 1:
        yield Problem(
            "content", WarningCode.DETAILS, f"holds more than one of {', '.join(_DETAILS)}: send one"
        )


def _duplicate_names(body: Mapping[str, Any]) -> Iterator[Problem]:
    for path in _LISTS:
        names = [item.get("name") for _, item in iter_objects(get_object(body, *path[:-1]).get(path[-1]))]
        if any(name in names[:place] for place, name in enumerate(names)):
            yield Problem(
                ".".join(path),
                WarningCode.DUPLICATE_NAME,
                "uses a name twice: nobody says which value Gong keeps",
            )


def _event_id(body: Mapping[str, Any]) -> Iterator[Problem]:
    if is_empty(body.get("eventId")):
        yield Problem(
            "eventId", WarningCode.NO_EVENT_ID, "is missing: without it Gong cannot tell a repeated call"
        )


def _crm_systems(body: Mapping[str, Any]) -> Iterator[Problem]:
    for where, context in _crm_contexts(body):
        if context.get("system") not in _SUPPORTED_SYSTEMS:
            yield Problem(
                f"{where}.system",
                WarningCode.CRM_SYSTEM,
                "may be ignored: Gong names only Salesforce and Generic as supported",
            )


def _crm_contexts(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for place, context in iter_objects(body.get("crmContext")):
        yield f"crmContext[{place}]", context
    for who, actor in _actors(body):
        for place, context in iter_objects(actor.get("context")):
            yield f"{who}.context[{place}]", context


def _actors(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((key, get_object(body, key)) for key in ("viewer", "actor"))
    yield from ((f"recipients[{place}]", actor) for place, actor in iter_objects(body.get("recipients")))


def _opportunities(body: Mapping[str, Any]) -> Iterator[Problem]:
    kinds = [
        crm_object.get("objectType")
        for _, context in iter_objects(body.get("crmContext"))
        for _, crm_object in iter_objects(context.get("objects"))
    ]
    if kinds.count("Opportunity") > 1:
        yield Problem(
            "crmContext",
            WarningCode.OPPORTUNITIES,
            "names several opportunities: Gong takes one for each account",
        )


def _secrets(*path: str) -> WarningCheck:
    def teller(body: Mapping[str, Any]) -> Iterator[Problem]:
        url = get_object(body, *path[:-1]).get(path[-1])
        if isinstance(url, str) and (found := _SECRET_KEY.search(url)):
            yield Problem(
                ".".join(path),
                WarningCode.SECRET_IN_URL,
                f"carries {found[1].lower()}=, and every seller sees this URL: strip it",
            )

    return teller


_ENGAGEMENT = (_event_id, _crm_systems, _opportunities, _duplicate_names, _secrets("contentUrl"))

WARNING_CHECKS: Mapping[Operation, tuple[WarningCheck, ...]] = {
    Operation.DIGITAL_INTERACTION: (
        _free_mail,
        _details,
        _duplicate_names,
        _secrets("content", "contentUrl"),
        _secrets("content", "contentAdditionalInfoUrl"),
    ),
    Operation.CONTENT_SHARED: (*_ENGAGEMENT, _secrets("shareInfoUrl")),
    Operation.CONTENT_VIEWED: (*_ENGAGEMENT, _secrets("viewInfoUrl")),
    Operation.CUSTOM_ACTION: (*_ENGAGEMENT, _secrets("eventInfoUrl")),
    Operation.CATALOG_INTERACTION: (),
    Operation.CATALOG_SHARE: (_secrets("contentUrl"),),
    Operation.CATALOG_VIEW: (_secrets("contentUrl"),),
    Operation.CATALOG_ACTION: (),
}
