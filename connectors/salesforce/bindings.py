"""Writes what users hold: grants, revocations and ends, in bulk, each after looking at what stands there now."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from connectors.salesforce.client import Client
from connectors.salesforce.faults import DUPLICATE
from connectors.salesforce.mapping import Standing, wire
from connectors.salesforce.outcomes import NO_END, already, done, failed, revoked
from connectors.salesforce.records import Record, Records, Result
from connectors.salesforce.survey import Survey
from connectors.salesforce.words import ASSIGNED
from reconciler.model import BindingKey, Native, utc
from reconciler.plan.changes import GrantBinding, RevokeBinding, SetEnd
from reconciler.ports import Outcome

ASSIGNMENT = "PermissionSetAssignment"
MEMBER = "GroupMember"
_ROLE_FIELD = {"permissionSet": "PermissionSetId", "permissionSetGroup": "PermissionSetGroupId"}

KEPT = "the org keeps it as expired, takes no second one and lets nobody change it; delete it for good in Setup"

Ending = GrantBinding | SetEnd


@dataclass(frozen=True, slots=True)
class _Stand:
    """What the accounts concerned hold, by binding; more than one row may make the same one."""

    rows: Mapping[BindingKey, Sequence[Standing]]

    def of(self, change: Ending | RevokeBinding) -> Sequence[Standing]:
        return () if change.native is None else self.rows.get(BindingKey(change.account, change.native), ())


class Bindings:
    """Writes changes of bindings; every method gives one outcome for each change, or raises before it wrote any."""

    def __init__(self, client: Client, survey: Survey) -> None:
        self._records = Records(client)
        self._survey = survey

    def grant(self, changes: Sequence[GrantBinding]) -> Iterator[Outcome]:
        """Create what is not there yet; what is there gets the declared end."""
        ids = self._survey.roles({change.native for change in changes if change.native is not None})
        stand = self._stand(changes)
        new: list[GrantBinding] = []
        for change in changes:
            if stand.of(change):
                continue
            if change.native is None or change.native not in ids:
                yield failed(change, "the org has no such role (any more); plan again")
            else:
                new.append(change)
        yield from self._end([change for change in changes if stand.of(change)], stand)
        yield from self._create(new, ids)

    def set_end(self, changes: Sequence[SetEnd]) -> Iterator[Outcome]:
        """Move the end of what is there."""
        stand = self._stand(changes)
        there: list[SetEnd] = []
        for change in changes:
            if not stand.of(change):
                yield failed(change, "the binding is no longer there; plan again")
            elif self._until(change) != change.until:
                yield failed(change, NO_END)
            else:
                there.append(change)
        yield from self._end(there, stand)

    def revoke(self, changes: Sequence[RevokeBinding]) -> Iterator[Outcome]:
        """Delete every row that makes one of these bindings."""
        stand = self._stand(changes)
        for kind, some in groupby(sorted(changes, key=_object), key=_object):
            there = list(some)
            ids = [row.id for change in there for row in stand.of(change)]
            results = dict(zip(ids, self._records.delete(kind, ids), strict=True))
            written = [(change, [results[row.id] for row in stand.of(change)]) for change in there]
            yield from revoked(written, self._still)

    def _still(self, changes: Sequence[RevokeBinding]) -> Callable[[RevokeBinding], bool]:
        now = self._stand(changes)
        return lambda change: bool(now.of(change))

    def _stand(self, changes: Sequence[Ending | RevokeBinding], *, lapsed: bool = False) -> _Stand:
        rows: dict[BindingKey, list[Standing]] = {}
        for row in self._survey.standings({change.account for change in changes}, lapsed=lapsed):
            if row.active != lapsed:
                rows.setdefault(row.key, []).append(row)
        return _Stand(rows)

    def _create(self, changes: Sequence[GrantBinding], ids: Mapping[Native, str]) -> Iterator[Outcome]:
        taken: list[GrantBinding] = []
        endless: list[GrantBinding] = []
        lost: list[tuple[GrantBinding, Result]] = []
        for kind, some in groupby(sorted(changes, key=_object), key=_object):
            there = list(some)
            records = [self._record(change, ids) for change in there]
            for change, result in zip(there, self._records.create(kind, records), strict=True):
                if result.done:
                    yield done(change, "" if self._until(change) == change.until else NO_END)
                elif result.code == DUPLICATE:
                    taken.append(change)
                elif result.endless and self._survey.expiry is not False:
                    endless.append(change)
                elif result.uncertain:
                    lost.append((change, result))
                else:
                    yield failed(change, result.text)
        if taken:
            yield from self._take_over(taken)
        if lost:
            yield from self._look_again(lost)
        if endless:
            # The org turns out to keep no ends, as one where they are not switched on: it is told none from now on.
            self._survey.expiry = False
            yield from self._create(endless, ids)

    def _record(self, change: GrantBinding, ids: Mapping[Native, str]) -> Record:
        native = change.native
        if native is None:  # pragma: no cover  callers leave these out
            return {}
        if native.kind not in ASSIGNED:
            return {"GroupId": ids[native], "UserOrGroupId": change.account}
        record = {"AssigneeId": change.account, _ROLE_FIELD[native.kind]: ids[native]}
        return record | self._ends(change.until)

    def _ends(self, until: datetime | None) -> dict[str, str | None]:
        """The field that carries the end, in an org that has it."""
        if self._survey.expiry is False:
            return {}
        return {"ExpirationDate": None if until is None else wire(until)}

    def _take_over(self, changes: Sequence[GrantBinding]) -> Iterator[Outcome]:
        """The org holds one like it: made meanwhile by somebody else, or expired and kept as a soft-deleted row."""
        now = self._stand(changes)
        before = _Stand({}) if self._survey.expiry is False else self._stand(changes, lapsed=True)
        standing = [change for change in changes if now.of(change)]
        expired = [change for change in changes if not now.of(change) and before.of(change)]
        yield from self._end(standing, now)
        yield from self._end(expired, before)
        for change in changes:
            if not now.of(change) and not before.of(change):
                yield failed(change, "the org says that it holds this already, and does not show it; run again")

    def _look_again(self, lost: Sequence[tuple[GrantBinding, Result]]) -> Iterator[Outcome]:
        """No answer came to a creation: what is there was created, the rest is left to the next run."""
        stand = self._stand([change for change, _ in lost])
        for change, result in lost:
            if any(row.until == self._until(change) for row in stand.of(change)):
                yield done(change, "its answer was lost; found by looking again")
            else:
                yield failed(change, result.text)

    def _until(self, change: Ending) -> datetime | None:
        """The end that the row of this change can have in this org."""
        carries = change.native is not None and change.native.kind in ASSIGNED and self._survey.expiry is not False
        return change.until if carries else None

    def _end(self, changes: Sequence[Ending], stand: _Stand) -> Iterator[Outcome]:
        """Give existing rows the declared end."""
        wrong = [(change, row) for change in changes for row in stand.of(change) if self._is_wrong(change, row)]
        records = [{"id": row.id, **self._ends(change.until)} for change, row in wrong]
        results: dict[str, list[Result]] = {}
        for (change, _), result in zip(wrong, self._records.update(ASSIGNMENT, records), strict=True):
            results.setdefault(change.id, []).append(result)
        for change in changes:
            bad = [result for result in results.get(change.id, ()) if not result.done]
            if change.id not in results:
                yield already(change, "it was so before")
            elif bad:
                kept = all(result.gone for result in bad) and not any(row.active for row in stand.of(change))
                yield failed(change, KEPT if kept else bad[0].text)
            else:
                yield done(change, f"it was there; ends {_day(change.until)} now")

    def _is_wrong(self, change: Ending, row: Standing) -> bool:
        return not row.active or row.until != self._until(change)


def _day(until: datetime | None) -> str:
    return "never" if until is None else utc(until)


def _object(change: Ending | RevokeBinding) -> str:
    """Which object holds this kind of binding."""
    return ASSIGNMENT if change.native is not None and change.native.kind in ASSIGNED else MEMBER
