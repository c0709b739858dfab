"""The laws of looking, over random worlds: what could not be read completely is not planned."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.models import EnvReference, Limit, TargetSpec
from reconciler.desired.models import Guard as Limits
from reconciler.errors import TargetError, Unauthorized, Unreachable, Unreadable
from reconciler.model import Live, Mode, ReasonCode
from reconciler.plan.changes import AnyChange
from reconciler.ports import Connector, Finding, Outcome, Sought
from reconciler.survey import Question, Survey, survey
from tests.property.strategies import NOW, TARGET, World, worlds

GENEROUS = Limit(max=1000, percent=100)
SPEC = TargetSpec.model_validate(
    {
        "connector": "memory",
        "mode": Mode.ENFORCE,
        "url": EnvReference(env="GUESTLIST_URL"),
        "guard": Limits(grants=GENEROUS, revocations=GENEROUS, disabled=GENEROUS),
    }
)


class Showing:
    """A connector that shows one reading, or fails."""

    def __init__(self, shown: Live | TargetError) -> None:
        self._shown = shown

    def observe(self, sought: Sought) -> Live:
        del sought
        if isinstance(self._shown, TargetError):
            raise self._shown
        return self._shown

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        raise AssertionError(changes)

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:
        raise AssertionError(accounts)

    def diagnose(self) -> Sequence[Finding]:
        return ()

    def close(self) -> None:
        pass


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW


def seen(world: World, shown: Live | TargetError) -> Survey:
    connectors: Mapping[str, Connector | TargetError] = {TARGET: Showing(shown)}
    return survey(Question("r", NOW, {TARGET: SPEC}, world.asked), connectors, Still())


@given(worlds(), st.lists(st.sampled_from(("users", "assignments", "groups")), min_size=1, unique=True))
def test_an_incomplete_reading_changes_nothing(world: World, gaps: list[str]) -> None:
    """Whatever else was read, and however much is missing from it: nothing is planned, and it is said."""
    plan = seen(world, replace(world.live, gaps=tuple(gaps))).plan
    assert plan.changes == ()
    assert {hold.reason.code for hold in plan.held} == {ReasonCode.UNREADABLE}
    assert [view.complete for view in plan.targets] == [False]


@pytest.mark.parametrize("error", [Unreachable("gone"), Unauthorized("no"), Unreadable("half")])
@given(worlds())
def test_an_error_changes_nothing(error: TargetError, world: World) -> None:
    """An answer that did not come is not an empty answer."""
    plan = seen(world, error).plan
    assert (plan.changes, len(plan.held)) == ((), 1)


@given(worlds(), st.integers(min_value=-600, max_value=600))
def test_a_clock_apart_changes_nothing(world: World, seconds: int) -> None:
    """More than two minutes either way, and nobody knows whose end counts."""
    plan = seen(world, replace(world.live, at=NOW + timedelta(seconds=seconds))).plan
    skewed = {hold.reason.code for hold in plan.held} == {ReasonCode.CLOCK_SKEW}
    assert skewed is (abs(seconds) > 120)
    assert not (skewed and plan.changes)
