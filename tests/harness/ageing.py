"""Time that has passed in the store: its moments are moved back, so that no test waits for hours."""

from redis import Redis

from relay.store.engine import keys

_BUCKET_SECONDS = 600
_A_DAY_OF_BUCKETS = 24 * 3600 // _BUCKET_SECONDS + 1


def a_day_passes(redis: Redis, company: str) -> None:
    """The company's calls were made more than 24 hours ago."""
    key = keys.DAY_CALLS + company
    calls = {name.decode(): int(value) for name, value in redis.hgetall(key).items()}
    redis.delete(key)
    redis.hset(key, mapping={_earlier(name): _before(name, value) for name, value in calls.items()})
    look(redis, company)


def a_freeze_ends(redis: Redis, company: str) -> None:
    """The company's Retry-After has passed."""
    redis.hset(keys.COMPANY + company, "frozen_until", 0)
    look(redis, company)


def a_rest_ends(redis: Redis, base_url: str, company: str) -> None:
    """The breaker of a base URL has been open for long enough."""
    redis.hset(keys.BREAKER + base_url, "open_until", 0)
    look(redis, company)


def look(redis: Redis, company: str) -> None:
    """A worker looks at the company now: what it read there was when to look again."""
    redis.zadd(keys.DUE, {company: 0}, xx=True)


def looked_at_in(redis: Redis, company: str) -> float:
    """Seconds until a worker looks at the company again; until then nothing of it is sent."""
    seconds, microseconds = redis.time()
    due = redis.zscore(keys.DUE, company)
    assert due is not None, f"nothing of {company} is queued"
    return float(due) / 1_000_000 - seconds - microseconds / 1_000_000


def _earlier(field: str) -> str:
    """A bucket is named by its number, or by that behind an h."""
    priority, number = field[: -len(field.lstrip("h"))] if field.startswith("h") else "", field.lstrip("h")
    return f"{priority}{int(number) - _A_DAY_OF_BUCKETS}" if number.isdigit() else field


def _before(field: str, value: int) -> int:
    return value - _A_DAY_OF_BUCKETS if field == "first" else value
