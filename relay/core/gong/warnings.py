"""Warnings about bodies that Gong accepts but may not show, or that show more than intended."""

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
_NAMED_LISTS = (
    ("customFields",),
    ("content", "contentCustomFields"),
    ("person", "personCustomFields"),
    ("contentProperties",),
    ("eventProperties",),
)


def _check_free_mail(body: Mapping[str, Any]) -> Iterator[Problem]:
    domain = get_object(body, "person", "company").get("domain")
    if isinstance(domain, str) and is_free_mail(domain):
        yield Problem(
            "person.company.domain",
            WarningCode.FREE_MAIL,
            "belongs to an email provider, not to a company: send the company's own domain, or none",
        )


def _check_details(body: Mapping[str, Any]) -> Iterator[Problem]:
    content = get_object(body, "content")
    if sum(not is_empty(content.get(key)) for key in _DETAILS) > 1:
        yield Problem(
            "content",
            WarningCode.CONFLICTING_DETAILS,
            f"has more than one of {', '.join(_DETAILS)}: send one",
        )


def _check_duplicate_names(body: Mapping[str, Any]) -> Iterator[Problem]:
    for path in _NAMED_LISTS:
        names = [item.get("name") for _, item in iter_objects(get_object(body, *path[:-1]).get(path[-1]))]
        if any(name in names[:index] for index, name in enumerate(names)):
            yield Problem(
                ".".join(path),
                WarningCode.DUPLICATE_NAME,
                "uses a name twice: Gong does not document which value it keeps",
            )


def _check_event_id(body: Mapping[str, Any]) -> Iterator[Problem]:
    if is_empty(body.get("eventId")):
        yield Problem(
            "eventId", WarningCode.NO_EVENT_ID, "is missing: without it Gong cannot recognize a repeated call"
        )


def _check_crm_systems(body: Mapping[str, Any]) -> Iterator[Problem]:
    for path, context in _crm_contexts(body):
        if context.get("system") not in _SUPPORTED_SYSTEMS:
            yield Problem(
                f"{path}.system",
                WarningCode.CRM_SYSTEM,
                "may be ignored: Gong documents only Salesforce and Generic as supported",
            )


def _crm_contexts(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, context in iter_objects(body.get("crmContext")):
        yield f"crmContext[{index}]", context
    for path, actor in _actors(body):
        for index, context in iter_objects(actor.get("context")):
            yield f"{path}.context[{index}]", context


def _actors(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((key, get_object(body, key)) for key in ("viewer", "actor"))
    yield from ((f"recipients[{index}]", actor) for index, actor in iter_objects(body.get("recipients")))


def _check_opportunities(body: Mapping[str, Any]) -> Iterator[Problem]:
    kinds = [
        crm_object.get("objectType")
        for _, context in iter_objects(body.get("crmContext"))
        for _, crm_object in iter_objects(context.get("objects"))
    ]
    if kinds.count("Opportunity") > 1:
        yield Problem(
            "crmContext",
            WarningCode.MULTIPLE_OPPORTUNITIES,
            "names several opportunities: Gong accepts one per account",
        )


def _secrets_in(*path: str) -> WarningCheck:
    """Build a check for secrets in the query or fragment of the URL at `path`."""

    def check(body: Mapping[str, Any]) -> Iterator[Problem]:
        url = get_object(body, *path[:-1]).get(path[-1])
        if isinstance(url, str) and (match := _SECRET_KEY.search(url)):
            yield Problem(
                ".".join(path),
                WarningCode.SECRET_IN_URL,
                f"contains {match[1].lower()}=, and every seller can see this URL: remove it",
            )

    return check


_ENGAGEMENT = (
    _check_event_id,
    _check_crm_systems,
    _check_opportunities,
    _check_duplicate_names,
    _secrets_in("contentUrl"),
)

WARNING_CHECKS: Mapping[Operation, tuple[WarningCheck, ...]] = {
    Operation.DIGITAL_INTERACTION: (
        _check_free_mail,
        _check_details,
        _check_duplicate_names,
        _secrets_in("content", "contentUrl"),
        _secrets_in("content", "contentAdditionalInfoUrl"),
    ),
    Operation.CONTENT_SHARED: (*_ENGAGEMENT, _secrets_in("shareInfoUrl")),
    Operation.CONTENT_VIEWED: (*_ENGAGEMENT, _secrets_in("viewInfoUrl")),
    Operation.CUSTOM_ACTION: (*_ENGAGEMENT, _secrets_in("eventInfoUrl")),
    Operation.CATALOG_INTERACTION: (),
    Operation.CATALOG_SHARE: (_secrets_in("contentUrl"),),
    Operation.CATALOG_VIEW: (_secrets_in("contentUrl"),),
    Operation.CATALOG_ACTION: (),
}
