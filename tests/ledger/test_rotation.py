"""Rotations in the ledger: nothing is replaced that was not recorded first, and a kill leaves the truth behind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import cast

import pytest
from git import Repo

from reconciler.errors import ExitCode, LedgerError
from reconciler.ledger import Ledger, Rotating, Rotation, history, records
from reconciler.ledger.store import Store
from reconciler.model import Live
from reconciler.offboard import Offboarding, look, rotate
from reconciler.ports import Learned, OutcomeStatus, Rotated
from tests.ledger.worlds import NOW
from tests.test_offboard import Kind, Made, Place, leaving, live, place

ITEMS = tuple(Learned("transit", f"t/{number}", "write a new version", within=7, rotates=True) for number in range(4))


class _Killed(BaseException):
    """As if the process had ended here."""


@dataclass
class Turning(Made):
    """A target that rotates one thing after the other, and looks into the ledger at each."""

    live: Live = field(default_factory=live)
    repo: Repo | None = None
    killed_after: int = 99
    fails: str = ""

    def rotate(self, items: Sequence[Learned]) -> Iterator[Rotated]:
        for number, item in enumerate(items):
            assert self.repo is not None
            (record,) = recorded(self.repo)
            assert item.name in [native[1] for native in (one.native for one in record.intents) if native]
            assert len(record.results) == number
            if number == self.killed_after:
                raise _Killed
            self.turned.append(item)
            yield Rotated(item, done=item.name != self.fails, text="no" if item.name == self.fails else "")


class Turns(Kind):
    def learned(self, role: object, target: object) -> Sequence[Learned]:  # noqa: ARG002
        return ITEMS


def there(made: Turning) -> Place:
    found = place(made)
    return Place(found.targets, cast("dict[str, Kind]", {"made-up": Turns()}), found.connectors)  # type: ignore[arg-type]


def recorded(repo: Repo) -> list[records.RunRecord]:
    snapshot = Store(repo).snapshot()
    entries = [entry for entry in snapshot.entries("runs/", deep=True) if not entry.folder]
    contents = snapshot.contents(entry.id for entry in entries)
    return [records.read(entry.path, contents[entry.id]) for entry in entries]


def begin(repo: Repo, about: Sequence[Rotating]) -> Rotation:
    ticks = iter(range(1000))
    return Ledger.open(repo).begin_rotation("acme", "f" * 40, about, lambda: NOW + timedelta(seconds=next(ticks)))


def rotated(repo: Repo, made: Turning) -> Offboarding:
    where = there(made)
    found = look(leaving(), where, governed={}, others={})
    return rotate(found, where, partial(begin, repo))


def test_who_rotated_what_for_whom_when_and_what_came_of_it(repo: Repo) -> None:
    """Read by whoever reads runs; and nothing that a run is judged by changes."""
    repo.git.config("user.name", "Dana Reyes")
    repo.git.config("user.email", "dana.reyes@example.com")
    made = Turning(repo=repo, fails="t/2")
    assert rotated(repo, made).failed
    (record,) = recorded(repo)
    assert (record.begin.kind, record.begin.by) == ("rotation", "Dana Reyes <dana.reyes@example.com>")
    assert record.begin.narrowed_to.vendors == ("acme",)
    assert [(one.action, one.kind, one.target, one.stable_id, one.vendor, one.native) for one in record.intents] == [
        ("rotate", "secret", "vault", "v", "acme", ("transit", item.name)) for item in ITEMS
    ]
    said = {result.id: (result.status, result.text) for result in record.results}
    assert [said[one.id] for one in record.intents] == [
        (OutcomeStatus.FAILED, "no") if item.name == "t/2" else (OutcomeStatus.DONE, "") for item in ITEMS
    ]
    assert record.end is not None
    assert (record.end.exit, record.end.counts) == (
        int(ExitCode.ERROR),
        {"done": 3, "already": 0, "failed": 1, "unsent": 0},
    )
    assert record.begin.at <= min(one.at for one in record.results) <= record.end.at
    recalled = Ledger.open(repo).recall(["vault"], NOW)
    assert not recalled.problems
    assert not recalled.memory.spent
    assert not Ledger.open(repo).taken_from("acme")


@pytest.mark.parametrize("after", range(len(ITEMS)))
def test_a_kill_leaves_what_was_done_and_what_may_have_been(repo: Repo, after: int) -> None:
    """The record has no end; it can be read, holds nothing up, and the next rotation writes one of its own."""
    with pytest.raises(_Killed):
        rotated(repo, Turning(repo=repo, killed_after=after))
    (record,) = recorded(repo)
    assert record.end is None
    assert [one.native for one in record.intents] == [("transit", item.name) for item in ITEMS]
    done = {one.native for one in record.intents if one.id in {result.id for result in record.results}}
    assert done == {("transit", item.name) for item in ITEMS[:after]}
    assert not Ledger.open(repo).recall(["vault"], NOW).problems
    assert not history.spent([record], NOW)
    again = begin(repo, [Rotating("vault", "v", "transit", "t/0")])
    again.end()
    assert len(recorded(repo)) == 2


def test_what_cannot_be_recorded_is_not_replaced(repo: Repo) -> None:
    """Neither at the beginning, nor further once an outcome could not be written down."""
    made = Turning(repo=repo)
    where = there(made)
    found = look(leaving(), where, governed={}, others={})

    def refused(_: Sequence[Rotating]) -> Rotation:
        raise LedgerError("the ledger cannot be appended to")

    with pytest.raises(LedgerError, match="cannot be appended to"):
        rotate(found, where, refused)
    assert made.turned == []

    class Full(Rotation):
        def done(self, what: Rotating, *, failed: str | None = None) -> None:  # noqa: ARG002
            raise LedgerError("the disk is full")

    def full(about: Sequence[Rotating]) -> Rotation:
        one = begin(repo, about)
        return Full(one._store, one.path, one._record, one._clock)

    with pytest.raises(LedgerError, match="the disk is full"):
        rotate(found, where, full)
    assert made.turned == list(ITEMS[:1])
