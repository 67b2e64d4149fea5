"""Which role may do what another may."""

import pytest

from relay.core.roles import OPERATOR_ROLES, Role


@pytest.mark.parametrize("role", OPERATOR_ROLES)
def test_each_role_of_people_covers_itself_and_those_before_it(role: Role):
    before = OPERATOR_ROLES[: OPERATOR_ROLES.index(role) + 1]

    assert [least for least in OPERATOR_ROLES if role.covers(least)] == list(before)


def test_a_source_covers_nothing_and_nobody_covers_a_source():
    assert not any(Role.INGEST.covers(least) for least in Role)
    assert not any(role.covers(Role.INGEST) for role in Role)
