"""The log writes one JSON object per line, only allowed scalar fields, and never raises."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime
from typing import Any

import pytest

from relay.log import configure, log_event


@pytest.fixture(autouse=True)
def _default_level() -> Iterator[None]:
    yield
    configure("info")


def logged(event: str, **fields: Any) -> dict[str, Any]:
    with redirect_stdout(io.StringIO()) as out:
        log_event(event, **fields)
    assert out.getvalue().count("\n") == 1
    return json.loads(out.getvalue())


def test_a_line_has_time_level_event_and_fields():
    record = logged("delivery.attempted", id="01K", outcome="delivered", seconds=0.21)

    assert datetime.fromisoformat(record.pop("ts")).tzinfo is not None
    assert record == {
        "level": "info",
        "event": "delivery.attempted",
        "id": "01K",
        "outcome": "delivered",
        "seconds": 0.21,
    }


def test_a_field_that_is_none_is_omitted():
    assert "code" not in logged("request.answered", code=None)


@pytest.mark.parametrize("field", [{"body": "ada@example.com"}, {"source": {"email": "ada@example.com"}}])
def test_a_field_that_is_not_an_allowed_scalar_is_dropped_and_its_name_listed(field):
    record = logged("request.answered", **field)

    assert "ada@example.com" not in json.dumps(record)
    assert record["dropped_fields"] == list(field)


def test_a_long_text_is_truncated():
    assert len(logged("web.crashed", error="x" * 9000)["error"]) < 1000


def test_lines_below_the_level_are_not_written():
    configure("warning")
    with redirect_stdout(io.StringIO()) as out:
        log_event("worker.swept")
        log_event("worker.store_unavailable", level="warning")

    assert [json.loads(text)["event"] for text in out.getvalue().splitlines()] == ["worker.store_unavailable"]


class FullDisk(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def closed_stream() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize(("stream", "error"), [(FullDisk, OSError), (closed_stream, ValueError)])
def test_a_log_that_cannot_be_written_never_raises(stream, error):
    with redirect_stdout(stream()):
        log_event("request.answered", status=202)

        with pytest.raises(error):
            sys.stdout.write("x")


@pytest.mark.parametrize("value", [2**70, "\ud800"])
def test_a_value_that_json_cannot_represent_never_raises(value):
    with redirect_stdout(io.StringIO()) as out:
        log_event("request.answered", status=value)

    assert out.getvalue() == ""
