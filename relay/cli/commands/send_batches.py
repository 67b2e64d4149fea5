"""Splits a file of events into requests, and merges the responses."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from relay.core.errors import ValidationFailed

_ITEM_PATH = re.compile(r"\[(\d+)\]\.?(.*)", re.DOTALL)


def batches(raw: bytes, *, max_items: int, max_bytes: int) -> Iterator[list[bytes]]:
    """Yield the non-empty lines of NDJSON, in batches. A line longer than `max_bytes` is its own batch."""
    batch: list[bytes] = []
    size = 0
    for line in filter(bytes.strip, raw.split(b"\n")):
        # A line that is too long for a request is sent alone, so that only this line is rejected.
        if batch and (len(batch) == max_items or size + len(line) + 1 > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def results_of(body: Mapping[str, Any], *, first: int = 0) -> list[dict[str, Any]]:
    """Return the results in a response, numbered from `first`. A response for a single event becomes a list of one."""
    if "results" in body:
        return [result | {"index": first + result["index"]} for result in body["results"]]
    shared = {name: body[name] for name in ("warnings", "detail") if name in body}
    single = {name: value for name, value in body.items() if name != "dry_run"}
    return [{"index": first} | shared | event for event in body.get("events", [single])]


def rejections_of(error: ValidationFailed, *, first: int = 0) -> list[dict[str, Any]]:
    """Return the results of a request in which every item was rejected."""
    errors: dict[int, list[dict[str, str]]] = {}
    for problem in error.problems:
        match = _ITEM_PATH.fullmatch(problem.path)
        index, path = (int(match[1]), match[2]) if match else (0, problem.path)
        errors.setdefault(first + index, []).append(problem.as_dict() | {"path": path})
    return [{"index": index, "status": "rejected", "errors": listed} for index, listed in errors.items()]


def summarize(results: Sequence[Mapping[str, Any]], *, dry_run: bool) -> dict[str, Any]:
    """`{queued, duplicates, filtered, rejected, results}`, or `{dry_run, ready, filtered, rejected, results}`."""
    kinds = Counter("duplicates" if result.get("duplicate") else result["status"] for result in results)
    names = ("ready", "filtered", "rejected") if dry_run else ("queued", "duplicates", "filtered", "rejected")
    document: dict[str, Any] = {"dry_run": True} if dry_run else {}
    document |= {name: kinds[name] for name in names}
    return document | {"results": list(results)}
