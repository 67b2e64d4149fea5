"""The few things worth showing of an accepted body, wherever its kind keeps them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relay.sandbox.ledger import Accepted

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """For each thing the paths where it may stand, best first."""

    gong_type: str
    name: Sequence[Path]
    title: Sequence[Path]
    person: Sequence[Path]
    system: Sequence[Path] = (("reportingSystem",),)
    timestamp: Sequence[Path] = (("eventTimestamp",),)
    content_id: Sequence[Path] = (("contentId",),)
    content_url: Sequence[Path] = (("contentUrl",),)


@dataclass(frozen=True, slots=True)
class Summary:
    gong_type: str
    name: str
    title: str
    person: str
    system: str
    timestamp: str
    content_id: str
    content_url: str


_TITLE: Final = (("contentTitle",),)
PLACES: Final[Mapping[str, Places]] = {
    "digital-interaction": Places(
        "digitalInteraction",
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
    "content-shared": Places(
        "contentShared",
        name=(("actionName",),),
        title=_TITLE,
        person=(("recipients", "email"), ("sharer", "email"), ("sharer", "name"), ("sharer", "id")),
    ),
    "content-viewed": Places(
        "contentViewed",
        name=(("viewActionTitle",),),
        title=_TITLE,
        person=(("viewer", "email"), ("viewer", "name"), ("trackingId",)),
    ),
    "custom-action": Places(
        "customEvent",
        name=(("actionName",),),
        title=_TITLE,
        person=(("actor", "email"), ("actor", "name")),
    ),
    "catalog-interaction": Places(
        "digitalInteraction",
        name=(("interactionType",),),
        title=(("subject",),),
        person=(("participants", "emailAddress"), ("participants", "name")),
        timestamp=(("timestamp",),),
    ),
    "catalog-share": Places(
        "contentShared",
        name=(("contentType",),),
        title=_TITLE,
        person=(("recipientEmailAddresses",), ("senderEmailAddress",)),
    ),
    "catalog-view": Places("contentViewed", name=(), title=_TITLE, person=(("viewerEmailAddress",),)),
    "catalog-action": Places(
        "customEvent", name=(("actionName",),), title=(), person=(("actorEmailAddress",),)
    ),
}


def summary(event: Accepted) -> Summary:
    places, body = PLACES[event.route], event.body
    return Summary(
        places.gong_type,
        name=_first(body, places.name) or event.route.replace("-", " "),
        title=_first(body, places.title),
        person=_first(body, places.person),
        system=_first(body, places.system),
        timestamp=_first(body, places.timestamp),
        content_id=_first(body, places.content_id),
        content_url=_first(body, places.content_url),
    )


def emails(event: Accepted) -> set[str]:
    """Every person's address in an event, in lower case."""
    body = event.body
    found = (text for path in PLACES[event.route].person for text in _texts(body, path))
    return {text.lower() for text in found if "@" in text}


def _first(body: Mapping[str, Any], paths: Sequence[Path]) -> str:
    return next((", ".join(texts) for path in paths if (texts := list(_texts(body, path)))), "")


def _texts(value: object, path: Path) -> Iterable[str]:
    """The texts at a path, through every item of a list on the way."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif path and isinstance(value, dict):
        yield from _texts(value.get(path[0]), path[1:])
    elif not path and isinstance(value, str) and value.strip():
        yield value
