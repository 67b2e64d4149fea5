"""Renders properties for Gong's APIs, and turns values that have no field there into properties."""

from collections.abc import Mapping
from typing import Any

from relay.core.event.event import Event
from relay.core.event.model import Content, CrmRecord, Person, Properties, Scalar, Share
from relay.core.event.sanitize import truncate
from relay.core.gong.limits import TEXT_MAX

_EMPTY_VALUES: tuple[Any, ...] = (None, [], {})


def omit_empty(**pairs: Any) -> dict[str, Any]:
    """Return the pairs without empty values. Gong requires an absent key, not a null or an empty list."""
    # Keep 0, False and an empty string: they are values.
    return {key: value for key, value in pairs.items() if value or value not in _EMPTY_VALUES}


def merge_properties(**groups: Properties) -> dict[str, Scalar]:
    """Merge groups of properties. A name that is already used gets the group's name as a prefix, so no value is lost."""
    merged: dict[str, Scalar] = {}
    for group, properties in groups.items():
        for name, value in properties.items():
            unused = name
            while unused in merged:
                unused = f"{group}.{unused}"
            merged[unused] = value
    return merged


def format_scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def render_custom_fields(properties: Properties) -> list[dict[str, str]]:
    """Render the custom fields of a digital interaction: every value is a string, with its type in `dataType`."""
    return [
        {"name": name, "value": format_scalar(value), "dataType": _data_type(value)}
        for name, value in properties.items()
    ]


def render_generic_properties(properties: Properties) -> list[dict[str, str]]:
    """Render the properties of an engagement call, which has no boolean type."""
    return [
        {"name": name, "value": format_scalar(value), "dataType": "number" if _is_number(value) else "string"}
        for name, value in properties.items()
    ]


def render_text_map(properties: Properties) -> dict[str, str]:
    """Render the properties of the catalog dialect, which has no types."""
    return {name: format_scalar(value) for name, value in properties.items()}


def _data_type(value: Scalar) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    return "NUMBER" if _is_number(value) else "STRING"


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def share_properties(share: Share | None, *, with_id: bool = True) -> dict[str, Any]:
    """Return the share as properties, for calls that have no field for it."""
    if share is None:
        return {}
    sharer = share.sharer
    return omit_empty(
        sharedBy=sharer and (sharer.email or sharer.name or sharer.gong_user_id),
        sharedByName=sharer.name if sharer and sharer.email else None,
        sharedByUserId=sharer.gong_user_id if sharer and (sharer.email or sharer.name) else None,
        shareId=share.id if with_id else None,
        shareSubject=share.subject,
    )


def content_properties(content: Content) -> dict[str, Any]:
    """Return the parts of the content for which only a digital interaction has fields."""
    progress, step, search = content.progress, content.step, content.search
    return omit_empty(
        labels=_join(content.labels, ", "),
        progress=progress and progress.value,
        progressRange=progress and f"{progress.low} to {progress.high}",
        progressKind=progress and progress.kind,
        step=step and step.value,
        steps=step and _join(step.steps, " > "),
        searchName=search and search.name,
        searchKind=search and search.kind,
        searchDomain=search and search.domain,
        searchId=search and search.id,
        searchUrl=search and url_within_limit(search.url),
    )


def person_properties(person: Person | None) -> dict[str, Any]:
    """Return the parts of a person for which engagement calls and the catalog dialect have no fields."""
    if person is None:
        return {}
    location, company = person.location, person.company
    return omit_empty(
        personId=person.id,
        phone=person.phone,
        country=location and location.country,
        state=location and location.state,
        region=location and location.region,
        city=location and location.city,
        companyId=company and company.id,
        companyName=company and company.name,
        companyDomain=company and company.domain,
    )


def visit_properties(event: Event) -> dict[str, Any]:
    return omit_empty(sessionId=event.session_id, device=event.device)


def crm_properties(records: tuple[CrmRecord, ...]) -> dict[str, Any]:
    """Return CRM records as properties, for calls that have no field for them."""
    return merge_properties(
        **{f"record{number}": _crm_property(record) for number, record in enumerate(records, start=1)}
    )


def _crm_property(record: CrmRecord) -> Mapping[str, Scalar]:
    return {f"{record.type}Id": record.id}


def url_within_limit(url: str | None) -> str | None:
    """Return the URL, or None if it is too long for a property. Half a URL would be useless."""
    return url if url and len(url) <= TEXT_MAX else None


def _join(words: tuple[str, ...], separator: str) -> str | None:
    return truncate(separator.join(words), TEXT_MAX) or None
