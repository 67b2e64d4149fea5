"""Everything that gunicorn, gevent and libraries would print, as lines of our log. No message is quoted.

Messages of others may contain paths, headers or bodies of requests. Those of a closed list are logged under our own
words, and all others with the place that wrote them.
"""

import logging
import sys
import threading
from pathlib import PurePath
from types import TracebackType
from typing import Any

from gunicorn.glogging import Logger

from relay.log import Level, error_location, log_crash, log_event

_REASONS = {
    "WORKER TIMEOUT": "worker_timeout",
    "Worker (pid:%s) was sent": "worker_killed",
    "Worker (pid:%s) exited": "worker_exited",
    "Worker graceful timeout": "graceful_timeout",
    "Worker failed to boot": "start_failed",
    "Shutting down": "stopped",
    "Reason: %s": "stopped",
    "Handling signal": "signal",
    "Starting gunicorn": "started",
    "Listening at": "listens",
    "Booting worker": "worker_started",
    "Worker exiting": "worker_stopped",
    "Retrying in": "address_in_use",
    "Can't connect to": "address_unusable",
    "connection to %s failed": "address_in_use",
}
"""How gunicorn's own messages begin, before anything is put into them, and what the log says instead."""


_AT_CALLER = {"stacklevel": 3}
"""The place of a message is that of gunicorn's code that logs it, not of its logger."""


class JsonHandler(logging.Handler):
    """Writes each record of the standard library's logging as one line of our log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log where the record came from, its numbers, and the type and place of its exception."""
        error = record.exc_info[1] if record.exc_info else None
        place = f"{PurePath(record.pathname).name}:{record.lineno}"
        log_event(
            "server.message",
            level=_level(record.levelno),
            name=record.name,
            where=error_location(error) if error else place,
            error=type(error).__name__ if error else None,
            reason=_reason(record.msg),
            number=_first_number(record.args),
        )


class JsonLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's logger, with lines of our log in place of text."""

    def setup(self, cfg: Any) -> None:
        """Replace every handler. Options for other log files and formats are ignored: they would print requests."""
        super().setup(cfg)
        handler = JsonHandler()
        for log in (self.error_log, self.access_log):
            log.handlers[:] = [handler]
        capture_output()

    def critical(self, msg: object, *args: object, **options: Any) -> None:
        super().critical(msg, *args, **_AT_CALLER, **options)

    def error(self, msg: object, *args: object, **options: Any) -> None:
        super().error(msg, *args, **_AT_CALLER, **options)

    def warning(self, msg: object, *args: object, **options: Any) -> None:
        super().warning(msg, *args, **_AT_CALLER, **options)

    def _compute_access_log_enabled(self) -> bool:
        return False


def capture_output() -> None:
    """Log what Python would print: records without a handler, warnings, and exceptions that end a thread or the process."""
    logging.getLogger().handlers[:] = [JsonHandler(logging.WARNING)]
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda _, error, __: _log_error(error)
    sys.unraisablehook = lambda unraisable: _log_error(unraisable.exc_value)
    threading.excepthook = lambda arguments: _log_error(arguments.exc_value)


def log_hub_errors(hub: Any) -> None:
    """Log the exceptions that end a greenlet, which gevent would print with its arguments."""

    def log_exception(
        _context: object, _kind: object, value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        _log_error(value)

    hub.print_exception = log_exception


def _log_error(error: BaseException | None) -> None:
    if error is not None:
        log_crash("server.crashed", error)


def _level(number: int) -> Level:
    if number >= logging.ERROR:
        return "error"
    return "warning" if number >= logging.WARNING else "info"


def _reason(message: object) -> str | None:
    text = str(message)
    return next((reason for start, reason in _REASONS.items() if text.startswith(start)), None)


def _first_number(arguments: object) -> int | None:
    values = arguments if isinstance(arguments, tuple) else ()
    return next((value for value in values if isinstance(value, int)), None)
