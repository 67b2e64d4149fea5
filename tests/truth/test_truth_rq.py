"""RQ's own code can read the queues, names and jobs that the relay writes."""

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry, ScheduledJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.utils import import_attribute
from rq.worker import SimpleWorker

from relay.core.lifecycle import DeadLetterReason
from relay.store.delivery import Pacing, Retry, SweepOptions, dead_letter, finish, retry_later, sweep
from relay.store.engine import keys
from relay.store.engine.rq_jobs import DELIVER_FUNCTION
from relay.store.engine.scripts import Scripts
from tests.store_world import accept_events, event, take_events
from workers.deliver import deliver

QUEUE = keys.QUEUE_PREFIX + "acme:web"


def queue(redis: Redis) -> Queue:
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (keys.RQ_JOB, Job.key_for("")),
        (keys.RQ_QUEUE, Queue.redis_queue_namespace_prefix),
        (keys.RQ_QUEUES, Queue.redis_queues_keys),
        (keys.RQ_STARTED, StartedJobRegistry.key_template.format("")),
        (keys.RQ_FAILED, FailedJobRegistry.key_template.format("")),
        (keys.RQ_SCHEDULED, ScheduledJobRegistry.key_template.format("")),
        ("rq:workers", SimpleWorker.redis_workers_keys),
    ],
)
def test_a_key_name_equals_rqs_own(ours: str, theirs: str):
    assert ours == theirs


def test_the_function_name_in_jobs_resolves_to_deliver():
    """The web names it as text and never imports it, so that no linter can see a slip."""
    assert import_attribute(DELIVER_FUNCTION) is deliver


def test_a_stock_worker_that_takes_a_job_sends_nothing():
    with pytest.raises(RuntimeError, match="gong-relay worker"):
        deliver("01HZ")


def test_rq_lists_a_queued_event(redis: Redis, scripts: Scripts):
    [verdict] = accept_events(scripts, event("1")).verdicts

    assert queue(redis).job_ids == [verdict.id]


def test_rq_restores_the_job_of_an_event(redis: Redis, scripts: Scripts):
    [verdict] = accept_events(scripts, event("1")).verdicts

    job = Job.fetch(verdict.id, connection=redis, serializer=JSONSerializer)

    assert (job.func, job.args, job.kwargs) == (deliver, [verdict.id], {})


def test_a_job_contains_nothing_of_the_payload(redis: Redis, scripts: Scripts):
    [verdict] = accept_events(scripts, event("secret-native-id")).verdicts

    assert b"secret-native-id" not in b"".join(redis.hgetall(keys.RQ_JOB + verdict.id).values())


def test_rq_shows_an_event_that_is_being_sent_as_started(redis: Redis, scripts: Scripts):
    [verdict] = accept_events(scripts, event("1")).verdicts

    take_events(scripts)

    assert StartedJobRegistry(queue=queue(redis)).get_job_ids(cleanup=False) == [verdict.id]


def test_rq_shows_a_waiting_event_as_scheduled(redis: Redis, scripts: Scripts):
    accept_events(scripts, event("1"))
    [leased] = take_events(scripts)

    finish(scripts, leased, retry_later(Retry(seconds=60.0), record=b"{}"))

    assert ScheduledJobRegistry(queue=queue(redis)).get_job_ids() == [leased.id]


def test_rq_shows_a_dead_letter_as_a_failed_job_with_its_reason(redis: Redis, scripts: Scripts):
    accept_events(scripts, event("1"))
    [leased] = take_events(scripts)

    finish(scripts, leased, dead_letter(DeadLetterReason.REJECTED, "no title", record=b"{}", keep_seconds=60))

    [failed] = FailedJobRegistry(queue=queue(redis)).get_job_ids()
    job = Job.fetch(failed, connection=redis, serializer=JSONSerializer)
    assert (job.get_status(), job._exc_info) == (JobStatus.FAILED, f"rejected: gong-relay event {job.id}")


def test_requeueing_a_dead_letter_with_rq_sends_it_again(redis: Redis, scripts: Scripts):
    accept_events(scripts, event("1"))
    [leased] = take_events(scripts)
    finish(scripts, leased, dead_letter(DeadLetterReason.REJECTED, "no title", record=b"{}", keep_seconds=60))

    FailedJobRegistry(queue=queue(redis)).requeue(leased.id)

    sweep(scripts, SweepOptions(), Pacing())
    assert [again.id for again in take_events(scripts)] == [leased.id]
