"""The tables of the engines: what they say, and what is refused before any server is asked."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.vault.declarations import VaultRole
from connectors.vault.engines import ACTIONS, ENGINES, RESERVED, Action, Engine

EVERY = [(engine, action) for engine in ENGINES for action in ACTIONS]


def lasting(engine: str, action: str) -> dict[str, str]:
    """What a role says besides when its action hands out what outlives it."""
    issues = any(engine == name and action in table.issuing for name, table in ENGINES.items())
    return {"longest": "1h"} if issues else {}


def declared(engine: str, action: str, *, mount: str = "m", path: str = "x") -> VaultRole:
    return VaultRole.model_validate(
        {
            "connector": "vault",
            "objects": [{"engine": engine, "mount": mount, "path": path}],
            "actions": [action],
            **lasting(engine, action),
        }
    )


@pytest.mark.parametrize(("engine", "action"), EVERY)
def test_an_action_is_the_engines_or_an_error(engine: Engine, action: Action) -> None:
    """What an engine cannot do is an error that names the engine, the action, and what the engine has."""
    has = ENGINES[engine].actions
    if action in has:
        assert declared(engine, action).actions == (action,)
    else:
        said = f"the engine '{engine}' has no action '{action}': it has {', '.join(has)}"
        with pytest.raises(ValidationError, match=said):
            declared(engine, action)


@pytest.mark.parametrize(
    ("engine", "action"), [(engine, action) for engine in ENGINES for action in ENGINES[engine].actions]
)
def test_a_capability_is_given_only_by_the_action_that_is_about_it(engine: Engine, action: Action) -> None:
    """Only `list` lists, only `export` exports, rotating and writing read nothing, and nothing is ever sudo."""
    needs = ENGINES[engine].actions[action]
    capabilities = frozenset[str]().union(*(need.capabilities for need in needs))
    assert ("list" in capabilities) == (action == "list")
    assert any("export" in need.path for need in needs) == (action == "export")
    if "read" in capabilities:
        assert action in {"view-metadata", "read", "export", "issue"}
    assert not capabilities & {"sudo", "scan", "deny", "subscribe"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("kv-v2", "unknown engine 'kv-v2': did you mean 'kv'"),
        ("kv1", "did you mean 'kv-v1'"),
        ("transti", "did you mean 'transit'"),
        ("PKI", "did you mean 'pki'"),
        ("cubbyhole", "unknown engine 'cubbyhole': There are kv, kv-v1, transit, database, pki, ssh"),
    ],
)
def test_an_unknown_engine_names_the_nearest(word: str, said: str) -> None:
    """A mistyped engine is an error that says which one was meant, and never KV v1 for KV v2."""
    with pytest.raises(ValidationError, match=said):
        declared(word, "read")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("rotat", "unknown action 'rotat': did you mean 'rotate'"),
        ("READ", "did you mean 'read'"),
        ("view_metadata", "did you mean 'view-metadata'"),
        ("sudo", "unknown action 'sudo': There are list, view-metadata, read"),
    ],
)
def test_an_unknown_action_names_the_nearest(word: str, said: str) -> None:
    """A mistyped action is an error that says which one was meant."""
    with pytest.raises(ValidationError, match=said):
        declared("kv", word)


@pytest.mark.parametrize("engine", ENGINES)
def test_approving_is_refused_with_the_reason(engine: Engine) -> None:
    """There is nothing that `approve` could be compiled to."""
    with pytest.raises(
        ValidationError, match=r"control groups do not exist in OpenBao .only in HashiCorp Vault Enterprise"
    ):
        declared(engine, "approve")


def test_an_action_holds_for_every_object_of_a_role() -> None:
    """An action that only one of two engines has is an error, not left out for the other."""
    objects = [{"engine": engine, "mount": "m", "path": "x"} for engine in ("kv", "ssh")]
    with pytest.raises(ValidationError, match=r"'kv' has no action 'sign'.*make a role for each engine"):
        VaultRole.model_validate({"connector": "vault", "objects": objects, "actions": ["sign"]})


@pytest.mark.parametrize("engine", [engine for engine, table in ENGINES.items() if not table.folders])
@pytest.mark.parametrize("path", ["orders/rotate", "orders/config", "orders/1"])
def test_a_plain_name_has_no_slash(engine: Engine, path: str) -> None:
    """Where names have no folders, a slash would reach another call of the same object."""
    with pytest.raises(ValidationError, match=f"in the engine '{engine}' it is the name of a"):
        declared(engine, "view-metadata", path=path)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mount", [*sorted(RESERVED), "auth/token", "/sys/", "tenant/sys", "sys/policies"])
def test_the_servers_own_places_are_no_mounts(engine: Engine, mount: str) -> None:
    """No role reaches policies, tokens or identities by calling their place a secrets engine."""
    with pytest.raises(ValidationError, match="the server's own"):
        declared(engine, "list", mount=mount)


def test_the_servers_own_places_are_no_secrets_of_a_namespace() -> None:
    """KV v1 has no word between mount and path, so a namespace as the mount would open what is below it."""
    with pytest.raises(ValidationError, match="where the server itself answers"):
        declared("kv-v1", "write", mount="tenant", path="sys/policies/acl/x")


def test_the_documents_say_what_the_tables_say() -> None:
    """docs/concepts.md names every action once, with the engines that have it."""
    page = (Path(__file__).parents[3] / "docs" / "concepts.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"## Actions in a vault\n(.*?)\n## ", page, re.DOTALL)
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| (.*) \|$", section, re.MULTILINE)
    said = {action: list(ENGINES) if engines == "all" else re.findall(r"`(.*?)`", engines) for action, engines in rows}
    assert said == {action: [name for name, table in ENGINES.items() if action in table.actions] for action in ACTIONS}
    assert len(rows) == len(ACTIONS)
