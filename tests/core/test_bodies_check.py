"""What holds for the body of every operation, and for anything that is not one."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields

from relay.core.call import Operation
from relay.core.gong.limits import BODY_BYTES_MAX, PROBLEMS_MAX
from relay.core.gong.problems import ErrorCode, WarningCode
from relay.core.gong.validate import SCHEMAS, assess_association, find_warnings, validate_body
from tests.core.gong_bodies import MAXIMAL, MINIMAL, OMIT, changed

DI = Operation.DIGITAL_INTERACTION
OPERATIONS = pytest.mark.parametrize("operation", Operation)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["\0", "\ud800", "_schema"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("_schema"), inner, max_size=4)
    ),
    max_leaves=12,
)


def told(operation, body):
    return [(problem.path, problem.code) for problem in validate_body(operation, body)]


def keys(schema):
    """Every path of a schema down to its leaves, without places in arrays."""
    for name, field in schema.fields.items():
        yield name
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from (f"{name}.{below}" for below in keys(inner.schema))


def used(value):
    """Every path that a body uses, without places in arrays."""
    if isinstance(value, list):
        return {path for item in value for path in used(item)}
    if not isinstance(value, dict):
        return set()
    return set(value) | {f"{key}.{below}" for key, item in value.items() for below in used(item)}


def places(value, path=""):
    """The path of every key and item in a body."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        here = f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}".lstrip(".")
        yield here
        yield from places(below, here)


def documented(operation):
    """Every path of the fullest sample whose value Gong describes: a field of a CRM object holds any JSON."""
    return [path for path in places(MAXIMAL[operation]) if "objects[0].fields[0].value" not in path]


@OPERATIONS
def test_a_body_with_only_what_is_required_is_taken(operation):
    assert validate_body(operation, MINIMAL[operation]) == []


@OPERATIONS
def test_a_body_with_every_documented_key_is_taken(operation):
    assert validate_body(operation, MAXIMAL[operation]) == []


@OPERATIONS
def test_the_fullest_samples_use_every_key_we_know(operation):
    alternative = {"trackingId"}  # excludes the person that the samples name

    assert set(keys(SCHEMAS[operation])) - alternative <= used(MAXIMAL[operation])


@OPERATIONS
def test_every_required_key_is_missed(operation):
    for name, field in SCHEMAS[operation].fields.items():
        if field.required:
            assert (name, ErrorCode.REQUIRED) in told(operation, changed(MAXIMAL[operation], {name: OMIT}))


@OPERATIONS
def test_null_is_refused_everywhere(operation):
    for path in documented(operation):
        assert (path, ErrorCode.NULL) in told(operation, changed(MAXIMAL[operation], {path: None}))


@pytest.mark.parametrize("wrong", [True, {"a": 1}, [1]])
@OPERATIONS
def test_a_value_of_the_wrong_type_is_refused_everywhere(operation, wrong):
    for path in documented(operation):
        problems = validate_body(operation, changed(MAXIMAL[operation], {path: wrong}))

        assert any(problem.path.startswith(path) for problem in problems)


@pytest.mark.parametrize("body", [None, True, 1, "text", [], [{}]])
@OPERATIONS
def test_only_an_object_is_a_body(operation, body):
    assert told(operation, body) == [("", ErrorCode.TYPE)]


@given(st.sampled_from(Operation), JSON)
def test_any_json_value_is_judged_and_what_passes_can_be_written(operation, body):
    if not validate_body(operation, body):
        orjson.dumps(body)


@given(st.data())
def test_a_good_body_with_anything_put_anywhere_is_judged_and_told_of(data):
    operation = data.draw(st.sampled_from(Operation))
    path = data.draw(st.sampled_from(sorted(places(MAXIMAL[operation]))))
    body = changed(MAXIMAL[operation], {path: data.draw(JSON)})

    assert [
        problem.code for problem in validate_body(operation, body) if problem.code not in set(ErrorCode)
    ] == []
    assert [
        problem.code for problem in find_warnings(operation, body) if problem.code not in set(WarningCode)
    ] == []
    assert assess_association(operation, body)


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_paths():
    body = {
        "eventId": 5,
        "evenType": "x",
        "content": {"numericContentDetails": {"value": "7", "rangeFrom": 9, "rangeTo": 1}},
        "customFields": [{"name": "n"}],
    }

    assert told(DI, body) == [
        ("content.contentTitle", ErrorCode.REQUIRED),
        ("content.numericContentDetails.rangeTo", ErrorCode.RANGE),
        ("content.numericContentDetails.value", ErrorCode.TYPE),
        ("customFields[0].value", ErrorCode.REQUIRED),
        ("evenType", ErrorCode.UNKNOWN),
        ("eventId", ErrorCode.TYPE),
        ("eventType", ErrorCode.REQUIRED),
        ("person", ErrorCode.REQUIRED),
        ("timestamp", ErrorCode.REQUIRED),
    ]


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("eventid", "did you mean eventId?"),
        ("content.contentLabels", "did you mean contentLabel?"),
        ("person.company.companyBusinessContext", "did you mean companyBusinessContexts?"),
        ("person.company.crmAccountId", "send an entry of companyBusinessContexts"),
        ("workspaceId", "a digital interaction has no workspace"),
    ],
)
def test_an_unknown_key_earns_a_remedy(path, remedy):
    [problem] = validate_body(DI, changed(MAXIMAL[DI], {path: "x"}))

    assert (problem.path, problem.code) == (path, ErrorCode.UNKNOWN)
    assert remedy in problem.message


def test_null_is_told_how_to_leave():
    [problem] = validate_body(DI, changed(MAXIMAL[DI], {"device": None}))

    assert problem.message == "must not be null: omit the key"


def test_a_message_never_repeats_a_value():
    secret = "hunter2"
    for path in places(MAXIMAL[DI]):
        for problem in validate_body(DI, changed(MAXIMAL[DI], {path: secret})):
            assert secret not in problem.message


def test_a_hostile_key_is_shown_short_and_writable():
    [problem] = validate_body(DI, {**MAXIMAL[DI], "\ud800\n" + "k" * 9_000: 1})

    assert len(problem.path) < 200
    assert json.dumps(problem.as_dict(), ensure_ascii=False).isprintable()


def test_a_key_named_like_marshmallows_own_mark_is_unknown():
    assert told(DI, {**MAXIMAL[DI], "_schema": 1}) == [("", ErrorCode.UNKNOWN)]


def test_problems_are_told_up_to_a_limit():
    assert len(validate_body(DI, {f"key{number}": 1 for number in range(2_000)})) == PROBLEMS_MAX


def test_a_body_too_large_is_not_read():
    assert told(DI, {"content": "x" * BODY_BYTES_MAX}) == [("", ErrorCode.LENGTH)]


def test_a_body_nested_without_end_is_refused():
    endless = []
    for _ in range(100_000):
        endless = [endless]
    body = changed(MAXIMAL[Operation.CONTENT_SHARED], {"crmContext[0].objects[0].fields[0].value": 1})
    body["crmContext"][0]["objects"][0]["fields"][0]["value"] = endless

    assert told(Operation.CONTENT_SHARED, body) == [("", ErrorCode.FORMAT)]


def test_a_number_that_json_cannot_carry_is_refused():
    path = "crmContext[0].objects[0].fields[0].value"
    body = changed(MAXIMAL[Operation.CONTENT_SHARED], {path: 10**30})

    assert told(Operation.CONTENT_SHARED, body) == [("", ErrorCode.FORMAT)]
