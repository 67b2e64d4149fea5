"""Suggests a first mapping for a payload, guessed from the names and values of its fields.

A person must check it. The result is a rule in the form used in the configuration file, and is compiled like any other.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from relay.core.mapping import field_guessing
from relay.core.mapping.field_guessing import find_best_field
from relay.core.mapping.payload_fields import PayloadField, Step, list_fields
from relay.core.printable import escape_json

EVENT_TYPES_MAX = 6
"""A payload with more types of events than this needs more than one rule."""

SUGGESTED_PATHS = (
    "eventId",
    "timestamp",
    "eventType",
    "device",
    "content.contentId",
    "content.contentTitle",
    "content.contentUrl",
    "person.email",
    "person.name",
    "person.phoneNumber",
    "person.company.name",
    "person.company.domain",
)
"""The paths of Gong's body that a suggestion can fill, in the order of Gong's documentation."""

_LIST_DEPTH_MAX = 2
_NON_WORD = re.compile(r"[^A-Za-z0-9]+")
_CAMEL_CASE_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LITERAL = re.compile(r"'([^'\\]*)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedRule:
    """A rule suggested for a payload."""

    name: str
    items: str | None
    """An expression that finds the items; None if the body is the item, or a list of them."""
    when: str | None
    """An expression that matches the payload's type of event; None if the payload names none."""
    expressions: Mapping[str, str]
    """An expression for each path of Gong's body."""
    payload_fields: tuple[PayloadField, ...]
    """The fields of the item that the rule was guessed from."""


def suggest_rule(body: Any) -> SuggestedRule:
    """Suggest a digital interaction for a payload. A path that no field fits is left out."""
    items_expression, items = _find_items(body)
    fields = list_fields(_pick_example(items))
    type_field = find_best_field(field_guessing.EVENT_TYPE, fields)
    types = list(_list_event_types(items, type_field))[:EVENT_TYPES_MAX] if type_field else []
    name = humanize_name(types[0]) if len(types) == 1 else "event"
    expressions = dict(_suggest_event(fields, type_field, types, name)) | dict(_suggest_person(fields))
    return SuggestedRule(
        name=name,
        items=items_expression,
        when=_suggest_when(type_field, types),
        expressions=expressions,
        payload_fields=tuple(fields),
    )


def replace_expression(suggestion: SuggestedRule, path: str, expression: str | None) -> SuggestedRule:
    """Return the suggestion with another expression at a path of Gong's body. None removes it."""
    changed = {**suggestion.expressions, path: expression}
    ordered = {path: text for path in SUGGESTED_PATHS if (text := changed.get(path))}
    return replace(suggestion, expressions=ordered)


def build_rule(suggestion: SuggestedRule) -> dict[str, Any]:
    """Return the rule in the form used in the configuration file."""
    rule_map: dict[str, Any] = {}
    for path, expression in suggestion.expressions.items():
        *parents, key = path.split(".")
        node = rule_map
        for parent in parents:
            node = node.setdefault(parent, {})
        node[key] = _render_template(expression)
    rule: dict[str, Any] = {"name": suggestion.name}
    if suggestion.when:
        rule["when"] = suggestion.when
    return rule | {"to": "digital-interaction", "map": rule_map}


def humanize_name(event_type: str) -> str:
    """Return `invitee created` for `invitee.created`, and `page view` for `pageView`."""
    spaced = _NON_WORD.sub(" ", _CAMEL_CASE_BREAK.sub(" ", event_type))
    return " ".join(spaced.lower().split()) or "event"


def _render_template(expression: str) -> str:
    literal = _LITERAL.fullmatch(expression)
    return literal[1] if literal else f"{{{{ {expression} }}}}"


def _find_items(body: Any) -> tuple[str | None, list[Any]]:
    """Return the expression that finds the items, and the items."""
    if isinstance(body, list):
        return None, body
    lists = list(_find_event_lists(body, "body", _LIST_DEPTH_MAX))
    # A body that has a time or a person of its own is the event; its lists are parts of it.
    if not lists or _has_time(body) or _has_person(body):
        return None, [body]
    path, items = max(lists, key=lambda pair: len(pair[1]))
    return path, items


def _find_event_lists(value: Any, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield the lists whose elements have a time or a person, each with its expression."""
    if not isinstance(value, dict) or depth == 0:
        return
    for name, child in value.items():
        child_path = path + PayloadField((name,), None).expression.removeprefix("item")
        if isinstance(child, list) and any(_has_time(item) or _has_person(item) for item in child):
            yield child_path, child
        else:
            yield from _find_event_lists(child, child_path, depth - 1)


def _has_time(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    return find_best_field(field_guessing.TIMESTAMP, _list_fields_outside_lists(item)) is not None


def _has_person(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    return any(field_guessing.is_email_address(field.value) for field in _list_fields_outside_lists(item))


def _list_fields_outside_lists(item: Any) -> list[PayloadField]:
    return [field for field in list_fields(item) if not any(isinstance(step, int) for step in field.steps)]


def _pick_example(items: Sequence[Any]) -> Any:
    # Events without a person are of no use to Gong, so they make poor examples.
    return next(filter(_has_person, items), items[0] if items else None)


def _list_event_types(items: Sequence[Any], type_field: PayloadField) -> Iterator[str]:
    """Return the distinct event types of the items that have a person, or else of the first item."""
    examples = [item for item in items if _has_person(item)] or items[:1]
    types = (
        field.value for item in examples for field in list_fields(item) if field.steps == type_field.steps
    )
    return iter(dict.fromkeys(value for value in types if isinstance(value, str)))


def _suggest_when(type_field: PayloadField | None, types: Sequence[str]) -> str | None:
    # Without a `when`, the sender's other types of events would become dead letters. With one they are filtered.
    if type_field is None or not types:
        return None
    if len(types) == 1:
        return f"{type_field.expression} == {_quote(types[0])}"
    return f"contains([{', '.join(map(_quote, types))}], {type_field.expression})"


def _quote(text: str) -> str:
    if not text.isprintable():
        # A string in single quotes has no escapes, and the operator sees the expression on a terminal.
        return "`" + escape_json(orjson.dumps(text).decode()).replace("`", "\\`") + "`"
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _suggest_event(
    fields: Sequence[PayloadField], type_field: PayloadField | None, types: Sequence[str], name: str
) -> Iterator[tuple[str, str]]:
    event_id = find_best_field(field_guessing.EVENT_ID, fields)
    title = _find_title(fields, type_field)
    if event_id and not _is_content_id(event_id, title):
        yield "eventId", event_id.expression
    if (time := find_best_field(field_guessing.TIMESTAMP, fields)) is not None:
        zone = ", 'UTC'" if field_guessing.lacks_zone(time.value) else ""
        yield "timestamp", f"timestamp({time.expression}{zone})"
    if type_field is not None and len(types) > 1:
        yield "eventType", _render_lookup(type_field, types)
    else:
        yield "eventType", _quote(name)
    if (agent := find_best_field(field_guessing.USER_AGENT, fields)) is not None:
        yield "device", f"device({agent.expression})"
    yield from _suggest_content(fields, title, name)


def _is_content_id(event_id: PayloadField, title: PayloadField | None) -> bool:
    # An `id` beside the title may be the document's. As event id it would make every later event a duplicate.
    is_beside_title = title is not None and event_id.parent == title.parent
    return is_beside_title and event_id.depth > 0 and event_id.name == "id"


def _find_title(fields: Sequence[PayloadField], type_field: PayloadField | None) -> PayloadField | None:
    person = find_best_field(field_guessing.EMAIL, fields)
    event_id = find_best_field(field_guessing.EVENT_ID, fields)
    used = {field.steps for field in (type_field, event_id) if field} | set(_find_name_steps(fields, person))
    return find_best_field(field_guessing.TITLE, [field for field in fields if field.steps not in used])


def _render_lookup(type_field: PayloadField, types: Sequence[str]) -> str:
    pairs = []
    for event_type in types:
        key = PayloadField((event_type,), None).expression.removeprefix("item.")
        pairs.append(f"{key}: {_quote(humanize_name(event_type))}")
    return f"lookup({type_field.expression}, {{{', '.join(pairs)}}})"


def _suggest_content(
    fields: Sequence[PayloadField], title: PayloadField | None, name: str
) -> Iterator[tuple[str, str]]:
    if title is not None and (content_id := _find_content_id(fields, title)):
        yield "content.contentId", content_id.expression
    yield "content.contentTitle", title.expression if title else _quote(name)
    if (url := find_best_field(field_guessing.URL, fields)) is not None:
        yield "content.contentUrl", url.expression


def _find_content_id(fields: Sequence[PayloadField], title: PayloadField) -> PayloadField | None:
    """Return the id beside the title: `document.id` for `document.name`, `video_id` for `video_name`."""
    stem = title.name.rpartition("_")[0]
    id_name = f"{stem}_id" if stem else "id" if title.depth else ""
    matches = (field for field in fields if field.parent == title.parent and field.name == id_name)
    return next(matches, None)


def _suggest_person(fields: Sequence[PayloadField]) -> Iterator[tuple[str, str]]:
    email = find_best_field(field_guessing.EMAIL, fields)
    if email is not None:
        yield "person.email", email.expression
        if names := [PayloadField(steps, None).expression for steps in _find_name_steps(fields, email)]:
            yield "person.name", names[0] if len(names) == 1 else f"words({', '.join(names)})"
    if (phone := find_best_field(field_guessing.PHONE, fields)) is not None:
        yield "person.phoneNumber", f"phone({phone.expression})"
    yield from _suggest_company(fields, email)


def _suggest_company(fields: Sequence[PayloadField], email: PayloadField | None) -> Iterator[tuple[str, str]]:
    name = find_best_field(field_guessing.COMPANY_NAME, fields)
    domain = find_best_field(field_guessing.COMPANY_DOMAIN, fields) or email
    if name is not None:
        yield "person.company.name", name.expression
    if domain is not None:
        yield "person.company.domain", f"company_domain({domain.expression})"


def _find_name_steps(fields: Sequence[PayloadField], email: PayloadField | None) -> list[tuple[Step, ...]]:
    """Return the steps to the person's name beside the e-mail address: the full name, or first and last name."""
    if email is None:
        return []
    siblings = {
        field.name: field.steps for field in fields if field.parent == email.parent and field != email
    }
    # `signer_email_address` goes with `signer_name`, not with the plain `name` of the document beside it.
    stem = email.name.removesuffix("address").rstrip("_").removesuffix("email").removesuffix("mail")
    full_names = (f"{stem}full_name", f"{stem}name") if stem else ("full_name", "display_name", "name")
    pairs = [(f"{stem}first_name", f"{stem}last_name"), ("first", "last"), ("first_name", "last_name")]
    for pair in pairs:
        if steps := [siblings[name] for name in pair if name in siblings]:
            return steps
    return next(([siblings[name]] for name in full_names if name in siblings), [])
