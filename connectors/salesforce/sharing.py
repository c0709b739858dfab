"""Writes access to single records: manual shares, and places in the teams of accounts and cases.

None of them has an end of its own. Each is inert without a permission set that allows the object, and that ends by
itself. A share made by hand is for whoever has full access to the record, so guestlist's user needs Modify All on the
objects that it shares (Salesforce object reference, CaseShare and AccountShare: RowCause Manual).

A row is what it was observed as, by the same reading: it is called by all that it gives, and one that gives something
else by now is another binding, which the next plan sees.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from connectors.salesforce import holdings, levels, queries, scopes, soql, words
from connectors.salesforce.client import Client
from connectors.salesforce.mapping import Standing, identifier, text
from connectors.salesforce.outcomes import NO_END, already, done, failed, looked_again, revoked
from connectors.salesforce.reading import Row, read, whole
from connectors.salesforce.records import Record, Records, Result
from connectors.salesforce.soql import Query, select
from connectors.salesforce.unremovable import share_defaults
from connectors.salesforce.words import (
    ACCOUNT_SHARE,
    ACCOUNT_TEAM_ROLE,
    ACCOUNTS,
    CASE_SHARE,
    CASE_TEAM_ROLE,
    CASES,
    HELD_BY,
    MANUAL,
    READ,
)
from reconciler.model import Native, Scope
from reconciler.plan.changes import GrantBinding, RevokeBinding
from reconciler.ports import Outcome

_ALSO: Mapping[str, Mapping[str, object]] = {
    CASE_SHARE: {"RowCause": MANUAL},
    ACCOUNT_SHARE: {"RowCause": MANUAL},
    ACCOUNT_TEAM_ROLE: {"AccountAccessLevel": READ},
    CASE_TEAM_ROLE: {},
}
"""What a new row says besides who, what, where and how far."""
_RECORDS: Mapping[str, str] = {CASES: "Case", ACCOUNTS: "Account"}
_OF_ACCOUNTS = frozenset({ACCOUNT_SHARE, ACCOUNT_TEAM_ROLE})
_ROLES = "case team roles"
_TOPICS: Mapping[str, str] = {
    queries.SHARED["Case"]: CASE_SHARE,
    queries.SHARED["Account"]: ACCOUNT_SHARE,
    queries.TEAMS["Case"]: CASE_TEAM_ROLE,
    queries.TEAMS["Account"]: ACCOUNT_TEAM_ROLE,
}
"""Which kind of native the rows of a query are."""

Changed = GrantBinding | RevokeBinding


@dataclass(frozen=True, slots=True)
class _Place:
    """A row that gives somebody access to one record, as it would be observed, and the id of the record."""

    standing: Standing
    record: str


@dataclass
class _Org:
    """What the changes need to know of the org: the records that they mean, and the rows that there are.

    Attributes:
        everybody: the level that everybody has on all cases and opportunities.
        team_roles: ids of case team roles by name.
    """

    found: scopes.Records = field(default_factory=scopes.Records)
    everybody: Mapping[str, str] = field(default_factory=dict)
    places: list[_Place] = field(default_factory=list)
    team_roles: dict[str, str] = field(default_factory=dict)

    def records(self, scope: Scope) -> set[str]:
        """The ids of the one record that a scope names: none when there is none, several when the name is shared."""
        word, value = _named(scope)
        if word == ACCOUNTS:
            return self.found.of_account(value)
        return {self.found.cases[value]} if value in self.found.cases else set()

    def there(self, change: GrantBinding) -> Iterator[_Place]:
        """The rows of the change's kind for its account and record, whatever they give."""
        records = self.records(change.scope)
        for place in self.places:
            mine = (place.standing.account, place.standing.native.kind) == (change.account, _kind(change))
            if mine and place.record in records:
                yield place

    def rows(self, change: RevokeBinding) -> list[str]:
        """The ids of the rows that make exactly this binding: the row that was observed, and others of the record."""
        records = self.records(change.scope)
        return [
            place.standing.id
            for place in self.places
            if (place.standing.account, place.standing.native) == (change.account, change.native)
            and (place.standing.id == change.handle or {place.record} == records)
        ]


class Shares:
    """Writes access to single records; one outcome for each change, or raises before it wrote any."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._records = Records(client)

    def grant(self, changes: Sequence[GrantBinding]) -> Iterator[Outcome]:
        """Create what is not there yet; a share that is wider already stays.

        What several changes give on one record to one account is one row, which gives all of it and what is there.
        """
        org = self._look(changes)
        ready: dict[tuple[str, str, str], list[GrantBinding]] = {}
        for change in changes:
            settled = self._impossible(change, org) or self._settled(change, org)
            if settled is not None:
                yield settled
            else:
                (record,) = org.records(change.scope)
                role = "" if _kind(change) in levels.SHARES else change.id
                ready.setdefault((_kind(change), change.account, record + role), []).append(change)
        doubtful: list[tuple[GrantBinding, Result]] = []
        for kind, some in groupby(sorted(ready), key=lambda one: one[0]):
            there = list(some)
            results = self._records.create(HELD_BY[kind].entity, [_record(ready[one], org) for one in there])
            for one, result in zip(there, results, strict=True):
                if result.done:
                    yield from (done(change, NO_END) for change in ready[one])
                else:
                    doubtful += [(change, result) for change in ready[one]]
        if doubtful:
            now = self._look([change for change, _ in doubtful])
            yield from looked_again(doubtful, lambda change: any(_gives(place, change) for place in now.there(change)))

    def revoke(self, changes: Sequence[RevokeBinding]) -> Iterator[Outcome]:
        """Delete the rows that were observed, as long as they give what was observed, and no others."""
        org = self._look(changes)
        ready: list[tuple[RevokeBinding, list[str]]] = []
        for change in changes:
            if len(org.records(change.scope)) > 1 and not change.handle:
                yield failed(change, _ambiguous(change.scope))
            else:
                ready.append((change, org.rows(change)))
        for kind, some in groupby(sorted(ready, key=lambda one: _kind(one[0])), key=lambda one: _kind(one[0])):
            there = list(some)
            ids = list(dict.fromkeys(row for _, rows in there for row in rows))
            results = dict(zip(ids, self._records.delete(HELD_BY[kind].entity, ids), strict=True))
            yield from revoked([(change, [results[row] for row in rows]) for change, rows in there], self._still)

    def _still(self, changes: Sequence[RevokeBinding]) -> Callable[[RevokeBinding], bool]:
        now = self._look(changes)
        return lambda change: bool(now.rows(change))

    def _settled(self, change: GrantBinding, org: _Org) -> Outcome | None:
        """The outcome of what needs no writing."""
        for place in org.there(change):
            if place.standing.native == change.native:
                return already(change, "it was so before")
            if _gives(place, change):
                return already(change, f"it is shared wider already: {place.standing.native.name}")
            if _kind(change) not in levels.SHARES:
                name = place.standing.native.name
                return failed(change, f"it is in that team as {name}, and an account has one role in a team")
        return None

    def _impossible(self, change: GrantBinding, org: _Org) -> Outcome | None:
        records = org.records(change.scope)
        word, value = _named(change.scope)
        if not records:
            return failed(change, f"the org has no {_RECORDS[word].lower()} {value}, or our user does not see it")
        if len(records) > 1:
            return failed(change, _ambiguous(change.scope))
        if _kind(change) == CASE_TEAM_ROLE and _native(change).name not in org.team_roles:
            return failed(change, "the org has no such case team role (any more); plan again")
        return None

    def _look(self, changes: Sequence[Changed]) -> _Org:
        """The records that the changes name, and what their accounts hold of these kinds, in one batch."""
        org = _Org()
        held: list[tuple[str, Row]] = []
        for reading in read(self._client, list(_queries(changes))):
            topic, rows = reading.query.topic, list(whole([reading]))
            if topic in _TOPICS:
                held += [(_TOPICS[topic], row) for row in rows]
            elif topic == _ROLES:
                org.team_roles |= {text(row, "Name"): identifier(row, "Id") for row in rows}
            elif topic == queries.DEFAULTS:
                org.everybody = share_defaults(rows).everybody
            else:
                org.found.take(topic, rows)
        org.places = [_place(kind, row, org.everybody) for kind, row in held]
        return org


def _queries(changes: Sequence[Changed]) -> Iterator[Query]:
    yield from scopes.asked(change.scope for change in changes).queries({})
    kinds = {_kind(change) for change in changes}
    for kind in sorted(kinds):
        yield from _held(kind, {change.account for change in changes if _kind(change) == kind})
    if kinds & _OF_ACCOUNTS:
        yield queries.defaults()
    given = [change for change in changes if isinstance(change, GrantBinding)]
    for chunk in soql.chunks(_native(change).name for change in given if _kind(change) == CASE_TEAM_ROLE):
        yield Query(_ROLES, select("Id,Name", "CaseTeamRole", soql.one_of("Name", chunk)))


def _held(kind: str, accounts: Iterable[str]) -> Iterator[Query]:
    ask = queries.shares if kind in levels.SHARES else queries.team
    of = _RECORDS[HELD_BY[kind].scope]
    for ids in soql.chunks(accounts):
        yield ask(of, soql.one_of(HELD_BY[kind].account, ids))


def _place(kind: str, row: Row, everybody: Mapping[str, str]) -> _Place:
    record = identifier(row, HELD_BY[kind].record)
    match kind:
        case words.CASE_SHARE:
            return _Place(holdings.case_share(row), record)
        case words.CASE_TEAM_ROLE:
            return _Place(holdings.case_member(row), record)
        case words.ACCOUNT_SHARE:
            return _Place(holdings.account_share(row, everybody, record), record)
        case _:
            return _Place(holdings.account_member(row, everybody, record), record)


def _record(changes: Sequence[GrantBinding], org: _Org) -> Record:
    """The one row that gives what the changes ask of one record, and what a row that is there gives already."""
    change, native = changes[0], _native(changes[0])
    held = HELD_BY[native.kind]
    (record,) = org.records(change.scope)
    base = {held.account: change.account, held.record: record, **_ALSO[native.kind]}
    if native.kind in levels.SHARES:
        now = [place.standing.native for place in org.there(change)]
        fields = levels.joined([*now, *map(_native, changes)])
        return {**base, **levels.written(native, org.everybody, fields)}
    role = native.name if held.literal else org.team_roles[native.name]
    more = levels.written(native, org.everybody, {}) if native.kind == ACCOUNT_TEAM_ROLE else {}
    return {**base, held.role: role, **more}


def _gives(place: _Place, change: GrantBinding) -> bool:
    """Whether the row gives all that the change would."""
    return levels.parts(_native(change)) <= levels.parts(place.standing.native)


def _named(scope: Scope) -> tuple[str, str]:
    """The one word and the one value of a record's scope."""
    ((word, (value,)),) = scope
    return word, value


def _native(change: Changed) -> Native:
    return change.native or Native("", "")


def _kind(change: Changed) -> str:
    return _native(change).kind


def _ambiguous(scope: Scope) -> str:
    word, value = _named(scope)
    return f"the org has several records called {value}; name the {_RECORDS[word].lower()} by its id"
