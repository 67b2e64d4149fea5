"""A long file is split into requests, and their responses are merged."""

from hypothesis import given
from hypothesis import strategies as st

from relay.cli.commands.send_batches import batches, rejections_of, results_of, summarize
from relay.core.errors import Problem, ValidationFailed

_LINE = st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"."))


@given(st.lists(_LINE), st.integers(1, 5), st.integers(1, 60))
def test_batches_contain_every_line_that_is_not_empty_in_order(
    lines: list[bytes], max_items: int, max_bytes: int
):
    split = list(batches(b"\n".join(lines), max_items=max_items, max_bytes=max_bytes))

    assert [line for batch in split for line in batch] == [line for line in lines if line.strip()]


@given(st.lists(_LINE), st.integers(1, 5), st.integers(1, 60))
def test_no_batch_exceeds_the_limits_except_a_single_long_line(
    lines: list[bytes], max_items: int, max_bytes: int
):
    for batch in batches(b"\n".join(lines), max_items=max_items, max_bytes=max_bytes):
        assert 1 <= len(batch) <= max_items
        assert len(batch) == 1 or len(b"\n".join(batch)) <= max_bytes


def test_results_are_numbered_across_requests():
    body = {"results": [{"index": 0, "status": "queued"}, {"index": 1, "status": "queued"}]}

    assert [result["index"] for result in results_of(body, first=500)] == [500, 501]


def test_rejections_are_grouped_by_item_with_paths_relative_to_it():
    error = ValidationFailed(
        [Problem("[0].id", "required", "a"), Problem("[2]", "type", "b"), Problem("[2].to[1]", "type", "c")]
    )

    results = rejections_of(error, first=10)

    paths = [(result["index"], [problem["path"] for problem in result["errors"]]) for result in results]
    assert paths == [(10, ["id"]), (12, ["", "to[1]"])]


def test_a_duplicate_is_counted_whatever_the_state_of_the_first_event():
    results = [{"status": "delivered", "duplicate": True}, {"status": "queued", "duplicate": False}]

    document = summarize(results, dry_run=False)

    assert document == {"queued": 1, "duplicates": 1, "filtered": 0, "rejected": 0, "results": results}
