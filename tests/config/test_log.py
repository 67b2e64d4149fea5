"""The log writes one JSON object per line, only allowed scalar fields, and never raises."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime
from typing import Any

import pytest

from relay.log import FIELDS, configure, log_crash, log_event


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


@pytest.mark.parametrize("field", sorted(FIELDS - {"seconds"}))
@pytest.mark.parametrize(
    "value", ["Ada.L@example.com", "x ada.l%40example.com y", "web:ada.l@example.com-7", "ADA.L@EXAMPLE.COM"]
)
def test_no_field_can_carry_an_email_address(field: str, value: str):
    line = json.dumps(logged("operator.action", **{field: value}))

    assert "ada.l" not in line.lower()


@pytest.mark.parametrize("field", ["error", "reason", "target"])
def test_a_sentence_carries_no_phone_number_and_no_quoted_value(field: str):
    line = json.dumps(logged("operator.action", **{field: "phone +1 (555) 010-0199 of 'Jane Doe' is wrong"}))

    assert "0199" not in line
    assert "Jane" not in line


def test_the_ids_that_senders_choose_have_no_field():
    assert logged("delivery.attempted", event_id="web:jane@globex.com")["dropped_fields"] == ["event_id"]


def test_a_crash_is_logged_by_its_place_and_without_its_message():
    with redirect_stdout(io.StringIO()) as out:
        try:
            int("Basic secret")
        except ValueError as error:
            log_crash("delivery.crashed", error, worker="w", id="01K")

    record = json.loads(out.getvalue())
    assert (record["error"], record["where"].partition(":")[0]) == ("ValueError", "test_log.py")
    assert "secret" not in out.getvalue()
