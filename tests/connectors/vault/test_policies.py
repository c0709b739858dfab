import json
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.vault.compile import compile_role
from connectors.vault.declarations import VaultRole
from connectors.vault.policies import Rules, canonical, meaning, parse, render
from tests.contract.vault_world import VaultWorld, role

ACTIONS = ["list", "view-metadata", "read", "rotate", "write", "delete", "destroy"]
CAPABILITIES = ["create", "read", "update", "patch", "delete", "list", "sudo"]
_numbers = count(1)

paths = st.from_regex(r"[a-z0-9._-]{1,8}(/[a-z0-9._*+-]{1,8}){0,3}", fullmatch=True)
rules = st.dictionaries(paths, st.frozensets(st.sampled_from(CAPABILITIES), min_size=1), min_size=1, max_size=4)
roles = st.lists(st.sampled_from(ACTIONS), min_size=1, unique=True).map(lambda actions: role(*actions))


def messy(allowed: Rules) -> str:
    """The same rules as somebody else would write them."""
    stanzas = [
        f'// a path\npath  "{path}"{{ capabilities={json.dumps(sorted(words))[:-1]},] }} # end\n'
        for path, words in sorted(allowed.items(), reverse=True)
    ]
    return "/* mine */\n" + "\n\n".join(stanzas)


def as_json(allowed: Rules) -> str:
    return json.dumps(
        {"path": {path: {"capabilities": sorted(words, reverse=True)} for path, words in allowed.items()}}
    )


@settings(max_examples=40)
@given(rules)
def test_meaning_ignores_order_spaces_comments_and_notation(allowed: Rules) -> None:
    """However the same rules are written, they mean the same."""
    for text in (render(allowed), f"# a comment\n{render(allowed)}", messy(allowed), as_json(allowed)):
        assert meaning(text) == canonical(allowed)


@settings(max_examples=40)
@given(rules, paths, st.sampled_from(CAPABILITIES))
def test_one_added_capability_is_another_meaning(allowed: Rules, path: str, capability: str) -> None:
    """Whatever allows more is never taken for the same."""
    wider = {**allowed, path: allowed.get(path, frozenset()) | {capability}}
    assert (meaning(messy(wider)) == meaning(render(allowed))) == (wider == allowed)


@pytest.mark.parametrize(
    "text",
    [
        'path "a" { capabilities = ["sudo"]\n capabilities = ["read"] }',
        'path "a" { policy = "write"\n capabilities = ["read"] }',
        '{"path": {"a": {"capabilities": ["sudo"]}, "a": {"capabilities": ["read"]}}}',
        '{"path": {"a": {"capabilities": ["read"]}}, "path": {"b": {"capabilities": ["read"]}}}',
        '{"path": {"a": {"capabilities": ["read"]}}} path "b" { capabilities = ["read"] }',
        'path "a" { capabilities = ["read"] } # x\rpath "b" { capabilities = ["sudo"] }',
        'path "a" { capabilities = ["re\\u0061d"] }',
        'path "a" { capabilities = ["read"]\n allowed_parameters = { "x" = [] } }',
        'path "a" { capabilities = ["read"] ',
        'name = "x"',
        "[" * 100_000,
        "{" * 100_000,
    ],
)
def test_what_cannot_be_read_with_certainty_is_its_own_meaning(text: str) -> None:
    """A reading that might differ from the server's is no reading."""
    assert parse(text) is None
    assert meaning(text) == f"text:{text}"


@pytest.mark.parametrize(
    "text",
    [
        'path "a" { capabilities = ["read"] }\npath "a" { capabilities = ["list"] }',
        'path "/a" { capabilities = ["read"] }',
        'path "a" { capabilities = ["deny", "read"] }',
        'path "a" { policy = "write" }',
        'path "a" { policy = "read" }',
        'path "a" { policy = "sudo" }',
        'path "a" { capabilities = [] }\r\n# x\r\npath "b" { capabilities = ["list",] }',
        'path "a" { capabilities = ["read"] } /* /* */ path "b" { capabilities = ["read"] }',
        '{"path": {"a": {"policy": "write"}, "b": {"capabilities": ["read"]}}}',
    ],
)
def test_our_reading_is_the_servers(vault: VaultWorld, text: str) -> None:
    """What we read of a policy is what a token with that policy can do."""
    read = parse(text)
    assert read is not None
    name = f"read-{next(_numbers)}"
    vault.raw("POST", f"sys/policies/acl/{name}", {"policy": text})
    token = vault.raw("POST", "auth/token/create", {"policies": [name], "no_default_policy": True})["client_token"]
    able = vault.raw("POST", "sys/capabilities", {"token": token, "paths": ["a", "b"]})
    for path in ("a", "b"):
        assert frozenset(able[path]) == (read.get(path) or frozenset({"deny"}))


@settings(max_examples=40)
@given(roles)
def test_rotating_never_reads_and_reading_never_lists(declared: VaultRole) -> None:
    """A capability is there only because a declared action needs it."""
    definition = compile_role("r", declared, vendor="v", principal="p", scope=()).definition
    assert definition is not None
    allowed = dict(json.loads(definition.meaning))
    assert ("read" in allowed.get("secret/data/acme/prod/db", [])) == ("read" in declared.actions)
    assert any("list" in words for words in allowed.values()) == ("list" in declared.actions)
    assert not any("sudo" in words for words in allowed.values())
    assert meaning(definition.text) == definition.meaning


def test_names_of_two_bindings_never_meet() -> None:
    """One policy belongs to one binding, whatever the names are; a scope tells them apart too."""
    declared = role("read")

    def name(vendor: str, principal: str, called: str, scope: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> str:
        return compile_role(called, declared, vendor=vendor, principal=principal, scope=scope).native.name

    made = [
        name("a", "b", "c"),
        name("a.b", "c", "d"),
        name("a", "b.c", "d"),
        name("a-b", "c", "d"),
        name("a", "b", "c", (("cases", ("1",)),)),
        name("a", "b", "c", (("cases", ("2",)),)),
    ]
    assert len(set(made)) == len(made)
    assert made[0] == "vendor_a_b_c"


MATRIX: dict[str, set[tuple[str, str]]] = {
    "list": {("LIST", "secret/metadata/m")},
    "view-metadata": {("GET", "secret/metadata/m")},
    "read": {("GET", "secret/data/m")},
    "rotate": {("POST", "secret/data/m")},
    "write": {("POST", "secret/data/m")},
    "delete": {("POST", "secret/delete/m"), ("DELETE", "secret/data/m")},
    "destroy": {("POST", "secret/destroy/m"), ("DELETE", "secret/metadata/m")},
}
BODIES: dict[str, object] = {
    "secret/data/m": {"data": {"value": "x"}},
    "secret/delete/m": {"versions": [1]},
    "secret/destroy/m": {"versions": [1]},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_allows_its_calls_and_no_others(vault: VaultWorld, action: str) -> None:
    """With the compiled policy, a token can make the calls of its action and is refused every other one."""
    definition = compile_role(action, role(action, path="m"), vendor="v", principal="p", scope=()).definition
    assert definition is not None
    vault.raw("POST", f"sys/policies/acl/m-{action}", {"policy": definition.text})
    body = {"policies": [f"m-{action}"], "no_default_policy": True}
    token = vault.raw("POST", "auth/token/create", body)["client_token"]
    calls = sorted(set().union(*MATRIX.values()), key=lambda call: call[0] == "DELETE")
    for method, path in calls:
        vault.raw("POST", "secret/data/m", {"data": {"value": "secret"}})
        vault.raw("POST", "secret/data/m/below", {"data": {"value": "secret"}})
        status = vault.raw.status(method, path, BODIES.get(path) if method == "POST" else None, token=token)
        assert (status < 300) == ((method, path) in MATRIX[action]), f"{method} {path}: {status}"
    assert vault.raw.status("GET", "secret/data/m/below", token=token) == 403
