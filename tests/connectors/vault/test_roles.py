"""What a role may say beside its objects and actions, and what is said of it."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.vault import CONNECTOR
from connectors.vault.compile import compile_role
from connectors.vault.declarations import VaultRole, VaultTarget
from connectors.vault.engines import ENGINES, Action, Engine
from connectors.vault.policies import meaning, parse, render
from connectors.vault.risks import risks_in
from connectors.vault.wording import senses, words
from reconciler.errors import DeclarationError
from reconciler.model import Definition
from tests.contract.vault_world import target_spec

Object = Mapping[str, str]
ISSUING = {
    ("database", "read"),
    ("database", "issue"),
    ("pki", "sign"),
    ("pki", "issue"),
    ("ssh", "sign"),
    ("ssh", "issue"),
}


def role(*objects: Object, actions: tuple[str, ...], **more: object) -> VaultRole:
    return VaultRole.model_validate(
        {"connector": "vault", "objects": list(objects), "actions": list(actions), **more}, by_alias=True
    )


def at(engine: str, path: str, **more: str) -> Object:
    return {"engine": engine, "mount": "m", "path": path, **more}


def defined(spec: VaultRole) -> Definition:
    made = compile_role("r", spec, vendor="v", principal="p").definition
    assert made is not None
    return made


def test_a_grant_in_a_vault_has_no_scope() -> None:
    """A scope that nothing would enforce is refused, and never ignored."""
    with pytest.raises(DeclarationError, match="a vault role names its objects"):
        CONNECTOR.schema.compile(
            "r",
            role(at("kv", "x"), actions=("read",)),
            target=target_spec(),
            vendor="v",
            principal="p",
            scope=(("cases", ("00001042",)),),
        )


@pytest.mark.parametrize(
    ("engine", "action"), [(engine, action) for engine, table in ENGINES.items() for action in table.actions]
)
def test_what_outlives_the_grant_has_a_longest_life(engine: Engine, action: Action) -> None:
    """An action that hands out something that lives on needs `longest`, and no other action takes it."""
    issues = (engine, action) in ISSUING
    with pytest.raises(ValidationError, match="outlives the grant"):
        role(at(engine, "x"), actions=(action,), **({} if issues else {"longest": "1h"}))
    made = role(at(engine, "x"), actions=(action,), **({"longest": "1h"} if issues else {}))
    assert bool(made.issuing) == issues


@pytest.mark.parametrize("longest", ["", "1", "h", "0h", "-1h", "1 h", "1h30m", "1.5h", "1w", "99999999h", "1H"])
def test_a_length_of_time_is_a_number_and_a_unit(longest: str) -> None:
    """Nothing that two readers could understand differently is a length of time."""
    with pytest.raises(ValidationError):
        role(at("pki", "web"), actions=("issue",), longest=longest)


@pytest.mark.parametrize(
    ("engine", "path", "action", "hidden"),
    [
        ("kv", "acme", "list", "acme/db"),
        ("kv", "acme", "list", "acme/prod/db"),
        ("kv", "acme/prod", "view-metadata", "acme/prod/db"),
        ("kv-v1", "acme", "list", "acme/db"),
        ("transit", "orders", "list", "ledger"),
        ("database", "app", "list", "admin"),
        ("pki", "web", "list", "internal"),
        ("ssh", "people", "list", "root"),
    ],
)
def test_what_shows_a_hidden_name_is_refused(engine: str, path: str, action: str, hidden: str) -> None:
    """Listing or looking at what is above a hidden name, or listing a mount without folders, is an error."""
    with pytest.raises(ValidationError, match=f"'{action}' .*{hidden}"):
        role(at(engine, path), actions=(action,), hidden=[hidden])


def test_a_hidden_name_is_looked_for_where_the_template_puts_the_object() -> None:
    """An object whose path follows from Settings is held to the same."""
    templates = {"kv": {"mount": "m", "path": "{tenant}"}}
    target = VaultTarget.model_validate({**target_spec().model_dump(by_alias=True, mode="json"), "paths": templates})
    spec = role({"engine": "kv", "tenant": "acme"}, actions=("list",), hidden=["acme/db"])
    with pytest.raises(DeclarationError, match="'list' on acme shows the hidden name acme/db"):
        CONNECTOR.schema.compile("r", spec, target=target, vendor="v", principal="p", scope=())


@pytest.mark.parametrize(
    ("engine", "path", "action", "hidden"),
    [
        ("kv", "acme/prod", "list", "acme/product"),
        ("kv", "acme/prod/db", "list", "acme/prod/db"),
        ("kv", "acme/prod", "read", "acme/prod/db"),
        ("transit", "orders", "view-metadata", "ledger"),
        ("kv", "db", "read", "acme/prod/db"),
    ],
)
def test_what_shows_no_hidden_name_is_allowed(engine: str, path: str, action: str, hidden: str) -> None:
    """A name that only begins alike, the object itself and what needs no listing are no conflict."""
    assert role(at(engine, path), actions=(action,), hidden=[hidden]).hidden == (hidden,)


@pytest.mark.parametrize(
    ("engine", "path", "hidden"),
    [
        ("transit", "orders", "acme/prod/db"),
        ("kv", "acme/prod/db", "amce/prod/ledger"),
        ("kv", "acme/prod/db", "m/acme/prod/ledger"),
        ("kv", "acme/prod/db", "acmee"),
    ],
)
def test_a_hidden_name_that_is_nowhere_near_is_refused(engine: str, path: str, hidden: str) -> None:
    """A slip of the pen would hide nothing, and nobody would know."""
    with pytest.raises(ValidationError, match=f"the hidden name {hidden} is none of where"):
        role(at(engine, path), actions=("read",) if engine == "kv" else ("sign",), hidden=[hidden])


def test_a_hidden_name_is_looked_for_near_where_the_template_puts_the_object() -> None:
    """Where Settings say the path, the slip is found at the grant."""
    templates = {"kv": {"mount": "m", "path": "{tenant}/x"}}
    target = VaultTarget.model_validate({**target_spec().model_dump(by_alias=True, mode="json"), "paths": templates})
    spec = role({"engine": "kv", "tenant": "acme"}, actions=("read",), hidden=["globex/x"])
    with pytest.raises(DeclarationError, match="globex/x is none of where"):
        CONNECTOR.schema.compile("r", spec, target=target, vendor="v", principal="p", scope=())


@pytest.mark.parametrize(("longest", "fine"), [("768h", True), ("32d", True), ("769h", False), ("9999d", False)])
def test_what_is_handed_out_lives_no_longer_than_a_server_lets_a_lease(longest: str, fine: bool) -> None:  # noqa: FBT001
    """Past that the end of a grant would mean nothing, and the sentence says how much is allowed."""
    if fine:
        assert role(at("pki", "web"), actions=("issue",), longest=longest).longest == longest
    else:
        with pytest.raises(ValidationError, match=f"longest {longest} is more than 768h"):
            role(at("pki", "web"), actions=("issue",), longest=longest)


def test_a_name_that_cannot_be_hidden_is_a_risk() -> None:
    """Where an engine shows names whatever is compiled, the definition says so; without hidden names it does not."""
    spec = role(at("pki", "web"), actions=("issue",), longest="1h", hidden=["web", "internal"])
    said = {risk.via for risk in defined(spec).risks if risk.flag == "not-hidden"}
    assert any("web is an object of the role itself" in via for via in said)
    assert any("'pki' cannot hide names" in via for via in said)
    assert any("'pki' cannot hide names" in line for line in defined(spec).words)
    open_ = role(at("pki", "web"), actions=("issue",), longest="1h")
    assert not [risk for risk in defined(open_).risks if risk.flag == "not-hidden"]
    quiet = role(at("transit", "orders"), actions=("sign",), hidden=["ledger"])
    assert not [risk for risk in defined(quiet).risks if risk.flag == "not-hidden"]


@pytest.mark.parametrize(
    ("engine", "action", "flag", "high"),
    [
        ("kv", "read", "read-secret", False),
        ("transit", "export", "export", False),
        ("transit", "destroy", "destroy", False),
        ("pki", "issue", "issue", False),
        ("ssh", "sign", "sign", False),
        ("kv", "rotate", None, False),
        ("kv", "view-metadata", None, False),
    ],
)
def test_a_dangerous_action_is_a_risk(engine: Engine, action: Action, flag: str | None, high: bool) -> None:  # noqa: FBT001
    """What a role lets out or destroys is flagged, at its path and with its environment."""
    longest = {"longest": "1h"} if (engine, action) in ISSUING else {}
    found = defined(role(at(engine, "x", environment="prod"), actions=(action,), **longest)).risks
    assert {(risk.flag, risk.high) for risk in found} == (set() if flag is None else {(flag, high)})
    assert all(risk.via == f"{action} m/x in prod" for risk in found)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ('"secret/data/acme/*" { capabilities = ["read"] }', {("read-secret", False)}),
        ('"transit/export/+/x" { capabilities = ["read"] }', {("read-secret", False)}),
        ('"transit/export/encryption-key/x" { capabilities = ["read"] }', {("export", False)}),
        ('"secret/data/a" { capabilities = ["sudo"] }', {("sudo", True)}),
        ('"secret/data/a" { capabilities = ["sudo", "deny"] }', set()),
        ('"sys/policies/acl/x" { capabilities = ["update"] }', {("administer", True)}),
        ('"sys/policies/acl/x" { capabilities = ["read"] }', set()),
        ('"identity/*" { capabilities = ["create"] }', {("administer", True)}),
        ('"*" { capabilities = ["update"] }', {("administer", True)}),
        ('"s*" { capabilities = ["update"] }', {("administer", True)}),
        ('"+/policies/acl/x" { capabilities = ["update"] }', {("administer", True)}),
        ('"auth/token/renew-self" { capabilities = ["update"] }', set()),
        ('"a" { capabilities = ["read"]\n min_wrapping_ttl = "1s" }', {("anything", True)}),
        ('"{{identity.entity.metadata.x}}/policies/acl/a" { capabilities = ["update"] }', {("administer", True)}),
        ('"/sys/policies/acl/x" {\n  capabilities = ["update"]\n}\n', {("administer", True)}),
    ],
)
def test_a_live_policy_has_its_own_risks(rule: str, found: set[tuple[str, bool]]) -> None:
    """What somebody wrote by hand is as dangerous as it is, also beyond what a role could allow."""
    assert {(risk.flag, risk.high) for risk in risks_in(f"path {rule}")} == found


def test_what_is_declared_is_no_news_in_the_live_policy() -> None:
    """A declared danger and the same danger live are one: same flag, same path."""
    made = defined(role(at("kv", "a", environment="prod"), actions=("read", "destroy")))
    assert {(risk.flag, risk.permission) for risk in made.risks} == {
        (risk.flag, risk.permission) for risk in risks_in(made.text)
    }


def test_reading_across_environments_is_a_risk_of_its_own() -> None:
    """Whoever reads two environments' secrets may carry one into the other; rotating both shows none."""
    things = at("kv", "a", environment="prod"), at("kv", "b", environment="test")
    assert {risk.flag for risk in defined(role(*things, actions=("read",))).risks} == {"read-across"}
    assert not defined(role(*things, actions=("rotate",))).risks
    alike = at("kv", "a", environment="prod"), at("kv", "b", environment="prod")
    assert {risk.flag for risk in defined(role(*alike, actions=("read",))).risks} == {"read-secret"}


def test_a_role_is_said_in_words() -> None:
    """What is done to which object comes first, then the capabilities and the path."""
    assert defined(role(at("kv", "acme/db"), actions=("view-metadata", "rotate"))).words == (
        "rotate or write m/acme/db without seeing it (create, patch, update on m/data/acme/db)",
        "view the metadata of m/acme/db (read on m/metadata/acme/db)",
    )
    assert defined(role(at("pki", "web"), actions=("issue",), longest="8h")).words == (
        "issue from m/web (update on m/issue/web)",
        "what it hands out is valid for at most 8h",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'path "secret/data/acme/*" { capabilities = ["read", "sudo"] }',
            ("read secret/acme/* (read on secret/data/acme/*)", "sudo on secret/data/acme/*"),
        ),
        ('path "sys/policies/acl/*" { capabilities = ["update"] }', ("update on sys/policies/acl/*",)),
        ('path "*" { capabilities = ["read"] }', ("read on *",)),
        ('path "a" { capabilities = [] }', ()),
        ('path "a" { capabilities = ["read"]\n min_wrapping_ttl = "1s" }', None),
    ],
)
def test_a_live_policy_is_said_in_the_same_words(text: str, said: tuple[str, ...] | None) -> None:
    """Also what no role would allow; and what cannot be read with certainty is not guessed at."""
    if said is None:
        assert words(text) == ("says more than paths and capabilities; what it allows cannot be told with certainty",)
    else:
        assert words(text) == said


every = st.sampled_from([(engine, action) for engine, table in ENGINES.items() for action in table.actions])


@settings(max_examples=100)
@given(every, st.sampled_from(["x", "acme/prod/db", "data/x", "sign"]), st.sampled_from(["m", "team/secret"]))
def test_words_say_what_was_declared_and_nothing_is_left_out(
    which: tuple[Engine, Action], path: str, mount: str
) -> None:
    """The live text of a compiled role has the words of the role, and they hold every capability at every path."""
    engine, action = which
    longest = {"longest": "1h"} if which in ISSUING else {}
    if "/" in path and not ENGINES[engine].folders:
        path = "x"
    made = defined(role({"engine": engine, "mount": mount, "path": path}, actions=(action,), **longest))
    assert words(made.text) == made.words
    assert meaning(made.text) == made.meaning
    rules = parse(made.text)
    assert rules is not None
    by_hand = tuple(line for line in made.words if not line.startswith("what it hands out"))
    assert words(f"// by hand\n{render(rules)}") == by_hand
    told: dict[str, set[str]] = {}
    for sense in senses(rules):
        told.setdefault(sense.path, set()).update(sense.capabilities)
    assert told == {allowed: set(capabilities) for allowed, capabilities in json.loads(made.meaning)}


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.from_regex(r"(sys|m|a/b)(/(data|metadata|keys|sign|x|\*|\+)){0,3}", fullmatch=True),
        st.frozensets(st.sampled_from(["create", "read", "update", "patch", "delete", "list", "sudo", "deny"])),
        max_size=4,
    )
)
def test_no_capability_goes_unsaid(rules: dict[str, frozenset[str]]) -> None:
    """Whatever a live policy allows is in its words."""
    told: dict[str, frozenset[str]] = {path: frozenset() for path in rules}
    for sense in senses(rules):
        told[sense.path] |= sense.capabilities
    assert told == rules
