"""Validation that applies to the bodies of all operations, and to any JSON value."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields

from relay.core.call import Operation
from relay.core.errors import PROBLEMS_MAX
from relay.core.gong.limits import BODY_BYTES_MAX
from relay.core.gong.problems import ErrorCode, WarningCode
from relay.core.gong.validate import SCHEMAS, assess_association, find_warnings, validate_body
from tests.core.gong_bodies import MAXIMAL, MINIMAL, OMIT, with_changes

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


def find_problems(operation, body):
    return [(problem.path, problem.code) for problem in validate_body(operation, body)]


def schema_paths(schema):
    """Yield every path of a schema, without array indexes."""
    for name, field in schema.fields.items():
        yield name
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from (f"{name}.{path}" for path in schema_paths(inner.schema))


def used_paths(value):
    """Return every path in a body, without array indexes."""
    if isinstance(value, list):
        return {path for item in value for path in used_paths(item)}
    if not isinstance(value, dict):
        return set()
    return set(value) | {f"{key}.{path}" for key, item in value.items() for path in used_paths(item)}


def all_paths(value, path=""):
    """Yield the path of every key and item in a body."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        inner_path = f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}".lstrip(".")
        yield inner_path
        yield from all_paths(inner, inner_path)


def documented_paths(operation):
    """Return the paths of the maximal body whose values Gong documents. A field of a CRM object may be any JSON."""
    return [path for path in all_paths(MAXIMAL[operation]) if "objects[0].fields[0].value" not in path]


@OPERATIONS
def test_a_minimal_body_is_valid(operation):
    assert validate_body(operation, MINIMAL[operation]) == []


@OPERATIONS
def test_a_body_with_every_documented_key_is_valid(operation):
    assert validate_body(operation, MAXIMAL[operation]) == []


@OPERATIONS
def test_the_maximal_bodies_use_every_key_of_the_schemas(operation):
    alternative = {"trackingId"}  # cannot be combined with the person in these bodies

    assert set(schema_paths(SCHEMAS[operation])) - alternative <= used_paths(MAXIMAL[operation])


@OPERATIONS
def test_every_missing_required_key_is_reported(operation):
    for name, field in SCHEMAS[operation].fields.items():
        if field.required:
            assert (name, ErrorCode.REQUIRED) in find_problems(
                operation, with_changes(MAXIMAL[operation], {name: OMIT})
            )


@OPERATIONS
def test_null_is_rejected_everywhere(operation):
    for path in documented_paths(operation):
        assert (path, ErrorCode.NULL) in find_problems(
            operation, with_changes(MAXIMAL[operation], {path: None})
        )


@pytest.mark.parametrize("value", [True, {"a": 1}, [1]])
@OPERATIONS
def test_a_value_of_the_wrong_type_is_rejected_everywhere(operation, value):
    for path in documented_paths(operation):
        problems = validate_body(operation, with_changes(MAXIMAL[operation], {path: value}))

        assert any(problem.path.startswith(path) for problem in problems)


@pytest.mark.parametrize("body", [None, True, 1, "text", [], [{}]])
@OPERATIONS
def test_a_body_must_be_an_object(operation, body):
    assert find_problems(operation, body) == [("", ErrorCode.TYPE)]


@given(st.sampled_from(Operation), JSON)
def test_any_json_value_can_be_validated_and_a_valid_one_can_be_serialized(operation, body):
    if not validate_body(operation, body):
        orjson.dumps(body)


@given(st.data())
def test_a_body_with_any_value_at_any_path_gets_only_known_codes(data):
    operation = data.draw(st.sampled_from(Operation))
    path = data.draw(st.sampled_from(sorted(all_paths(MAXIMAL[operation]))))
    body = with_changes(MAXIMAL[operation], {path: data.draw(JSON)})

    assert [
        problem.code for problem in validate_body(operation, body) if problem.code not in set(ErrorCode)
    ] == []
    assert [
        problem.code for problem in find_warnings(operation, body) if problem.code not in set(WarningCode)
    ] == []
    assert assess_association(operation, body)


def test_all_problems_are_reported_together_sorted_by_path():
    body = {
        "eventId": 5,
        "evenType": "x",
        "content": {"numericContentDetails": {"value": "7", "rangeFrom": 9, "rangeTo": 1}},
        "customFields": [{"name": "n"}],
    }

    assert find_problems(DI, body) == [
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
def test_the_message_for_an_unknown_key_names_a_remedy(path, remedy):
    [problem] = validate_body(DI, with_changes(MAXIMAL[DI], {path: "x"}))

    assert (problem.path, problem.code) == (path, ErrorCode.UNKNOWN)
    assert remedy in problem.message


def test_the_message_for_null_names_the_remedy():
    [problem] = validate_body(DI, with_changes(MAXIMAL[DI], {"device": None}))

    assert problem.message == "must not be null: omit the key"


def test_a_message_never_contains_a_value():
    secret = "hunter2"
    for path in all_paths(MAXIMAL[DI]):
        for problem in validate_body(DI, with_changes(MAXIMAL[DI], {path: secret})):
            assert secret not in problem.message


def test_a_hostile_key_is_shortened_and_printable():
    [problem] = validate_body(DI, {**MAXIMAL[DI], "\ud800\n" + "k" * 9_000: 1})

    assert len(problem.path) < 200
    assert json.dumps(problem.as_dict(), ensure_ascii=False).isprintable()


def test_a_key_with_marshmallows_special_name_is_unknown():
    assert find_problems(DI, {**MAXIMAL[DI], "_schema": 1}) == [("", ErrorCode.UNKNOWN)]


def test_the_number_of_reported_problems_is_limited():
    assert len(validate_body(DI, {f"key{number}": 1 for number in range(2_000)})) == PROBLEMS_MAX


def test_an_oversized_body_is_not_validated_further():
    assert find_problems(DI, {"content": "x" * BODY_BYTES_MAX}) == [("", ErrorCode.LENGTH)]


def test_a_deeply_nested_body_is_rejected():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    body = with_changes(MAXIMAL[Operation.CONTENT_SHARED], {"crmContext[0].objects[0].fields[0].value": 1})
    body["crmContext"][0]["objects"][0]["fields"][0]["value"] = nested

    assert find_problems(Operation.CONTENT_SHARED, body) == [("", ErrorCode.FORMAT)]


def test_a_number_that_json_cannot_represent_is_rejected():
    path = "crmContext[0].objects[0].fields[0].value"
    body = with_changes(MAXIMAL[Operation.CONTENT_SHARED], {path: 10**30})

    assert find_problems(Operation.CONTENT_SHARED, body) == [("", ErrorCode.FORMAT)]
