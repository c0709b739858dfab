"""What follows from the runs of the last day: pure, over records that were read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from reconciler.ledger.records import Intend, RunRecord
from reconciler.ledger.state import TargetState
from reconciler.ports import OutcomeStatus

WINDOW = timedelta(hours=24)
"""The guard's rolling day."""

READ = timedelta(days=2)
"""How old a run may have begun and still have written within the window: no run lasts a day."""

ABANDONED = timedelta(hours=1)
"""A run that has recorded nothing for so long writes no more; a later verification has seen what it did."""

Spent = Mapping[tuple[str, str], frozenset[str]]
"""Ids of the changes that counted, by the target's stable id and the limit."""


def spent(runs: Iterable[RunRecord], now: datetime) -> Spent:
    """What counts against each limit: what was written less than 24 hours before `now`, or later (clocks go back).

    A change of a run that never ended and says nothing of it may have been written, so it counts; so does one that
    failed, because a lost answer looks the same. It is planned again under the same id, so it counts once.
    """
    counted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for run in runs:
        for intent, at in _written(run):
            if now - at < WINDOW:
                for limit in intent.counts:
                    counted[intent.stable_id, limit].add(intent.id)
    return {key: frozenset(ids) for key, ids in counted.items()}


def _written(run: RunRecord) -> Iterator[tuple[Intend, datetime]]:
    """The changes that were written, or may have been, and the latest instant at which that is known to be so."""
    results = {result.id: result for result in run.results}
    last = run.last
    for intent in run.intents:
        result = results.get(intent.id)
        if result is None and run.end is None:
            yield intent, last
        elif result is not None and result.status is not OutcomeStatus.ALREADY:
            yield intent, result.at


def overlaid(state: TargetState, runs: Iterable[RunRecord]) -> TargetState:
    """The state, with what runs that have not ended may have written since it was kept."""
    runs = tuple(runs)
    for run in runs:
        mine = [intent for intent in run.intents if intent.stable_id == state.stable_id]
        if mine and run.end is None and not _seen(mine[0].target, run.last + ABANDONED, runs):
            state = state.expecting(mine, {})
    return state


def _seen(target: str, since: datetime, runs: Iterable[RunRecord]) -> bool:
    """Whether a run verified the target after an instant."""
    return any(
        run.end is not None and run.end.at > since and target in run.end.targets and run.end.targets[target].verified
        for run in runs
    )


def folders(now: datetime) -> tuple[str, ...]:
    """The folders to list for finding the runs that may count: of the day to begin with, its month, year, and all."""
    first = (now - READ).astimezone(UTC)
    return "runs/", first.strftime("runs/%Y/"), first.strftime("runs/%Y/%m/")


def recent(paths: Iterable[str], now: datetime) -> list[str]:
    """Those of the listed folders whose runs are to be read: the last days, and whatever lies in the future."""
    first = (now - READ).astimezone(UTC).strftime("runs/%Y/%m/%d")
    return sorted(path for path in paths if path >= first[: len(path)] and not first.startswith(f"{path}/"))
