"""Records of the standard library's logging become lines of our log, which quote neither messages nor arguments."""

import json
import logging

import pytest

from relay.web.server.log import JsonHandler

CANARY = "canary-4713-of-a-stranger"


def logged(
    capsys: pytest.CaptureFixture[str], message: str, *arguments: object, level: int
) -> dict[str, object]:
    record = logging.LogRecord("gunicorn.error", level, "/a/b/base.py", 274, message, arguments, None)
    JsonHandler().emit(record)
    text = capsys.readouterr().out
    assert CANARY not in text
    return {name: value for name, value in json.loads(text).items() if name != "ts"}


def test_a_message_is_logged_by_its_place(capsys: pytest.CaptureFixture[str]):
    line = logged(capsys, f"Invalid request from ip=10.0.0.1: {CANARY}", level=logging.WARNING)

    assert line == {
        "level": "warning",
        "event": "server.message",
        "name": "gunicorn.error",
        "where": "base.py:274",
    }


def test_a_known_message_has_a_reason_and_its_process(capsys: pytest.CaptureFixture[str]):
    line = logged(capsys, "Worker (pid:%s) was sent %s!", 17, CANARY, level=logging.ERROR)

    assert (line["level"], line["reason"], line["number"]) == ("error", "worker_killed", 17)


def test_an_exception_is_logged_by_type_and_place(capsys: pytest.CaptureFixture[str]):
    try:
        int(CANARY)
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "a.py", 1, "failed %s", (CANARY,), (type(error), error, error.__traceback__)
        )
    JsonHandler().emit(record)
    text = capsys.readouterr().out

    assert CANARY not in text
    assert json.loads(text)["error"] == "ValueError"
    assert json.loads(text)["where"].startswith("test_server_log_records.py:")
