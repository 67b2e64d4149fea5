"""Summaries of accepted bodies: the name, title, person and content of an event of any route."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relay.sandbox.ledger import AcceptedEvent

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPaths:
    """The paths in a body at which each part of a summary may be, preferred path first."""

    gong_type: str
    name: Sequence[Path]
    title: Sequence[Path]
    person: Sequence[Path]
    system: Sequence[Path] = (("reportingSystem",),)
    timestamp: Sequence[Path] = (("eventTimestamp",),)
    content_id: Sequence[Path] = (("contentId",),)
    content_url: Sequence[Path] = (("contentUrl",),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The main facts of an event. A part that the body lacks is an empty string."""

    gong_type: str
    name: str
    title: str
    person: str
    system: str
    timestamp: str
    content_id: str
    content_url: str


_TITLE: Final = (("contentTitle",),)
SUMMARY_PATHS: Final[Mapping[str, SummaryPaths]] = {
    "digital-interaction": SummaryPaths(
        gong_type="digitalInteraction",
        name=(("eventType",),),
        title=(("content", "contentTitle"),),
        person=(
            ("person", "email"),
            ("person", "name"),
            ("person", "phoneNumber"),
            ("person", "personId"),
            ("person", "personBusinessContext", "objectId"),
            ("trackingId",),
        ),
        system=(("sourceSystemName",),),
        timestamp=(("timestamp",),),
        content_id=(("content", "contentId"),),
        content_url=(("content", "contentUrl"),),
    ),
    "content-shared": SummaryPaths(
        gong_type="contentShared",
        name=(("actionName",),),
        title=_TITLE,
        person=(("recipients", "email"), ("sharer", "email"), ("sharer", "name"), ("sharer", "id")),
    ),
    "content-viewed": SummaryPaths(
        gong_type="contentViewed",
        name=(("viewActionTitle",),),
        title=_TITLE,
        person=(("viewer", "email"), ("viewer", "name"), ("trackingId",)),
    ),
    "custom-action": SummaryPaths(
        gong_type="customEvent",
        name=(("actionName",),),
        title=_TITLE,
        person=(("actor", "email"), ("actor", "name")),
    ),
    "catalog-interaction": SummaryPaths(
        gong_type="digitalInteraction",
        name=(("interactionType",),),
        title=(("subject",),),
        person=(("participants", "emailAddress"), ("participants", "name")),
        timestamp=(("timestamp",),),
    ),
    "catalog-share": SummaryPaths(
        gong_type="contentShared",
        name=(("contentType",),),
        title=_TITLE,
        person=(("recipientEmailAddresses",), ("senderEmailAddress",)),
    ),
    "catalog-view": SummaryPaths(
        gong_type="contentViewed", name=(), title=_TITLE, person=(("viewerEmailAddress",),)
    ),
    "catalog-action": SummaryPaths(
        gong_type="customEvent", name=(("actionName",),), title=(), person=(("actorEmailAddress",),)
    ),
}


def summarize(event: AcceptedEvent) -> Summary:
    paths, body = SUMMARY_PATHS[event.route], event.body
    return Summary(
        gong_type=paths.gong_type,
        name=_first(body, paths.name) or event.route.replace("-", " "),
        title=_first(body, paths.title),
        person=_first(body, paths.person),
        system=_first(body, paths.system),
        timestamp=_first(body, paths.timestamp),
        content_id=_first(body, paths.content_id),
        content_url=_first(body, paths.content_url),
    )


def email_addresses(event: AcceptedEvent) -> set[str]:
    """Return the e-mail addresses of all people in an event, in lower case."""
    body = event.body
    texts = (text for path in SUMMARY_PATHS[event.route].person for text in _texts(body, path))
    return {text.lower() for text in texts if "@" in text}


def _first(body: Mapping[str, Any], paths: Sequence[Path]) -> str:
    return next((", ".join(texts) for path in paths if (texts := list(_texts(body, path)))), "")


def _texts(value: object, path: Path) -> Iterable[str]:
    """Yield the non-empty strings at a path. A list on the path contributes all of its items."""
    # Lists may be anywhere on a path, such as the recipients of a share or the participants of an interaction.
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif path and isinstance(value, dict):
        yield from _texts(value.get(path[0]), path[1:])
    elif not path and isinstance(value, str) and value.strip():
        yield value
