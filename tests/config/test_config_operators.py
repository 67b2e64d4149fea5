"""The section `operators`: who looks after the relay, and what is wrong with it, each with its place."""

import hashlib

import pytest

from relay.config.load import ConfigError, read_config
from relay.config.operators import check_admin_key
from relay.core.roles import Operator, Role
from relay.settings import Settings, StartupError

HEAD = "destinations: {acme: {auth: {basic: {access_key: a, access_key_secret: b}}}}\n"
ONE, TWO = "0" * 64, "1" * 64
PLAIN = "a-plain-key-of-a-good-length"


def problems(text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as told:
        read_config(HEAD + text, environ={"SHORT": "x"}, allow_hosts=())
    return {problem.path: problem.message for problem in told.value.problems}


def test_each_has_a_name_a_role_and_keys():
    text = f'operators: {{alice: {{role: operator, keys: ["sha256:{ONE}", "${{ALICE}}"]}}, bob: {{role: viewer, keys: ["sha256:{TWO}"]}}}}'
    config = read_config(HEAD + text, environ={"ALICE": PLAIN}, allow_hosts=())
    digest = hashlib.sha256(PLAIN.encode()).hexdigest()

    assert config.operators == {
        "alice": Operator("alice", Role.OPERATOR, frozenset({ONE, digest})),
        "bob": Operator("bob", Role.VIEWER, frozenset({TWO})),
    }


def test_nobody_need_be_named():
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
        (f'{{admin: {{role: viewer, keys: ["sha256:{ONE}"]}}}}', "operators.admin", "RELAY_ADMIN_KEY"),
        ("{alice: {rolle: viewer, keys: []}}", "operators.alice.rolle", "did you mean 'role'"),
        ("{Alice!: {role: viewer, keys: []}}", "operators.Alice!", "is not a valid name"),
        ("[alice]", "operators", "must be a mapping"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, path: str, says: str):
    assert says in problems(f"operators: {text}\n")[path]


def test_a_key_is_one_persons_or_one_sources():
    text = f"""
sources: {{web: {{destination: acme, keys: ["sha256:{ONE}"]}}}}
operators:
  alice: {{role: viewer, keys: ["sha256:{ONE}", "sha256:{TWO}"]}}
  bob: {{role: admin, keys: ["sha256:{TWO}"]}}
"""
    told = problems(text)

    assert "sources.web" in told["operators.alice.keys[0]"]
    assert "operators.alice" in told["operators.bob.keys[0]"]


def test_no_message_repeats_a_key():
    assert PLAIN not in str(problems(f"operators: {{alice: {{role: viewer, keys: [{PLAIN}]}}}}\n"))


@pytest.mark.parametrize(
    "section", ["sources: {{web: {{destination: acme, {0}}}}}", "operators: {{bob: {{role: viewer, {0}}}}}"]
)
def test_the_first_admins_key_is_nobody_elses(section: str):
    text = HEAD + section.format('keys: ["${BOSS}"]')
    config = read_config(text, environ={"BOSS": PLAIN}, allow_hosts=())
    check_admin_key(config, Settings(admin_key="another-key-of-a-good-length"))

    with pytest.raises(StartupError, match="RELAY_ADMIN_KEY: is also a key of"):
        check_admin_key(config, Settings(admin_key=PLAIN))
