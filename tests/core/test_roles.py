"""Roles: which role covers which."""

import pytest

from relay.core.roles import OPERATOR_ROLES, Role


@pytest.mark.parametrize("role", OPERATOR_ROLES)
def test_each_operator_role_covers_itself_and_the_lower_ones(role: Role):
    before = OPERATOR_ROLES[: OPERATOR_ROLES.index(role) + 1]

    assert [least for least in OPERATOR_ROLES if role.covers(least)] == list(before)


def test_the_ingest_role_covers_no_role_and_is_covered_by_none():
    assert not any(Role.INGEST.covers(least) for least in Role)
    assert not any(role.covers(Role.INGEST) for role in Role)
