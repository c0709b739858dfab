"""What is known of a vendor that leaves, from everything that its file and its roles' files ever said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.desired.departure import Departure, departure
from reconciler.desired.history import History
from reconciler.errors import DeclarationError, GuestlistError
from reconciler.model import AccountKey
from tests.desired.kinds import KINDS
from tests.desired.world import ACME, World, role

NOW = datetime(2026, 11, 21, tzinfo=UTC)
AFTER = datetime(2028, 1, 2, tzinfo=UTC)
READ = role("read", "{connector: vault, objects: [{engine: kv, mount: s, path: b}], actions: [read]}")


def leaving(world: World, name: str = "acme", now: datetime = NOW) -> Departure:
    declarations = world.load()
    return departure(name, declarations, History(declarations.source, KINDS), now)


def roles(found: Departure) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(once.target, once.role): once.principals for once in found.held}


def test_whose_contract_lasts_has_not_left(world: World) -> None:
    """With everything that would be left: accounts by target, roles with those who hold them, and the owner."""
    found = leaving(world)
    assert not found.ended
    assert found.since == datetime(2027, 12, 31, 23, tzinfo=UTC)
    assert found.owner == "Liam.Ford (liam.ford)"
    assert roles(found) == {("crm", "triage"): ("desk", "maria.k"), ("vault", "rotate"): ("bot",)}
    assert set(found.keys) == {"crm", "vault"}


def test_whose_contract_is_over_has_left(world: World) -> None:
    found = leaving(world, now=AFTER)
    assert found.ended
    assert "C-1 ended" in found.why


def test_whose_file_was_removed_has_left_with_all_it_ever_said(world: World) -> None:
    """What an older version named counts: an account that was another one's name, a role that was taken away."""
    world.commit({"vendors/acme.yaml": ACME.replace("maria@acme", "mary@acme"), "roles/read.yaml": READ})
    world.commit({"vendors/acme.yaml": ACME.replace("role: rotate", "role: read")})
    commit = world.commit({"vendors/acme.yaml": None, "roles/read.yaml": None})
    found = leaving(world)
    assert found.ended
    assert commit[:12] in found.why
    assert abs(found.since - datetime.now(UTC)) < timedelta(minutes=10)
    assert {AccountKey("username", f"{name}@acme.example") for name in ("maria", "mary")} <= found.keys["crm"]
    assert roles(found)["vault", "read"] == ("bot",)
    assert roles(found)["vault", "rotate"] == ("bot",)
    assert [len(once.specs) for once in found.held if once.role == "read"] == [1]


def test_a_role_counts_as_all_that_it_ever_was(world: World) -> None:
    """A role that was narrowed has let people read what it no longer names."""
    wide = "{connector: vault, objects: [{engine: kv, mount: s, path: crown-jewels}], actions: [read]}"
    world.commit({"roles/rotate.yaml": role("rotate", wide)})
    world.commit({"roles/rotate.yaml": role("rotate", wide.replace("crown-jewels", "a"))})
    (once,) = [once for once in leaving(world).held if once.role == "rotate"]
    assert len(once.specs) == 3


def test_a_vendor_that_came_back_is_one_vendor(world: World) -> None:
    """Removed and declared again: not left, and its past still counts."""
    world.commit({"vendors/acme.yaml": None})
    world.commit({"vendors/acme.yaml": ACME.replace("role: rotate", "role: rotate").replace("[bot]", "[maria.k]")})
    found = leaving(world)
    assert not found.ended
    assert roles(found)["vault", "rotate"] == ("bot", "maria.k")


def test_a_vendor_that_never_was_is_an_error(world: World) -> None:
    with pytest.raises(GuestlistError, match="no vendor"):
        leaving(world, "acne")


def test_a_broken_file_leaves_open_whether_anybody_leaves(world: World) -> None:
    """Doubt is no departure."""
    world.commit({"vendors/acme.yaml": ACME + "  nonsense: 1\n"})
    with pytest.raises(DeclarationError, match="repair it"):
        leaving(world)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["rotate", "read", "gone", "broken"]), min_size=1, max_size=6))
def test_nothing_that_was_once_granted_is_forgotten(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    """Whatever the history: every role of a valid version is there, however often the file went and came."""
    world = World.make(tmp_path_factory.mktemp("history") / "repo")
    world.commit({"roles/read.yaml": READ})
    granted = {"rotate"}
    there = True
    for step in steps:
        if step == "gone":
            world.commit({"vendors/acme.yaml": None} if there else {})
            there = False
        else:
            text = ACME + "  nonsense: 1\n" if step == "broken" else ACME.replace("role: rotate", f"role: {step}")
            world.commit({"vendors/acme.yaml": text})
            granted |= {step} - {"broken"}
            there = True
    if steps[-1] == "broken":
        with pytest.raises(DeclarationError):
            leaving(world)
        return
    found = leaving(world)
    assert {role for target, role in roles(found) if target == "vault"} == granted
    assert found.ended == (not there)
