"""An import changes nothing: not before its gaps are filled, and not after."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from reconciler.adopt.adopt import Setting, adopt
from reconciler.adopt.drafts import Adopted
from reconciler.adopt.part import Seen
from reconciler.desired.declared import Declared
from reconciler.desired.load import Declarations
from reconciler.desired.resolve import resolve
from reconciler.desired.source import Source
from reconciler.model import BindingKey, Entitlements
from reconciler.plan.changes import AnyChange, GrantBinding, RevokeBinding, SetEnd
from reconciler.plan.diff import diff
from reconciler.plan.memory import TargetMemory
from reconciler.plan.weighing import weigh
from tests.adopt.worlds import BASE, NOW, Found, filled, populations, repository
from tests.desired.kinds import KINDS
from tests.desired.world import World

laws = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    source = World.make(tmp_path_factory.mktemp("import") / "repo").source()
    yield source
    source.repo.close()


def resolved(declarations: Declarations) -> Entitlements:
    return resolve(declarations, KINDS)


def imported(base: Source, found: Found, exists: frozenset[str] = frozenset()) -> Adopted:
    now = repository(base, BASE)
    setting = Setting(now, resolved(now), KINDS, NOW, exists=frozenset(BASE) | exists)
    return adopt(setting, [Seen("crm", found.live, found.adoption)])


def with_drafts(base: Source, adopted: Adopted, *, decided: bool) -> Declarations:
    drafts = {draft.path: filled(draft.text) if decided else draft.text for draft in adopted.drafts}
    assert not set(drafts) & set(BASE)
    return repository(base, {**BASE, **drafts})


def planned(declarations: Declarations, found: Found) -> list[AnyChange]:
    asked = resolved(declarations)
    memory = TargetMemory(found.live.stable_id)
    return diff(weigh(asked, found.live, memory, NOW), found.live, memory)[0]


def written(adopted: Adopted) -> frozenset[BindingKey]:
    return frozenset(key for draft in adopted.drafts for _, key in draft.bindings)


def accounts(adopted: Adopted) -> frozenset[str]:
    return frozenset(name for draft in adopted.drafts for _, name in draft.accounts)


@laws
@given(found=populations())
def test_what_is_written_is_valid_and_every_gap_is_listed(base: Source, found: Found) -> None:
    adopted = imported(base, found)
    declarations = with_drafts(base, adopted, decided=False)
    assert [str(problem) for problem in declarations.problems] == []
    assert len(declarations.gaps) == sum(draft.gaps for draft in adopted.drafts)
    lines = {draft.path: draft.text.splitlines() for draft in adopted.drafts}
    for gap in declarations.gaps:
        here = lines[gap.at.file.removeprefix("desired-state/")][gap.at.line - 1 :][:4]
        assert any("undecided" in line for line in here)
    assert not with_drafts(base, adopted, decided=True).gaps


@laws
@given(found=populations())
def test_until_the_gaps_are_filled_nothing_of_it_is_given_or_taken(base: Source, found: Found) -> None:
    adopted = imported(base, found)
    ours = accounts(adopted)
    changes = planned(with_drafts(base, adopted, decided=False), found)
    assert not [change for change in changes if change.account_name in ours]


@laws
@given(found=populations())
def test_once_they_are_filled_the_plan_gives_and_takes_nothing_that_was_written(base: Source, found: Found) -> None:
    """Only an end is set where the target had none, and could have one."""
    adopted = imported(base, found)
    declarations = with_drafts(base, adopted, decided=True)
    assert not declarations.problems
    changes = planned(declarations, found)
    ours, kept = accounts(adopted), written(adopted)
    live = {binding.key: binding for binding in found.live.bindings}
    for change in changes:
        if change.account_name not in ours:
            continue
        assert change.native is not None
        key = BindingKey(change.account, change.native, change.scope)
        assert isinstance(change, SetEnd | RevokeBinding), "nothing is given that is not live"
        if isinstance(change, SetEnd):
            assert live[key].until is None
            assert key.native.kind not in found.live.endless
        else:
            assert key not in kept
    assert not [change for change in changes if isinstance(change, GrantBinding) and change.account_name in ours]


@laws
@given(found=populations())
def test_what_is_written_and_what_is_left_is_everything(base: Source, found: Found) -> None:
    adopted = imported(base, found)
    asked = resolved(repository(base, BASE))
    claimed = {claim.key for claim in asked.claims if claim.target == "crm"}
    mine = {id_: one for id_, one in found.live.accounts.items() if one.inside and not one.keys & claimed}
    live = {binding.key for binding in found.live.bindings if binding.key.account in mine}
    assert adopted.live == len(live)
    assert adopted.written == len(written(adopted))
    assert written(adopted) <= live
    left_whole = {one.account for one in adopted.left if not one.native}
    left_single = [one for one in adopted.left if one.native]
    missing = [key for key in live - written(adopted) if mine[key.account].name not in left_whole]
    assert len(missing) == len(left_single)
    holding = {key.account for key in live}
    used = {one.name for id_, one in mine.items() if one.enabled or id_ in holding}
    assert used == accounts(adopted) | left_whole


@laws
@given(found=populations())
def test_no_file_that_is_there_is_written(base: Source, found: Found) -> None:
    """A second import beside the first writes no file of the first again, and no account twice."""
    first = imported(base, found)
    paths = frozenset(draft.path for draft in first.drafts)
    second = imported(base, found, exists=paths)
    assert not paths & {draft.path for draft in second.drafts}
    beside = repository(base, {**BASE, **{draft.path: draft.text for draft in first.drafts}})
    setting = Setting(beside, resolved(beside), KINDS, NOW, exists=paths | frozenset(BASE))
    again = adopt(setting, [Seen("crm", found.live, found.adoption)])
    assert not accounts(again)
    assert not [draft for draft in again.drafts if draft.kind.value == "DataLabel"]


@laws
@given(found=populations())
def test_the_same_population_is_the_same_files(base: Source, found: Found) -> None:
    assert imported(base, found) == imported(base, found)


def test_the_repository_of_these_laws_is_valid(base: Source) -> None:
    declarations = repository(base, BASE)
    assert not declarations.problems
    assert all(isinstance(vendor, Declared) for vendor in declarations.vendors.values())
