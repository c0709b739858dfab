import json
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
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


_gap = st.sampled_from(["", " ", "\n", "\r\n", "\t", " # note\n", "// note\r\n", "/* note */", "/* /* **/"])
_path = st.sampled_from(["a", "b", "/a", "//a", "a/*", "+", "a#b", "A"])
_word = st.sampled_from(["read", "list", "sudo", "deny", "update", "patch", "scan"])
_attribute = st.one_of(
    st.tuples(st.lists(_word, max_size=3), st.sampled_from(["", ","])).map(
        lambda parts: f"capabilities = {json.dumps(parts[0])[:-1]}{parts[1] if parts[0] else ''}]"
    ),
    st.sampled_from(["read", "write", "sudo", "deny"]).map(lambda word: f'policy = "{word}"'),
)
_stanza = st.tuples(_gap, _path, _gap, _attribute, _gap, _gap).map(
    lambda parts: f'path{parts[0]}"{parts[1]}"{parts[2]}{{{parts[4]}{parts[3]}\n}}{parts[5]}'
)
plain_texts = st.lists(_stanza, min_size=1, max_size=4).map("".join)
_oddity = st.sampled_from(
    [
        "\x0b",
        "\r",
        "\ufeff",
        "\xa0",
        "\\u0062",
        "${a}",
        "%{a}",
        ";",
        ",",
        '"',
        "{",
        "}",
        "/*",
        "*/",
        "#",
        "//",
        '\ncapabilities = ["sudo"]\n',
        '\npolicy = "write"\n',
        '\nexpiration = "2020-01-01T00:00:00Z"\n',
        "<<E\nE\n",
    ],
)
odd_texts = st.one_of(
    plain_texts,
    st.tuples(plain_texts, _oddity, st.integers(0, 60)).map(
        lambda parts: parts[0][: parts[2]] + parts[1] + parts[0][parts[2] :]
    ),
)
PROBES = ("a", "b", "A", "ab", "a/x", "a#b", "c")


def _allowed(rules: Rules, probe: str) -> frozenset[str]:
    """What rules over the paths of `odd_texts` allow: the exact path counts before a glob."""
    glob = "a/*" if probe.startswith("a/") else "+"
    return rules.get(probe, rules.get(glob, frozenset())) - {"deny"}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(odd_texts)
def test_whatever_we_can_read_means_to_the_server_what_it_means_to_us(vault: VaultWorld, text: str) -> None:
    """However odd a policy is: what we read of it at all, and the server takes, allows there what we say.

    What more a live policy allows must never be hidden by how it is written.
    """
    read = parse(text)
    name = f"odd-{next(_numbers)}"
    if read is None or vault.raw.status("POST", f"sys/policies/acl/{name}", {"policy": text}) >= 300:
        return
    token = vault.raw("POST", "auth/token/create", {"policies": [name], "no_default_policy": True})["client_token"]
    able = vault.raw("POST", "sys/capabilities", {"token": token, "paths": list(PROBES)})
    assert {probe: frozenset(able[probe]) - {"deny"} for probe in PROBES} == {
        probe: _allowed(read, probe) for probe in PROBES
    }


@settings(max_examples=40)
@given(roles)
def test_rotating_never_reads_and_reading_never_lists(declared: VaultRole) -> None:
    """A capability is there only because a declared action needs it."""
    definition = compile_role("r", declared, vendor="v", principal="p").definition
    assert definition is not None
    allowed = dict(json.loads(definition.meaning))
    assert ("read" in allowed.get("secret/data/acme/prod/db", [])) == ("read" in declared.actions)
    assert any("list" in words for words in allowed.values()) == ("list" in declared.actions)
    assert not any("sudo" in words for words in allowed.values())
    assert meaning(definition.text) == definition.meaning


def test_names_of_two_bindings_never_meet() -> None:
    """One policy belongs to one binding, whatever the names are."""
    declared = role("read")
    names = [("a", "b", "c"), ("a.b", "c", "d"), ("a", "b.c", "d"), ("a-b", "c", "d")]
    made = [compile_role(called, declared, vendor=v, principal=p).native.name for v, p, called in names]
    assert len(set(made)) == len(made)
    assert made[0] == "vendor_a_b_c"
