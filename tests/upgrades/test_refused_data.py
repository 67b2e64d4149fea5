"""This version refuses data of layout 1.x, says what to do, and changes nothing."""

import pytest
from redis import Redis

from relay.settings import SettingsError
from relay.store.schema_version import check_layout, record_layout
from tests.upgrades.reading import load
from tests.upgrades.writing import dump

SNAPSHOT = "written_by_48c6fc6.json"


def test_data_of_layout_1_is_refused_and_left_unchanged(redis: Redis):
    load(redis, SNAPSHOT)
    before = dump(redis)

    with pytest.raises(SettingsError) as raised:
        check_layout(redis)
    record_layout(redis)

    after = dump(redis)
    assert [(key, kind, content) for key, (kind, _, content) in after.items()] == [
        (key, kind, content) for key, (kind, _, content) in before.items()
    ]
    assert str(raised.value) == (
        "RELAY_REDIS_URL: the store holds data of layout 1.0, which this version of the relay cannot read (it reads "
        "2.x). Nothing was changed. Run the version that wrote the data until `gong-relay status --json` shows "
        '"open": 0 for every destination. Then empty this database with FLUSHDB, or give this version an empty one: '
        "another server, or another database number in the URL (docs/upgrading.md)"
    )
