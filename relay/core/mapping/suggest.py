"""A first mapping for a payload that nobody has mapped yet, guessed from its names and the shapes of its values.

A guess, for a person to check: what it makes is a rule as the configuration holds it, and goes through the same
compiler as every other.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from relay.core.mapping import field_guessing as roles
from relay.core.mapping.field_guessing import find_best_field
from relay.core.mapping.payload_fields import PayloadField, list_fields

EVENT_TYPES_MAX = 6
"""More kinds of event in one payload are more than one rule should take."""

SUGGESTED_PATHS = (
    *("eventId", "timestamp", "eventType", "device"),
    *("content.contentId", "content.contentTitle", "content.contentUrl"),
    *("person.email", "person.name", "person.phoneNumber", "person.company.name", "person.company.domain"),
)
"""The paths of Gong's body that a proposal may fill, in the order in which people read them."""

_LISTS_DEPTH = 2
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LITERAL = re.compile(r"'([^'\\]*)'")


@dataclass(frozen=True, slots=True)
class SuggestedRule:
    """`items` and `when` are expressions or None, `expressions` an expression for each path of Gong's body.

    `payload_fields` are those of the item that all of it was learnt from.
    """

    name: str
    items: str | None
    when: str | None
    expressions: Mapping[str, str]
    payload_fields: tuple[PayloadField, ...]


def suggest_rule(body: Any) -> SuggestedRule:
    """What a digital interaction could be made of. Whatever is not found is left out."""
    path, items = _items(body)
    leaves = list_fields(_telling(items))
    kind = find_best_field(roles.EVENT_TYPE, leaves)
    kinds = list(_kinds(items, kind))[:EVENT_TYPES_MAX] if kind else []
    name = humanize_name(kinds[0]) if len(kinds) == 1 else "event"
    fields = dict(_happening(leaves, kind, kinds, name)) | dict(_someone(leaves))
    return SuggestedRule(name, path, _when(kind, kinds), fields, tuple(leaves))


def replace_expression(proposal: SuggestedRule, path: str, expression: str | None) -> SuggestedRule:
    """With another expression at a path of Gong's body, or without one."""
    fields = {**proposal.expressions, path: expression}
    kept = {each: found for each in SUGGESTED_PATHS if (found := fields.get(each))}
    return replace(proposal, expressions=kept)


def build_rule(proposal: SuggestedRule) -> dict[str, Any]:
    """The rule as the configuration file holds it."""
    tree: dict[str, Any] = {}
    for path, expression in proposal.expressions.items():
        *parents, key = path.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[key] = _leaf(expression)
    when = {"when": proposal.when} if proposal.when else {}
    return {"name": proposal.name, **when, "to": "digital-interaction", "map": tree}


def humanize_name(kind: str) -> str:
    """A vendor's word as people say it: `invitee.created` is `invitee created`, `pageView` is `page view`."""
    return " ".join(_NO_WORD.sub(" ", _HUMP.sub(" ", kind)).lower().split()) or "event"


def _leaf(expression: str) -> str:
    literal = _LITERAL.fullmatch(expression)
    return literal[1] if literal else f"{{{{ {expression} }}}}"


def _items(body: Any) -> tuple[str | None, list[Any]]:
    """Where the items are: the body, unless it says neither when nor who, and a list within it does."""
    if isinstance(body, list):
        return None, body
    lists = list(_lists(body, "body", _LISTS_DEPTH))
    if not lists or _tells_when(body) or _tells_who(body):
        return None, [body]
    path, found = max(lists, key=lambda each: len(each[1]))
    return path, found


def _lists(value: Any, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    if not isinstance(value, dict) or depth == 0:
        return
    for name, inner in value.items():
        here = path + PayloadField((name,), None).expression.removeprefix("item")
        if isinstance(inner, list) and any(_tells_when(each) or _tells_who(each) for each in inner):
            yield here, inner
        else:
            yield from _lists(inner, here, depth - 1)


def _tells_when(item: Any) -> bool:
    return isinstance(item, dict) and find_best_field(roles.TIMESTAMP, _outside_lists(item)) is not None


def _tells_who(item: Any) -> bool:
    return isinstance(item, dict) and any(roles.is_email_address(leaf.value) for leaf in _outside_lists(item))


def _outside_lists(item: Any) -> list[PayloadField]:
    return [leaf for leaf in list_fields(item) if not any(isinstance(step, int) for step in leaf.steps)]


def _telling(items: Sequence[Any]) -> Any:
    """The item to learn from: the first that tells of someone."""
    return next(filter(_tells_who, items), items[0] if items else None)


def _kinds(items: Sequence[Any], kind: PayloadField) -> Iterator[str]:
    """The kinds of those items that tell of someone, or else of the first."""
    telling = [item for item in items if _tells_who(item)] or items[:1]
    found = (leaf.value for item in telling for leaf in list_fields(item) if leaf.steps == kind.steps)
    return iter(dict.fromkeys(value for value in found if isinstance(value, str)))


def _when(kind: PayloadField | None, kinds: Sequence[str]) -> str | None:
    """So that the sender's other events are filtered, not dead."""
    if kind is None or not kinds:
        return None
    if len(kinds) == 1:
        return f"{kind.expression} == {_quoted(kinds[0])}"
    return f"contains([{', '.join(map(_quoted, kinds))}], {kind.expression})"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _happening(
    leaves: Sequence[PayloadField], kind: PayloadField | None, kinds: Sequence[str], name: str
) -> Iterator[tuple[str, str]]:
    event_id, title = find_best_field(roles.EVENT_ID, leaves), _title(leaves, kind)
    if event_id and not _is_of_the_content(event_id, title):
        yield "eventId", event_id.expression
    if (moment := find_best_field(roles.TIMESTAMP, leaves)) is not None:
        zone = ", 'UTC'" if roles.lacks_zone(moment.value) else ""
        yield "timestamp", f"timestamp({moment.expression}{zone})"
    several = kind is not None and len(kinds) > 1
    yield "eventType", _looked_up(kind, kinds) if kind and several else _quoted(name)
    if (agent := find_best_field(roles.USER_AGENT, leaves)) is not None:
        yield "device", f"device({agent.expression})"
    yield from _content(leaves, title, name)


def _is_of_the_content(event_id: PayloadField, title: PayloadField | None) -> bool:
    """An id beside the title may be the document's: as the event's it would make all its later events repetitions."""
    beside = title is not None and event_id.parent == title.parent
    return beside and event_id.depth > 0 and event_id.name == "id"


def _title(leaves: Sequence[PayloadField], kind: PayloadField | None) -> PayloadField | None:
    person, event_id = find_best_field(roles.EMAIL, leaves), find_best_field(roles.EVENT_ID, leaves)
    taken = {leaf.steps for leaf in (kind, event_id) if leaf} | set(_name_steps(leaves, person))
    return find_best_field(roles.TITLE, [leaf for leaf in leaves if leaf.steps not in taken])


def _looked_up(kind: PayloadField, kinds: Sequence[str]) -> str:
    table = ", ".join(
        f"{PayloadField((each,), None).expression[5:]}: {_quoted(humanize_name(each))}" for each in kinds
    )
    return f"lookup({kind.expression}, {{{table}}})"


def _content(
    leaves: Sequence[PayloadField], title: PayloadField | None, name: str
) -> Iterator[tuple[str, str]]:
    if title is not None and (own_id := _id_beside(leaves, title)):
        yield "content.contentId", own_id.expression
    yield "content.contentTitle", title.expression if title else _quoted(name)
    if (address := find_best_field(roles.URL, leaves)) is not None:
        yield "content.contentUrl", address.expression


def _id_beside(leaves: Sequence[PayloadField], title: PayloadField) -> PayloadField | None:
    """The id of what has the title: `document.id` beside `document.name`, `video_id` beside `video_name`."""
    stem = title.name.rpartition("_")[0]
    wanted = f"{stem}_id" if stem else "id" if title.depth else ""
    found = (leaf for leaf in leaves if leaf.parent == title.parent and leaf.name == wanted)
    return next(found, None)


def _someone(leaves: Sequence[PayloadField]) -> Iterator[tuple[str, str]]:
    email = find_best_field(roles.EMAIL, leaves)
    if email is not None:
        yield "person.email", email.expression
        if names := [PayloadField(steps, None).expression for steps in _name_steps(leaves, email)]:
            yield "person.name", names[0] if len(names) == 1 else f"words({', '.join(names)})"
    if (phone := find_best_field(roles.PHONE, leaves)) is not None:
        yield "person.phoneNumber", f"phone({phone.expression})"
    yield from _company(leaves, email)


def _company(leaves: Sequence[PayloadField], email: PayloadField | None) -> Iterator[tuple[str, str]]:
    name, domain = (find_best_field(role, leaves) for role in (roles.COMPANY_NAME, roles.COMPANY_DOMAIN))
    if name is not None:
        yield "person.company.name", name.expression
    if (known := domain or email) is not None:
        yield "person.company.domain", f"company_domain({known.expression})"


def _name_steps(leaves: Sequence[PayloadField], email: PayloadField | None) -> list[tuple[Any, ...]]:
    """Where the person's name stands, beside the address: whole, or first and last."""
    if email is None:
        return []
    beside = {leaf.name: leaf.steps for leaf in leaves if leaf.parent == email.parent and leaf != email}
    stem = email.name.removesuffix("address").rstrip("_").removesuffix("email").removesuffix("mail")
    whole = (f"{stem}full_name", f"{stem}name") if stem else ("full_name", "display_name", "name")
    parts = [(f"{stem}first_name", f"{stem}last_name"), ("first", "last"), ("first_name", "last_name")]
    for pair in parts:
        if found := [beside[part] for part in pair if part in beside]:
            return found
    return next(([beside[each]] for each in whole if each in beside), [])
