"""Properties as Gong's three APIs write them, and a name for whatever has no field of its own in one of them."""

from collections.abc import Mapping
from typing import Any

from relay.core.event.event import Event
from relay.core.event.model import Content, CrmRecord, Person, Properties, Scalar, Share
from relay.core.event.sanitize import truncate
from relay.core.gong.limits import TEXT_MAX

_NOTHING: tuple[Any, ...] = (None, [], {})


def omit_empty(**pairs: Any) -> dict[str, Any]:
    """What there is to say: Gong wants an absent key, not a null or an empty list."""
    return {key: value for key, value in pairs.items() if value or value not in _NOTHING}


def merge_properties(**groups: Properties) -> dict[str, Scalar]:
    """Groups as one. A name that stands already gets its group's name in front, so that neither value is lost."""
    found: dict[str, Scalar] = {}
    for group, properties in groups.items():
        for name, value in properties.items():
            free = name
            while free in found:
                free = f"{group}.{free}"
            found[free] = value
    return found


def format_scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def render_custom_fields(properties: Properties) -> list[dict[str, str]]:
    """Of a digital interaction: every value is a string on the wire, `dataType` says what it means."""
    return [
        {"name": name, "value": format_scalar(value), "dataType": _data_type(value)}
        for name, value in properties.items()
    ]


def render_generic_properties(properties: Properties) -> list[dict[str, str]]:
    """Of the engagement calls, which have no booleans."""
    return [
        {"name": name, "value": format_scalar(value), "dataType": "number" if _is_number(value) else "string"}
        for name, value in properties.items()
    ]


def render_text_map(properties: Properties) -> dict[str, str]:
    """Of the catalogue dialect, which has no types."""
    return {name: format_scalar(value) for name, value in properties.items()}


def _data_type(value: Scalar) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    return "NUMBER" if _is_number(value) else "STRING"


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def share_properties(share: Share | None, *, with_id: bool = True) -> dict[str, Any]:
    """Who shared what led to this, where the call has no sharer."""
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
    """What only a digital interaction has fields for."""
    progress, step, search = content.progress, content.step, content.search
    return omit_empty(
        labels=_joined(content.labels, ", "),
        progress=progress and progress.value,
        progressRange=progress and f"{progress.low} to {progress.high}",
        progressKind=progress and progress.kind,
        step=step and step.value,
        steps=step and _joined(step.steps, " > "),
        searchName=search and search.name,
        searchKind=search and search.kind,
        searchDomain=search and search.domain,
        searchId=search and search.id,
        searchUrl=search and url_within_limit(search.url),
    )


def person_properties(person: Person | None) -> dict[str, Any]:
    """What the engagement calls and the catalogue have no fields for."""
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
    """CRM records as properties, where the call has no place for them."""
    return merge_properties(
        **{f"record{place}": _crm_property(record) for place, record in enumerate(records, start=1)}
    )


def _crm_property(record: CrmRecord) -> Mapping[str, Scalar]:
    return {f"{record.type}Id": record.id}


def url_within_limit(url: str | None) -> str | None:
    """A property holds less than the longest URL, and half a URL is none."""
    return url if url and len(url) <= TEXT_MAX else None


def _joined(words: tuple[str, ...], between: str) -> str | None:
    return truncate(between.join(words), TEXT_MAX) or None
