"""Parsers of headers, queries and what operators send: filters, replays, erasures and mappings."""

from contextlib import suppress

from werkzeug.http import parse_accept_header, parse_cookie
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from relay.core.errors import RelayError
from relay.core.header_value import parse_content_type
from relay.core.replay import parse_replay_request
from relay.core.strict_json import parse_json
from relay.core.vault import Vault
from relay.dashboard.mapping_form import parse_mapping
from relay.dashboard.sign_in import safe_next_page
from relay.queries.erasures import read_erasure_request
from relay.queries.filters import FILTER_NAMES, read_filter
from relay.queries.previews import compile_trial_mapping
from relay.web.auth import _read_keys
from relay.web.client_ip import client_network
from relay.web.request_body import _content_length
from tests.budgets.hostile import HEADER_TEXT, TEXT, number, repeat, some, spread
from tests.budgets.parser import BODY, HEADER, Parser, header_text
from tests.strategies import NOW


def _read_filters(text: str) -> None:
    for name in FILTER_NAMES:
        with suppress(RelayError):
            read_filter({name: text}, now=NOW)


def _read_request(text: str) -> None:
    request = Request(
        EnvironBuilder(query_string=text[:HEADER], headers={"Accept-Encoding": "gzip"}).get_environ()
    )
    request.args.to_dict()


def _read_credentials(text: str) -> None:
    for environ in (
        {"HTTP_X_API_KEY": text},
        {"HTTP_AUTHORIZATION": f"Basic {text}"},
        {"HTTP_AUTHORIZATION": f"Bearer {text}"},
        {"HTTP_AUTHORIZATION": text},
    ):
        _read_keys(environ)


def _find_network(text: str) -> None:
    environ = EnvironBuilder(headers={"X-Forwarded-For": header_text(text)}).get_environ()
    client_network(Request(environ), hops=1)


_VAULT = Vault(("k" * 40,))

_YAML = {
    "aliases of aliases": lambda size: _yaml_bomb(size, "[{}]", ", "),
    "merges of merges": lambda size: _yaml_bomb(size, "{{<<: [{}]}}", ", "),
    "an alias of itself": repeat("a ", "&a [*a, ", "]"),
    "one key repeated": repeat("a: 1\n"),
    "different keys": number("k#: 1\n"),
    "sexagesimal numbers": repeat(":1", "a: 1"),
    "digits": repeat("1", "a: "),
    "rules": repeat("- {name: a, to: digital-interaction, map: {a: 1}}\n"),
    "variables": repeat("${A}", 'a: "', '"'),
}


def _yaml_bomb(size: int, form: str, separator: str) -> str:
    """Lists of nine aliases of the list before, as many as fit: nine to the power of their number."""
    lines, names = ["a0: &a0 {x: 1}"], ["*a0"] * 9
    while len("\n".join(lines)) < size and len(lines) < 2_000:
        name = f"a{len(lines)}"
        lines.append(f"{name}: &{name} {form.format(separator.join(names))}")
        names = [f"*{name}"] * 9
    return "\n".join(lines)


def _read_content_length(text: str) -> int:
    return _content_length(text, max_bytes=BODY)


_TRIAL_TEXT = 50_000
"""The longest mapping that the form of a source accepts."""

PARSERS = (
    Parser(
        name="Content-Type",
        limit=HEADER,
        run=parse_content_type,
        hostile=HEADER_TEXT,
    ),
    Parser(
        name="cookies", limit=HEADER, run=lambda text: parse_cookie(header_text(text)), hostile=HEADER_TEXT
    ),
    Parser(
        name="Accept",
        limit=HEADER,
        run=lambda text: parse_accept_header(header_text(text)),
        hostile=HEADER_TEXT,
    ),
    Parser(
        name="query",
        limit=HEADER,
        run=_read_request,
        hostile=some(HEADER_TEXT, "ampersands", "percent signs", "equals signs"),
    ),
    Parser(
        name="credentials",
        limit=HEADER,
        run=_read_credentials,
        hostile=HEADER_TEXT | {"base64": repeat("YQ")},
    ),
    Parser(
        name="session cookie",
        limit=HEADER,
        run=lambda text: _VAULT.open(text, "session"),
        hostile={"base64": repeat("gAAA"), "dots": repeat("."), "letters": repeat("a")},
    ),
    Parser(
        name="X-Forwarded-For",
        limit=HEADER,
        run=_find_network,
        hostile=some(HEADER_TEXT, "commas", "digits", "dots") | {"colons": repeat(":")},
    ),
    Parser(
        name="Content-Length", limit=HEADER, run=_read_content_length, hostile=some(TEXT, "digits", "letters")
    ),
    Parser(name="filters of a list", limit=HEADER, run=_read_filters, hostile=TEXT),
    Parser(
        name="page after sign-in",
        limit=HEADER,
        run=safe_next_page,
        hostile={"slashes": repeat("/", "/ops"), "letters": repeat("a", "/ops/")},
    ),
    Parser(
        name="replay request",
        limit=BODY,
        run=lambda text: parse_replay_request(parse_json(text.encode())),
        hostile={
            "unknown keys": number('"k#":1,', "{", '"":1}'),
            "near misses": number('"remap#":1,', "{", '"":1}'),
            "a long key": repeat("k", '{"', '":1}'),
            "ids": repeat('"01KAG7",', '{"filter":{"ids":[', '""]}}'),
        },
    ),
    Parser(
        name="erasure request",
        limit=BODY,
        run=lambda text: read_erasure_request(parse_json(text.encode())),
        hostile={
            "unknown keys": number('"k#":1,', "{", '"":1}'),
            "long address": repeat("a", '{"email":"@', '"}'),
        },
    ),
    Parser(
        name="trial mapping: YAML",
        limit=_TRIAL_TEXT,
        run=lambda text: compile_trial_mapping(parse_mapping(text)),
        hostile=_YAML,
        memory=400,
    ),
    Parser(
        name="trial mapping: JSON",
        limit=BODY,
        memory=400,
        run=lambda text: compile_trial_mapping(parse_json(text.encode())),
        hostile={
            "unknown keys": number('"k#":1,', "{", '"":1}'),
            "unknown keys of a map": number(
                '"k#":1,', '[{"name":"a","to":"digital-interaction","map":{', '"":1}}]'
            ),
            "rules": repeat("{},", "[", "{}]"),
            "rules up to the limit": spread(
                100, number('"k#":1,', '{"name":"a","map":{', '"":1}}'), "[", "]"
            ),
            "a long expression": repeat("a.", '[{"when":"', 'a"}]'),
            "placeholders": repeat(
                "{{ a }}", '[{"name":"a","to":"digital-interaction","map":{"eventId":"', '"}}]'
            ),
            "opening braces": repeat(
                "{{", '[{"name":"a","to":"digital-interaction","map":{"eventId":"', '"}}]'
            ),
            "a long name": repeat("a", '[{"name":"', '"}]'),
            "a list in a map": repeat(
                "[],", '[{"name":"a","to":"digital-interaction","map":{"eventId":[', "[]]}}]"
            ),
        },
    ),
)
