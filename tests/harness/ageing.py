"""Lets time pass in the store by moving its timestamps back, so that no test waits for hours."""

from redis import Redis

from relay.store.engine import keys

_BUCKET_SECONDS = 600
_A_DAY_OF_BUCKETS = 24 * 3600 // _BUCKET_SECONDS + 1


def pass_a_day(redis: Redis, company: str) -> None:
    """Move the company's calls back by more than 24 hours."""
    key = keys.DAY_CALLS + company
    calls = {name.decode(): int(value) for name, value in redis.hgetall(key).items()}
    redis.delete(key)
    redis.hset(key, mapping={_earlier(name): _before(name, value) for name, value in calls.items()})
    look(redis, company)


def end_freeze(redis: Redis, company: str) -> None:
    """End the company's pause after a 429."""
    redis.hset(keys.COMPANY + company, "frozen_until", 0)
    look(redis, company)


def end_breaker_pause(redis: Redis, base_url: str, company: str) -> None:
    """End the pause of a base URL's circuit breaker."""
    redis.hset(keys.BREAKER + base_url, "open_until", 0)
    look(redis, company)


def look(redis: Redis, company: str) -> None:
    """Make a worker check the company now."""
    redis.zadd(keys.DUE, {company: 0}, xx=True)


def seconds_until_due(redis: Redis, company: str) -> float:
    """Return the seconds until a worker checks the company again; until then it makes no call."""
    seconds, microseconds = redis.time()
    due = redis.zscore(keys.DUE, company)
    assert due is not None, f"nothing of {company} is queued"
    return float(due) / 1_000_000 - seconds - microseconds / 1_000_000


def _earlier(field: str) -> str:
    """Move a bucket's field back. Its name is a number, or `h` and a number."""
    priority, number = field[: -len(field.lstrip("h"))] if field.startswith("h") else "", field.lstrip("h")
    return f"{priority}{int(number) - _A_DAY_OF_BUCKETS}" if number.isdigit() else field


def _before(field: str, value: int) -> int:
    return value - _A_DAY_OF_BUCKETS if field == "first" else value
