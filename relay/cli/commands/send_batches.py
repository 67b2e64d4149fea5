"""A file of events as requests of the size that a endpoint takes, and their answers as one."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from relay.core.errors import ValidationFailed

_OF_ITEM = re.compile(r"\[(\d+)\]\.?(.*)", re.DOTALL)


def batches(raw: bytes, *, max_items: int, max_bytes: int) -> Iterator[list[bytes]]:
    """The lines of NDJSON that hold something, so many at a time. A line that is too long stands alone."""
    batch: list[bytes] = []
    size = 0
    for line in filter(bytes.strip, raw.split(b"\n")):
        if batch and (len(batch) == max_items or size + len(line) + 1 > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def results_of(body: Mapping[str, Any], *, first: int = 0) -> list[dict[str, Any]]:
    """The results in an answer, numbered from `first`. One event's answer becomes a list of one."""
    if "results" in body:
        return [result | {"index": first + result["index"]} for result in body["results"]]
    shared = {name: body[name] for name in ("warnings", "detail") if name in body}
    told = {name: value for name, value in body.items() if name != "dry_run"}
    return [{"index": first} | shared | one for one in body.get("events", [told])]


def rejections_of(error: ValidationFailed, *, first: int = 0) -> list[dict[str, Any]]:
    """The results of a request of which nothing could be taken."""
    errors: dict[int, list[dict[str, str]]] = {}
    for problem in error.problems:
        found = _OF_ITEM.fullmatch(problem.path)
        index, path = (int(found[1]), found[2]) if found else (0, problem.path)
        errors.setdefault(first + index, []).append(problem.as_dict() | {"path": path})
    return [{"index": index, "status": "rejected", "errors": told} for index, told in errors.items()]


def summary(results: Sequence[Mapping[str, Any]], *, dry_run: bool) -> dict[str, Any]:
    """`{queued, duplicates, filtered, rejected, results}`; of a dry run `{dry_run, ready, filtered, rejected, results}`."""
    kinds = Counter("duplicates" if result.get("duplicate") else result["status"] for result in results)
    names = ("ready", "filtered", "rejected") if dry_run else ("queued", "duplicates", "filtered", "rejected")
    counts = {name: kinds[name] for name in names}
    return ({"dry_run": True} if dry_run else {}) | counts | {"results": list(results)}
