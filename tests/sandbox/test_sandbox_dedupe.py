"""What counts as the same event, for how long, and across restarts."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.sandbox import world
from tests.sandbox.world import CATALOG_INTERACTION, CATALOG_SHARE, Gong

REPORTED = ["Event was already reported in the past"]


def test_a_repeated_event_is_409_and_kept_once(gong: Gong):
    first, second = gong.send(world.interaction()), gong.send(world.interaction())

    assert (first.status_code, second.status_code, second.json()["errors"]) == (200, 409, REPORTED)
    assert gong.event_ids() == ["web:1"]


def test_of_many_calls_at_once_with_one_id_exactly_one_is_accepted(gong: Gong):
    def send(_: int) -> int:
        with requests.Session() as session:
            return world.Gong(gong.url, session).send(world.interaction()).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(send, range(48)))

    assert statuses == {200: 1, 409: 47}


def test_the_first_body_wins_and_the_log_tells_of_the_other(gong: Gong):
    gong.send(world.interaction())
    gong.send(world.interaction(eventType="link clicked"))

    assert gong.look("events")["events"][0]["body"]["eventType"] == "page viewed"
    assert gong.look("log")["log"][0]["note"] == "same event id, different body"


def test_a_refused_event_reserves_nothing(gong: Gong):
    refused = gong.send(world.interaction(person=None))

    assert (refused.status_code, gong.send(world.interaction()).status_code) == (400, 200)


def test_companies_do_not_share_event_ids(gong: Gong):
    assert [gong.send(world.interaction(), company=name).status_code for name in "ab"] == [200, 200]


def test_an_engagement_event_without_an_id_is_never_a_repetition(gong: Gong):
    assert [gong.put("action", world.action(eventId=None)).status_code for _ in range(2)] == [200, 200]


def test_in_the_catalogue_dialect_only_a_client_unique_id_repeats(gong: Gong):
    interactions = [gong.call("digital-interactions", CATALOG_INTERACTION).status_code for _ in range(2)]
    shares = [gong.put("share", CATALOG_SHARE).status_code for _ in range(2)]

    assert (interactions, shares) == ([201, 409], [200, 200])


SAME_ID = {
    "company": [200, 409, 409, 409],
    "credential": [200, 200, 409, 409],
    "source": [200, 200, 200, 200],
    "endpoint": [200, 409, 200, 409],
}


@pytest.mark.parametrize("scope", SAME_ID)
def test_the_scope_says_within_what_an_event_id_repeats(scope: str):
    """Four calls with one id: one API by two keys, then the other by two reporting systems."""
    with world.gong(dedupe_scope=scope) as gong:
        keys = [{"access_key": key, "access_key_secret": "s"} for key in "ab"]
        gong.turn("companies/acme", {"keys": keys})
        answers = [gong.send(world.interaction("1"), auth=(key, "s")) for key in "ab"]
        systems = [world.action(eventId="1", reportingSystem=system) for system in ("hub", "shop")]
        answers += [gong.put("action", body, auth=("a", "s")) for body in systems]

    assert [answer.status_code for answer in answers] == SAME_ID[scope]


def test_one_reporting_system_repeats_across_engagement_paths_and_keys(gong: Gong):
    keys = [{"access_key": key, "access_key_secret": "s"} for key in "ab"]
    gong.turn("companies/acme", {"keys": keys})
    gong.put("action", world.action(), auth=("a", "s"))

    assert gong.put("content/viewed", world.viewed(), auth=("b", "s")).status_code == 409


def test_a_change_of_scope_holds_for_what_was_accepted_before(gong: Gong):
    gong.send(world.interaction("1"))
    gong.turn("settings", {"dedupe_scope": "company"})

    assert gong.put("action", world.action(eventId="1")).status_code == 409


def test_with_a_time_to_live_an_event_id_is_forgotten_in_time():
    with world.gong(dedupe_ttl_seconds=60) as gong:
        gong.turn("clock", {"frozen": True})
        statuses = []
        for seconds in (0, 59, 1):
            gong.turn("clock", {"advance_seconds": seconds})
            statuses.append(gong.send(world.interaction()).status_code)

    assert statuses == [200, 409, 200]


def test_a_restarted_sandbox_still_knows_what_its_journal_says(tmp_path: Path):
    journal = str(tmp_path / "kept" / "gong.jsonl")
    with world.gong(journal=journal) as gong:
        gong.send(world.interaction())
        before = gong.look("events")
    with world.gong(journal=journal) as gong:
        after = gong.look("events")

        assert after == before
        assert gong.send(world.interaction()).status_code == 409


def test_a_line_that_a_crash_cut_short_was_never_accepted(tmp_path: Path):
    journal = tmp_path / "gong.jsonl"
    with world.gong(journal=str(journal)) as gong:
        gong.send(world.interaction("web:1"))
        gong.send(world.interaction("web:2"))
    journal.write_bytes(journal.read_bytes()[:-10])

    with world.gong(journal=str(journal)) as gong:
        again = gong.send(world.interaction("web:2"))
    with world.gong(journal=str(journal)) as gong:
        ids = gong.event_ids()

    assert again.status_code == 200
    assert ids == ["web:2", "web:1"]


def test_a_file_that_is_no_journal_is_refused_with_its_line(tmp_path: Path):
    journal = tmp_path / "notes.txt"
    journal.write_text("hello\n")

    with (
        pytest.raises(ValueError, match=r"notes\.txt, line 1: .* move the file away"),
        world.gong(journal=str(journal)),
    ):
        pass


def test_a_reset_forgets_the_journal_too(tmp_path: Path):
    journal = str(tmp_path / "gong.jsonl")
    with world.gong(journal=journal) as gong:
        gong.send(world.interaction())
        gong.turn("reset")
        again = gong.send(world.interaction())

    assert again.status_code == 200
    assert len(Path(journal).read_text().splitlines()) == 1
