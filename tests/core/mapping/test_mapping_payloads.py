"""Reading bodies as partners post them: JSON, NDJSON, forms with brackets, multipart, JSON in a form field; and hostile ones."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.errors import BadRequest, RelayError, TooLarge, UnsupportedType
from relay.core.header_value import HEADER_VALUE_MAX
from relay.core.payloads import FIELDS_MAX, LINES_MAX, PART_HEAD_MAX, BodyFormat, read_body

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


def part(name, text, extra=""):
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{text}\r\n'


def multipart(*parts):
    return ("".join(parts) + "--b--\r\n").encode()


@pytest.mark.parametrize(
    ("raw", "content_type", "value"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b"[1]", "application/json; charset=UTF-8", [1]),
        (b'{"a": 1}', "application/vnd.partner.v2+json", {"a": 1}),
        (b'{"a": 1}\n\n[2]\n', "application/x-ndjson", [{"a": 1}, [2]]),
        (b"a=1&b=x+y%26z&c=", FORM, {"a": "1", "b": "x y&z", "c": ""}),
        (b"a=1&a=2&a=3", FORM, {"a": ["1", "2", "3"]}),
        (b"d%5Bm%5D%5BE%5D=x&d[m][F]=y&d[id]=7", FORM, {"d": {"m": {"E": "x", "F": "y"}, "id": "7"}}),
        (b"t[]=a&t[]=b", FORM, {"t": ["a", "b"]}),
        (b"t[0][n]=a&t[1][n]=b", FORM, {"t": [{"n": "a"}, {"n": "b"}]}),
        (b"t[5]=a&t[7]=b", FORM, {"t": {"5": "a", "7": "b"}}),
        (b"a[=1&b]=2&[c]=3&d[e]f=4", FORM, {"a[": "1", "b]": "2", "[c]": "3", "d[e]f": "4"}),
        (multipart(part("a", "1"), part("d[x]", "é\r\n2")), MULTIPART, {"a": "1", "d": {"x": "é\r\n2"}}),
        (multipart(part("a", "1"), part("f", "\x89PNG", '; filename="f.png"')), MULTIPART, {"a": "1"}),
        (multipart(part("a", "1"), part("f", "x", "; filename*=UTF-8''f.png")), MULTIPART, {"a": "1"}),
        (multipart(part('q\\"x', "1"), part("s;t=u", "2")), MULTIPART, {'q"x': "1", "s;t=u": "2"}),
        (
            b"--b c\r\ncontent-disposition : FORM-DATA ; NAME = a\r\n\r\n1\r\n--b c--",
            'Multipart/Form-Data; foo; x="\\"; boundary=z"; boundary="b c" ; charset=UTF-8;',
            {"a": "1"},
        ),
    ],
)
def test_a_body_is_read_by_its_content_type(raw, content_type, value):
    assert read_body(raw, content_type) == value


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"x=1&json=%7B%22a%22%3A+1%7D", FORM),
        (multipart(part("x", "1"), part("json", '{"a": 1}')), MULTIPART),
    ],
)
def test_json_in_a_form_field_can_be_the_body(raw, content_type):
    assert read_body(raw, content_type, BodyFormat(json_field="json")) == {"a": 1}


def test_a_sources_content_type_overrides_the_senders():
    assert read_body(b'{"a": 1}', "text/plain", BodyFormat(content_type="application/json")) == {"a": 1}


@pytest.mark.parametrize(
    ("raw", "content_type", "error", "reason"),
    [
        (b"{}", "", UnsupportedType, "no Content-Type"),
        (b"{}", "text/plain", UnsupportedType, "set the content type of the source"),
        (b"{}", "application/json; charset=utf-16", UnsupportedType, "Send UTF-8"),
        (b'{"a": 1', "application/json", BadRequest, "Send one complete JSON value"),
        (b'{"a": 1}\n{', "application/x-ndjson", BadRequest, "Line 2"),
        (b"", FORM, BadRequest, "empty"),
        (b"a=%ff", FORM, BadRequest, "UTF-8"),
        (b"a=%00", FORM, BadRequest, "NUL"),
        (b"a=\xff", FORM, BadRequest, "ASCII"),
        (b"a=1&a[b]=2", FORM, BadRequest, "both a value and an object"),
        (b"a[b]=1&a=2", FORM, BadRequest, "both a value and an object"),
        (b"a" + b"[b]" * 9 + b"=1", FORM, BadRequest, "deeper"),
        (b"&".join(b"a=1" for _ in range(FIELDS_MAX + 1)), FORM, TooLarge, "Send fewer"),
        (multipart(*(part("a", "1") for _ in range(FIELDS_MAX + 1))), MULTIPART, TooLarge, "Send fewer"),
        (multipart(part("a", "1"))[:-6], MULTIPART, BadRequest, "truncated"),
        (b"--b--\r\n", MULTIPART, BadRequest, "empty"),
        (b"--b\r\n\r\nx\r\n--b--\r\n", MULTIPART, BadRequest, "no name"),
        (b"x", "multipart/form-data", BadRequest, "boundary"),
        (b"x\n" * (LINES_MAX + 1), "application/x-ndjson", TooLarge, f"more than {LINES_MAX:d} lines"),
        (
            multipart(part("a", "1", f"; x={'y' * PART_HEAD_MAX}")),
            MULTIPART,
            BadRequest,
            "4096 bytes of headers",
        ),
        (b"{}", "application/json; a=" + "b" * HEADER_VALUE_MAX, UnsupportedType, "longer than 4096"),
    ],
)
def test_an_unreadable_body_is_rejected_with_a_remedy(raw, content_type, error, reason):
    with pytest.raises(error, match=reason):
        read_body(raw, content_type)


@pytest.mark.parametrize(
    "header",
    [
        'form-data; name="' + '\\"' * 40_000,
        "form-data; name=a" + ";" * 80_000,
        "form-data" + '; a="\\"' * 10_000,
        "form-data; name=" + "a*0=b; " * 10_000,
    ],
    ids=["escapes", "semicolons", "quotes", "continuations"],
)
def test_a_long_head_of_a_part_is_rejected_before_it_is_read(header: str):
    """80 KB took 28 seconds."""
    raw = f"--b\r\nContent-Disposition: {header}\r\n\r\n1\r\n--b--\r\n".encode()
    started = time.process_time()
    with pytest.raises(BadRequest, match="4096 bytes"):
        read_body(raw, MULTIPART)

    assert time.process_time() - started < 0.5


def test_many_heads_at_the_limit_take_milliseconds():
    head = "Content-Disposition: form-data; name=a" + '; a*0="\\"; a=' * 310
    assert 4_000 < len(head) < PART_HEAD_MAX
    raw = f"--b\r\n{head}\r\n\r\n1\r\n".encode() * 250 + b"--b--\r\n"
    started = time.process_time()

    assert read_body(raw, MULTIPART) == {"a": ["1"] * 250}
    assert time.process_time() - started < 1.0


def test_a_form_without_the_field_that_holds_the_json_is_rejected():
    with pytest.raises(BadRequest, match="no field 'json'"):
        read_body(b"a=1", FORM, BodyFormat(json_field="json"))


@given(
    st.binary(max_size=80),
    st.sampled_from([FORM, MULTIPART, "application/json", "application/x-ndjson"]) | st.text(max_size=30),
)
def test_any_bytes_with_any_content_type_raise_only_our_own_errors(raw, content_type):
    with suppress(RelayError):
        read_body(raw, content_type)


@given(
    st.lists(
        st.tuples(st.text("ab[]0.", min_size=1, max_size=6), st.text(max_size=3)), min_size=1, max_size=6
    )
)
def test_any_field_names_raise_only_our_own_errors(pairs):
    raw = multipart(*(part(name, text) for name, text in pairs))

    with suppress(BadRequest):
        assert isinstance(read_body(raw, MULTIPART), dict)
