"""The RQ job of an event: it carries the event's id and nothing else, so a payload is stored once and never logged."""

from datetime import datetime

import orjson

DELIVER_FUNCTION = "workers.deliver.deliver"
"""The one function a job may name. A string: the web never imports the workers."""


def job_data(event_id: str) -> bytes:
    """Return what RQ's JSON serializer writes for `deliver(event_id)`: function, instance, arguments, keywords."""
    # Written by hand: the web stores jobs without importing RQ.
    return orjson.dumps([DELIVER_FUNCTION, None, [event_id], {}])


def job_timestamp(now: datetime) -> str:
    """Format a time as RQ does."""
    # RQ parses this exact form, with the microseconds even if they are 0.
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
