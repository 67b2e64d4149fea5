"""The section operators: its values, and the path of each problem."""

import hashlib

import pytest

from relay.config.load import ConfigError, read_config
from relay.config.operators import check_admin_key
from relay.core.roles import Operator, Role
from relay.settings import Settings, StartupError

HEAD = "destinations: {acme: {auth: {basic: {access_key: a, access_key_secret: b}}}}\n"
OPERATOR, OTHER_OPERATOR = "0" * 64, "1" * 64
PLAIN = "a-plain-key-of-a-good-length"


def problems(text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        read_config(HEAD + text, environ={"SHORT": "x"}, allow_hosts=())
    return {problem.path: problem.message for problem in caught.value.problems}


def test_each_has_a_name_a_role_and_keys():
    text = f'operators: {{alice: {{role: operator, keys: ["sha256:{OPERATOR}", "${{ALICE}}"]}}, bob: {{role: viewer, keys: ["sha256:{OTHER_OPERATOR}"]}}}}'
    config = read_config(HEAD + text, environ={"ALICE": PLAIN}, allow_hosts=())
    digest = hashlib.sha256(PLAIN.encode()).hexdigest()

    assert config.operators == {
        "alice": Operator("alice", Role.OPERATOR, frozenset({OPERATOR, digest})),
        "bob": Operator("bob", Role.VIEWER, frozenset({OTHER_OPERATOR})),
    }


def test_operators_are_optional():
    assert read_config(HEAD, environ={}, allow_hosts=()).operators == {}


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        ("{alice: {keys: []}}", "operators.alice.role", "is missing"),
        ("{alice: {role: viewer}}", "operators.alice.keys", "is missing"),
        ("{alice: {role: viewer, keys: []}}", "operators.alice.keys", "gong-relay key"),
        ("{alice: {role: ingest, keys: []}}", "operators.alice.role", "viewer, operator, admin"),
        ("{alice: {role: root, keys: []}}", "operators.alice.role", "viewer, operator, admin"),
        (f"{{alice: {{role: viewer, keys: [{PLAIN}]}}}}", "operators.alice.keys[0]", "is a plain key"),
        ('{alice: {role: viewer, keys: ["${SHORT}"]}}', "operators.alice.keys[0]", "too short"),
        (f'{{admin: {{role: viewer, keys: ["sha256:{OPERATOR}"]}}}}', "operators.admin", "RELAY_ADMIN_KEY"),
        ("{alice: {rolle: viewer, keys: []}}", "operators.alice.rolle", "did you mean role"),
        ("{Alice!: {role: viewer, keys: []}}", "operators.Alice!", "is not a valid name"),
        ("[alice]", "operators", "must be a mapping"),
    ],
)
def test_a_problem_is_reported_with_its_path(text: str, path: str, says: str):
    assert says in problems(f"operators: {text}\n")[path]


def test_a_key_belongs_to_one_operator_or_one_source():
    text = f"""
sources: {{web: {{destination: acme, keys: ["sha256:{OPERATOR}"]}}}}
operators:
  alice: {{role: viewer, keys: ["sha256:{OPERATOR}", "sha256:{OTHER_OPERATOR}"]}}
  bob: {{role: admin, keys: ["sha256:{OTHER_OPERATOR}"]}}
"""
    by_path = problems(text)

    assert "sources.web" in by_path["operators.alice.keys[0]"]
    assert "operators.alice" in by_path["operators.bob.keys[0]"]


def test_no_message_repeats_a_key():
    assert PLAIN not in str(problems(f"operators: {{alice: {{role: viewer, keys: [{PLAIN}]}}}}\n"))


@pytest.mark.parametrize(
    "section", ["sources: {{web: {{destination: acme, {0}}}}}", "operators: {{bob: {{role: viewer, {0}}}}}"]
)
def test_the_admin_key_must_not_belong_to_anyone_else(section: str):
    text = HEAD + section.format('keys: ["${BOSS}"]')
    config = read_config(text, environ={"BOSS": PLAIN}, allow_hosts=())
    check_admin_key(config, Settings(admin_key="another-key-of-a-good-length"))

    with pytest.raises(StartupError, match="RELAY_ADMIN_KEY: is also a key of"):
        check_admin_key(config, Settings(admin_key=PLAIN))
