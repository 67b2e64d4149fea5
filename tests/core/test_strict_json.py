"""Strict JSON: valid values are parsed unchanged, everything else is rejected with its place."""

import json
import time
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.errors import BadRequest, TooLarge
from relay.core.strict_json import parse_json, parse_json_lines

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**19) + 1, 10**19 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_valid_json_is_parsed_unchanged(value, escaped):
    assert parse_json(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\u0d8e+-1a \n', max_size=60).map(str.encode))
def test_any_bytes_are_rejected_or_parsed_to_a_value_that_can_be_dumped(raw):
    try:
        value = parse_json(raw)
    except BadRequest:
        return
    assert parse_json(json.dumps(value, allow_nan=False, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("raw", "code", "says"),
    [
        (b"", "empty_body", "empty"),
        (b" \r\n", "empty_body", "empty"),
        (b"\xef\xbb\xbf{}", "not_utf8", "byte-order mark"),
        ("{}".encode("utf-16"), "not_utf8", "byte-order mark"),
        ("{}".encode("utf-16-le"), "not_utf8", "Byte 1 is zero"),
        ("{}".encode("utf-32-be"), "not_utf8", "Byte 0 is zero"),
        (b'{"a": "\xe9"}', "not_utf8", "Byte 7"),
        (b'{"a": "\xed\xa0\x80"}', "not_utf8", "Byte 7"),
        (b'{"a": "\\ud800"}', "bad_text", "a contains half a surrogate pair"),
        (b'{"a": [{"b": "\\uDFff x"}]}', "bad_text", "a[0].b contains half"),
        (b'{"a": {"\\ud83d": 1}}', "bad_text", "a key of a contains half"),
        (b'"\\u0000"', "bad_text", "(body) contains NUL"),
        (b'{"a": "\x00"}', "not_utf8", "Byte 7 is zero"),
        (b'{"a": NaN}', "bad_number", "NaN"),
        (b"[-Infinity]", "bad_number", "-Infinity"),
        (b"[1e999]", "bad_number", "1e999"),
        (b"[10000000000000000000]", "bad_number", "more than 19 digits"),
        (b"[-" + b"9" * 5_000 + b"]", "bad_number", "more than 19 digits"),
        (b'{"id": 1, "id": 1}', "duplicate_key", "'id'"),
        (b'{"a": {"b": 1, "b": 2}}', "duplicate_key", "'b'"),
        (b'{"a": 1', "not_json", "Line 1 column 8"),
        (b'{"a":\n tru}', "not_json", "Line 2 column 2"),
        (b"{} {}", "not_json", "Line 1 column 4"),
        (b'{"a": "tab\there"}', "not_json", "Line 1 column 11"),
        (b"[" * 33 + b"]" * 33, "too_deep", "32 levels"),
        (b'{"a":' * 100_000, "too_deep", "32 levels"),
    ],
)
def test_what_pythons_parser_accepts_wrongly_is_rejected_with_its_place(raw, code, says):
    with pytest.raises(BadRequest) as refused:
        parse_json(raw)
    assert refused.value.code == code
    assert says in refused.value.detail


def test_nesting_up_to_the_limit_is_accepted():
    assert parse_json(b"[" * 32 + b"]" * 32)
    with pytest.raises(BadRequest, match="deeper than 3"):
        parse_json(b"[[[[]]]]", max_depth=3)


def test_brackets_side_by_side_or_inside_text_do_not_count_as_nesting():
    value = [{"text": '[[[{{{"\\' * 20}] * 50
    assert parse_json(json.dumps(value).encode()) == value


def test_a_pair_of_surrogates_is_one_character():
    assert parse_json(b'"\\ud83c\\udf89"') == "🎉"


def test_an_escaped_backslash_before_u_is_plain_text():
    assert parse_json(b'"\\\\ud800 \\\\u0000"') == "\\ud800 \\u0000"


def test_each_line_has_a_result_with_its_number():
    raw = b'{"id": 1}\r\n\n  \n{"id": \n[2]\n{"a": NaN}'
    read = [
        (number, "bad" if isinstance(value, BadRequest) else value)
        for number, value in parse_json_lines(raw, max_lines=9)
    ]
    assert read == [(1, {"id": 1}), (4, "bad"), (5, [2]), (6, "bad")]


def test_an_error_in_a_line_names_its_line_in_the_body():
    [_, (_, error)] = parse_json_lines(b"{}\n{]", max_lines=9)
    assert error.detail.startswith("Line 2 column 2")


def test_an_empty_body_has_no_results():
    assert parse_json_lines(b" \n\r\n", max_lines=9) == []


def test_lines_are_counted_before_any_is_parsed():
    assert len(parse_json_lines(b"{}\n\n{}\n", max_lines=2)) == 2
    with pytest.raises(TooLarge, match="more than 2 lines"):
        parse_json_lines(b"{}\nx\nx\n", max_lines=2)


def test_the_error_of_a_line_holds_no_traceback():
    """It would keep all that was parsed in memory: 2.5 KB for each line of two bytes."""
    [(_, error)] = parse_json_lines(b"{]", max_lines=1)

    assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'["verification",' + b"[" * 33 + b'"' + b'\\"' * 30_000, "too_deep"),
        (b"[" * 40 + b'"' + b"\\" * 60_001, "too_deep"),
        (b'{"a":[' + b"[]," * 40 + b'"' + b'\\"' * 30_000, "not_json"),
        (
            b"{" + b",".join(b'"%d":1' % number for number in range(20_000)) + b',"x":1,"x":1}',
            "duplicate_key",
        ),
        (b'{"' + b"k" * 200_000 + b'":["\\ud83d\\ude00"' + b',"t"' * 50_000 + b"]}", None),
    ],
    ids=["quotes", "backslashes", "shallow", "repeated key", "long key"],
)
def test_hostile_text_takes_milliseconds(raw: bytes, code: str | None):
    """Each of these took seconds, and twice the text took four times as long."""
    started = time.process_time()
    with pytest.raises(BadRequest) if code else nullcontext() as refused:
        parse_json(raw)

    assert getattr(refused and refused.value, "code", None) == code
    assert time.process_time() - started < 0.5


def test_a_message_repeats_only_the_beginning_of_a_key():
    key = "k" * 10_000
    for raw in (f'{{"{key}": 1, "{key}": 1}}', f'{{"{key}": "\\u0000"}}'):
        with pytest.raises(BadRequest) as refused:
            parse_json(raw.encode())
        assert len(refused.value.detail) < 250
