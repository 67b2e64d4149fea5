"""Deduplication: its scope, its lifetime, and the journal that restores it after a restart."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.sandbox import bodies, client
from tests.sandbox.bodies import CATALOG_INTERACTION, CATALOG_SHARE
from tests.sandbox.client import Gong

ALREADY_REPORTED = ["Event was already reported in the past"]


def test_a_repeated_event_gets_409_and_is_stored_once(gong: Gong):
    first, second = gong.send(bodies.interaction()), gong.send(bodies.interaction())

    assert (first.status_code, second.status_code, second.json()["errors"]) == (200, 409, ALREADY_REPORTED)
    assert gong.event_ids() == ["web:1"]


def test_exactly_one_of_many_simultaneous_calls_with_the_same_id_is_accepted(gong: Gong):
    def send(_: int) -> int:
        with requests.Session() as session:
            return client.Gong(gong.url, session).send(bodies.interaction()).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(send, range(48)))

    assert statuses == {200: 1, 409: 47}


def test_the_first_body_is_stored_and_the_log_notes_a_different_one(gong: Gong):
    gong.send(bodies.interaction())
    gong.send(bodies.interaction(eventType="link clicked"))

    assert gong.inspect("events")["events"][0]["body"]["eventType"] == "page viewed"
    assert gong.inspect("log")["log"][0]["note"] == "same event id, different body"


def test_a_rejected_event_does_not_reserve_its_id(gong: Gong):
    rejected = gong.send(bodies.interaction(person=None))

    assert (rejected.status_code, gong.send(bodies.interaction()).status_code) == (400, 200)


def test_companies_do_not_share_event_ids(gong: Gong):
    assert [gong.send(bodies.interaction(), company=name).status_code for name in "ab"] == [200, 200]


def test_an_engagement_event_without_an_id_is_never_a_duplicate(gong: Gong):
    assert [gong.put("action", bodies.custom_action(eventId=None)).status_code for _ in range(2)] == [
        200,
        200,
    ]


def test_the_catalog_dialect_deduplicates_only_by_client_unique_id(gong: Gong):
    interactions = [gong.call("digital-interactions", CATALOG_INTERACTION).status_code for _ in range(2)]
    shares = [gong.put("share", CATALOG_SHARE).status_code for _ in range(2)]

    assert (interactions, shares) == ([201, 409], [200, 200])


STATUSES_BY_SCOPE = {
    "company": [200, 409, 409, 409],
    "credential": [200, 200, 409, 409],
    "source": [200, 200, 200, 200],
    "endpoint": [200, 409, 200, 409],
}


@pytest.mark.parametrize("scope", STATUSES_BY_SCOPE)
def test_the_dedupe_scope_limits_which_calls_share_event_ids(scope: str):
    """Four calls with the same id: to one API with two keys, then to the other from two reporting systems."""
    with client.run_gong(dedupe_scope=scope) as gong:
        keys = [{"access_key": key, "access_key_secret": "s"} for key in "ab"]
        gong.control("companies/acme", {"keys": keys})
        responses = [gong.send(bodies.interaction("1"), auth=(key, "s")) for key in "ab"]
        from_systems = [
            bodies.custom_action(eventId="1", reportingSystem=system) for system in ("hub", "shop")
        ]
        responses += [gong.put("action", body, auth=("a", "s")) for body in from_systems]

    assert [response.status_code for response in responses] == STATUSES_BY_SCOPE[scope]


def test_a_reporting_system_shares_event_ids_across_engagement_paths_and_keys(gong: Gong):
    keys = [{"access_key": key, "access_key_secret": "s"} for key in "ab"]
    gong.control("companies/acme", {"keys": keys})
    gong.put("action", bodies.custom_action(), auth=("a", "s"))

    assert gong.put("content/viewed", bodies.content_viewed(), auth=("b", "s")).status_code == 409


def test_a_new_dedupe_scope_applies_to_events_accepted_before(gong: Gong):
    gong.send(bodies.interaction("1"))
    gong.control("settings", {"dedupe_scope": "company"})

    assert gong.put("action", bodies.custom_action(eventId="1")).status_code == 409


def test_an_event_id_is_forgotten_after_its_time_to_live():
    with client.run_gong(dedupe_ttl_seconds=60) as gong:
        gong.control("clock", {"frozen": True})
        statuses = []
        for seconds in (0, 59, 1):
            gong.control("clock", {"advance_seconds": seconds})
            statuses.append(gong.send(bodies.interaction()).status_code)

    assert statuses == [200, 409, 200]


def test_a_restarted_sandbox_restores_the_events_in_its_journal(tmp_path: Path):
    journal = str(tmp_path / "new-folder" / "gong.jsonl")
    with client.run_gong(journal=journal) as gong:
        gong.send(bodies.interaction())
        before = gong.inspect("events")
    with client.run_gong(journal=journal) as gong:
        after = gong.inspect("events")

        assert after == before
        assert gong.send(bodies.interaction()).status_code == 409


def test_a_journal_line_cut_short_by_a_crash_is_dropped(tmp_path: Path):
    journal = tmp_path / "gong.jsonl"
    with client.run_gong(journal=str(journal)) as gong:
        gong.send(bodies.interaction("web:1"))
        gong.send(bodies.interaction("web:2"))
    journal.write_bytes(journal.read_bytes()[:-10])

    with client.run_gong(journal=str(journal)) as gong:
        again = gong.send(bodies.interaction("web:2"))
    with client.run_gong(journal=str(journal)) as gong:
        ids = gong.event_ids()

    assert again.status_code == 200
    assert ids == ["web:2", "web:1"]


def test_a_file_that_is_not_a_journal_is_rejected_with_its_line(tmp_path: Path):
    journal = tmp_path / "notes.txt"
    journal.write_text("hello\n")

    with (
        pytest.raises(ValueError, match=r"notes\.txt, line 1: .* Move the file away"),
        client.run_gong(journal=str(journal)),
    ):
        pass


def test_a_reset_clears_the_journal(tmp_path: Path):
    journal = str(tmp_path / "gong.jsonl")
    with client.run_gong(journal=journal) as gong:
        gong.send(bodies.interaction())
        gong.control("reset")
        again = gong.send(bodies.interaction())

    assert again.status_code == 200
    assert len(Path(journal).read_text().splitlines()) == 1
