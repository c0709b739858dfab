"""A live policy as a role: compiled again, it means the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.vault.adoption import Adopted, adopted
from connectors.vault.compile import compile_role
from connectors.vault.declarations import VaultRole
from connectors.vault.engines import ENGINES, Action, Engine
from connectors.vault.policies import meaning, parse, render
from connectors.vault.sandbox.seeds import PLATFORM_POLICIES, VENDOR_POLICIES

MOUNTS: dict[str, Engine] = {
    "secret": "kv", "old": "kv-v1", "keys": "transit", "db": "database", "ca": "pki", "hosts": "ssh", "team/kv": "kv",
}  # fmt: skip
NAMES = st.sampled_from(["a", "b", "data", "creds", "keys", "acme"])


def compiled(found: Adopted) -> str:
    """What it means."""
    definition = compile_role("r", VaultRole.model_validate(found.spec), vendor="v", principal="p").definition
    assert definition is not None
    return definition.meaning


@st.composite
def roles(draw: st.DrawFn) -> VaultRole:
    """A role of one engine, with one to three objects."""
    mount = draw(st.sampled_from(sorted(MOUNTS)))
    table = ENGINES[MOUNTS[mount]]
    paths = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    if table.folders:
        paths = [f"{draw(NAMES)}/{path}" for path in paths]
    actions: list[Action] = draw(st.lists(st.sampled_from(sorted(table.actions)), min_size=1, unique=True))
    longest = {"longest": "1h"} if set(actions) & table.issuing else {}
    objects = [{"engine": MOUNTS[mount], "mount": mount, "path": path} for path in paths]
    return VaultRole.model_validate({"connector": "vault", "objects": objects, "actions": actions, **longest})


@given(role=roles(), known=st.booleans())
def test_what_was_compiled_from_a_role_is_read_as_one_that_means_the_same(*, role: VaultRole, known: bool) -> None:
    """Whether the mounts are known or guessed; where they are known, never word for word."""
    definition = compile_role("r", role, vendor="v", principal="p").definition
    assert definition is not None
    found = adopted(definition.text, MOUNTS if known else None)
    assert compiled(found) == definition.meaning
    if known:
        # A listing without folders names no object, so nobody knows of which one it was a role's.
        bare = set(role.actions) == {"list"} and not ENGINES[role.objects[0].engine].folders
        assert found.verbatim == bare
    if known and not found.verbatim:
        engines = {thing["engine"] for thing in found.spec["objects"]}  # type: ignore[attr-defined]
        assert engines == {thing.engine for thing in role.objects}


@given(
    rules=st.dictionaries(
        st.lists(
            st.sampled_from(["secret", "data", "metadata", "a", "*", "+", "keys", "creds", "sys"]),
            min_size=1,
            max_size=4,
        ).map("/".join),
        st.frozensets(
            st.sampled_from(["create", "read", "update", "patch", "delete", "list", "sudo", "deny"]), min_size=1
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_policy_is_adopted_as_something_that_means_the_same(rules: dict[str, frozenset[str]]) -> None:
    """Globs, sudo, deny, odd paths: what is made of them means what they meant, however little of it can be said."""
    text = render(rules)
    assert compiled(adopted(text, MOUNTS)) == meaning(text)
    assert compiled(adopted(text)) == meaning(text)


@given(text=st.text(max_size=80))
def test_what_is_no_policy_that_we_can_read_is_kept_word_for_word(text: str) -> None:
    found = adopted(text)
    if parse(text) is None:
        assert found.verbatim
        assert found.spec["policy"] == text
    assert found.review or parse(text) is not None


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        (
            'path "secret/data/acme/prod/db" { capabilities = ["read"] }',
            {"objects": [{"engine": "kv", "mount": "secret", "path": "acme/prod/db"}], "actions": ["read"]},
        ),
        (
            (
                'path "secret/data/a" { capabilities = ["patch", "update", "create"] }'
                ' path "secret/metadata/a" { policy = "read" }'
            ),
            {
                "objects": [{"engine": "kv", "mount": "secret", "path": "a"}],
                "actions": ["list", "view-metadata", "rotate"],
            },
        ),
        (
            'path "old/data/a" { capabilities = ["read"] }',
            {"objects": [{"engine": "kv-v1", "mount": "old", "path": "data/a"}], "actions": ["read"]},
        ),
        (
            'path "team/kv/data/a" { capabilities = ["read"] }\npath "team/kv/data/b" { capabilities = ["read"] }',
            {
                "objects": [
                    {"engine": "kv", "mount": "team/kv", "path": "a"},
                    {"engine": "kv", "mount": "team/kv", "path": "b"},
                ],
                "actions": ["read"],
            },
        ),
    ],
)
def test_hand_written_policies_become_what_a_person_would_write(text: str, spec: dict[str, object]) -> None:
    found = adopted(text, MOUNTS)
    assert found.spec == {"connector": "vault", **spec}
    assert found.review == ()


def test_objects_with_different_actions_are_kept_word_for_word_with_advice() -> None:
    text = 'path "secret/data/a" { capabilities = ["read"] }\npath "secret/metadata/b" { capabilities = ["list"] }'
    found = adopted(text, MOUNTS)
    assert found.verbatim
    assert "a role for each" in found.review[1]


def test_what_is_guessed_and_what_is_filled_in_is_marked() -> None:
    """An engine that nobody saw, and a longest life that no policy says."""
    found = adopted('path "pki/issue/web" { capabilities = ["update"] }')
    assert len(found.review) == 2
    assert "pki" in found.review[0]
    assert found.spec["longest"] == "1h"


@pytest.mark.parametrize("text", [*PLATFORM_POLICIES.values(), *(one.text for one in VENDOR_POLICIES.values())])
def test_the_demos_policies_round_trip(text: str) -> None:
    """Those with a glob only word for word, and so marked."""
    found = adopted(text, {"secret": "kv"})
    assert compiled(found) == meaning(text)
    assert found.verbatim == ("*" in text)


class TestVerbatim:
    """A role that says a policy word for word."""

    TEXT = 'path "secret/*" {\n  capabilities = ["read"]\n  denied_parameters = { "x" = [] }\n}\n'

    def test_it_is_written_as_it_is_and_is_marked_as_a_risk(self) -> None:
        role = VaultRole.model_validate({"connector": "vault", "policy": self.TEXT})
        definition = compile_role("r", role, vendor="v", principal="p").definition
        assert definition is not None
        assert (definition.text, definition.meaning) == (self.TEXT, f"text:{self.TEXT}")
        assert [(risk.flag, risk.high) for risk in definition.risks] == [("anything", True), ("verbatim", False)]

    @pytest.mark.parametrize(
        "more", [{"actions": ["read"]}, {"longest": "1h"}, {"objects": [{"engine": "kv", "mount": "s", "path": "a"}]}]
    )
    def test_it_says_nothing_else(self, more: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="word for word"):
            VaultRole.model_validate({"connector": "vault", "policy": self.TEXT, **more})

    def test_a_role_says_something(self) -> None:
        with pytest.raises(ValueError, match="objects and actions"):
            VaultRole.model_validate({"connector": "vault"})
