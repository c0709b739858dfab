"""What an org says now about its population: one composite batch, and more only where that was not enough.

1. Everything that a predicate, a semi-join or the whole of a small table gives.
2. Declared and governed accounts that the predicates missed; how the org describes what it refused to read.
3. By id: what those accounts hold, and what the org does not join.
4. What only the answers so far tell to ask: how groups reach records, parts of permission set groups, the roles that
   guestlist defines there, and the records that scopes name.

Each step is left out where there is nothing to ask.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

from connectors.salesforce import definitions, flags, mapping, permitted, queries, scopes, soql, words
from connectors.salesforce.client import Client
from connectors.salesforce.conditions import Conditions, unread
from connectors.salesforce.declarations import Population, SalesforceTarget
from connectors.salesforce.lacking import blind, lacks
from connectors.salesforce.logins import asks_for_metadata, read_metadata
from connectors.salesforce.mapping import Standing
from connectors.salesforce.observing import Found, Setting
from connectors.salesforce.pausing import uncollected
from connectors.salesforce.picture import Picture
from connectors.salesforce.reading import PARTS, Reading, read
from connectors.salesforce.soql import Query
from reconciler.errors import TargetError
from reconciler.model import Live, Native
from reconciler.ports import Sought

END_FIELD = "ExpirationDate"
_REFUSED_QUERY = frozenset(
    {"MALFORMED_QUERY", "INVALID_FIELD", "INVALID_QUERY_FILTER_OPERATOR", "EXCEEDED_ID_LIMIT", "QUERY_TOO_COMPLICATED"}
)
"""How an org says that it does not join like that, or has more than one answer of groups can hold."""

MOST_TOKENS = 2_500
"""Rows of OauthToken that one query shows at most (object reference, OauthToken)."""
FEW = 20
"""Users whose tokens are asked for together where there are more than that."""

Ask = Callable[[str], Query]
_JOINED: dict[str, tuple[str, Ask]] = {
    soql.MEMBERSHIPS: ("UserOrGroupId", soql.memberships),
    soql.FROZEN: ("UserId", soql.frozen),
    queries.SHARED["Case"]: ("UserOrGroupId", partial(queries.shares, "Case")),
    queries.SHARED["Account"]: ("UserOrGroupId", partial(queries.shares, "Account")),
    queries.STANDING["Case"]: ("UserOrGroupId", partial(queries.standing, "Case")),
    queries.STANDING["Account"]: ("UserOrGroupId", partial(queries.standing, "Account")),
    queries.TEAMS["Case"]: ("MemberId", partial(queries.team, "Case")),
    queries.TEAMS["Account"]: ("UserId", partial(queries.team, "Account")),
    queries.OAUTH: ("UserId", queries.oauth),
}
"""What is read of the population by a semi-join: the field that names the user, and the query."""

_BY_ID = frozenset({*_JOINED, soql.SESSIONS, queries.NESTED, queries.FIELDS})
"""What can also be read by id, where the org does not join it."""


class Survey:
    """Reads one org; remembers what the org turned out not to know, so that it is not asked twice.

    Attributes:
        expiry: whether assignments can carry an end there; None until somebody looked.
    """

    def __init__(
        self, client: Client, name: str, population: Population, target: SalesforceTarget | None = None
    ) -> None:
        self._client = client
        self._name = name
        self._population = population
        self._profiles = (*population.any.profiles, *(() if target is None else target.profiles))
        asked = () if target is None else target.conditions.items()
        self._conditions: dict[str, Conditions] = {str(tier): conditions for tier, conditions in asked}
        self._unjoined: set[str] = set()
        self._columns = (*flags.COLUMNS, permitted.MFA)
        self.expiry: bool | None = None

    def observe(self, sought: Sought) -> Live:
        """Everything of the population; what could not be read whole is in `gaps`."""
        with uncollected():
            return self._observe(sought)

    def _observe(self, sought: Sought) -> Live:
        found = Found(Setting(self._client.token.user, self._population, self._profiles, sought))
        first, named = list(self._first(sought)), list(_named_ones(sought))
        if len(first) + len(named) > PARTS:
            found.late, named = named, []
        readings = read(self._client, [*first, *named])
        self._client.spare()
        at = self._client.clock
        try:
            self._complete(found, readings)
            if not found.gaps:
                return self._live(Picture(found), at)
        except TargetError as error:
            found.gaps.append(str(error))
        # What is in doubt is held whole, so nothing is made of the part that was read.
        return Live(self._name, self._client.token.org, at, gaps=tuple(dict.fromkeys(found.gaps)))

    def _live(self, picture: Picture, at: datetime) -> Live:
        bindings = tuple(picture.bindings())
        natives = picture.natives(bindings)
        return Live(
            target=self._name,
            stable_id=self._client.token.org,
            at=at,
            accounts=picture.accounts(),
            bindings=bindings,
            definitions=picture.definitions,
            existing=picture.existing(),
            endless=words.ENDLESS if self.expiry is not False else words.ENDLESS | words.ASSIGNED,
            followed=picture.followed(),
            obstacles=picture.obstacles(),
            risks=picture.risks(natives),
            exposures=picture.exposures(natives),
            activated=picture.found.sets.activated(natives),
            activates=True,
            notes=(*picture.notes(), *unread(self._conditions)),
            parts=picture.parts(natives),
        )

    def standings(self, accounts: Iterable[str], *, lapsed: bool = False) -> list[Standing]:
        """The assignments and memberships of the given accounts; with `lapsed`, only their expired assignments.

        Raises:
            TargetError: it could not be read whole.
        """
        ids = list(soql.chunks(accounts))
        asked = [query for chunk in ids for query in self._held(chunk, lapsed=lapsed)]
        readings = read(self._client, asked)
        if self._lacks_expiry(readings):
            readings = read(self._client, [query for chunk in ids for query in self._held(chunk, lapsed=lapsed)])
        found: list[Standing] = []
        for reading in readings:
            if reading.error is not None:
                raise reading.error
            make = mapping.membership if reading.query.topic == soql.MEMBERSHIPS else mapping.assignment
            found.extend(make(row) for row in reading.rows)
        return found

    def roles(self, natives: Iterable[Native]) -> dict[Native, str]:
        """The ids of the roles that exist; TargetError when that could not be read whole."""
        ids: dict[Native, str] = {}
        for reading in read(self._client, soql.roles(natives)):
            if reading.error is not None:
                raise reading.error
            ids.update(mapping.role(reading.query.topic, row) for row in reading.rows)
        return ids

    # -- what to ask -----------------------------------------------------------------------------------------------

    def _first(self, sought: Sought) -> Iterator[Query]:
        """The first batch: at most 25 queries, so one call, for any population that needs no IN lists."""
        who = self._population
        assignee = soql.selected(who, "Assignee.")
        yield soql.users(soql.selected(who))
        yield soql.assignments(assignee, expiry=self.expiry is not False, own=self._client.token.user)
        yield from self._joins()
        yield queries.licenses(assignee)
        yield queries.permission_sets(self._columns)
        yield queries.objects({*queries.GUARDED, *(item.partition(".")[0] for item in sought.labelled)}, who)
        yield queries.groups()
        if queries.NESTED not in self._unjoined:
            yield queries.nested(queries.any_group())
        yield queries.roles()
        yield queries.delegates()
        yield queries.defaults()
        yield from (queries.everybodys(kind) for kind, topic in queries.STANDING.items() if topic not in self._unjoined)
        if self.expiry is None:
            yield soql.DESCRIBED_ASSIGNMENT
        items = _labelled_fields(sought)
        if items and queries.FIELDS not in self._unjoined:
            yield from queries.fields(items, queries.held_sets(assignee))

    def _joins(self) -> Iterator[Query]:
        inside = soql.members(self._population)
        for topic, (field, ask) in _JOINED.items():
            if topic not in self._unjoined:
                yield ask(f"{field} IN ({inside})")
        if not {soql.SESSIONS, soql.FROZEN} & self._unjoined:
            frozen = "SELECT UserId FROM UserLogin WHERE IsFrozen = true"
            yield soql.sessions(f"UsersId IN ({inside}) AND UsersId IN ({frozen})")

    def _held(self, ids: Sequence[str], *, lapsed: bool = False) -> Iterator[Query]:
        where = soql.one_of("AssigneeId", ids)
        yield soql.assignments(where, expiry=self.expiry is not False, lapsed=lapsed)
        if not lapsed:
            yield soql.memberships(soql.one_of("UserOrGroupId", ids))

    # -- asking ----------------------------------------------------------------------------------------------------

    def _complete(self, found: Found, readings: list[Reading]) -> None:
        """Take in the first answers, and ask what they left open."""
        again = self._take(found, readings)
        late: list[Query] = []
        found.selected = set(found.accounts)
        for reading in self._read([*again, *found.unseen()]):
            if reading.query is queries.DESCRIBED_SET and reading.error is None:
                self._columns = permitted.columns(reading.rows[0], self._columns)
                late.append(queries.permission_sets(self._columns))
            else:
                found.take(reading)
        self._by_id(found, late)
        found.settle()
        found.gaps.extend(blind(found))
        if not found.gaps:
            for reading in self._read(list(self._last(found))):
                if not lacks(found, reading, ()):
                    found.take(reading)
        if asks_for_metadata(self._conditions):
            people = (someone for someone, inside in found.accounts.values() if inside)
            found.profiles = read_metadata(self._client, (someone.profile for someone in people))

    def _take(self, found: Found, readings: list[Reading]) -> list[Query]:
        """Take in the first answers; what is to be asked in another way."""
        again: list[Query] = []
        lost = self._lacks_expiry(readings)
        for reading in readings:
            topic = reading.query.topic
            if lost and topic == soql.ASSIGNMENTS:
                where = soql.selected(self._population, "Assignee.")
                again.append(soql.assignments(where, expiry=False, own=self._client.token.user))
            elif topic == queries.PERMISSION_SETS and _code(reading) == "INVALID_FIELD":
                again.append(queries.DESCRIBED_SET)
            elif self._unjoins(reading):
                self._unjoined.add(topic)
            elif not lacks(found, reading, readings):
                found.take(reading, by_predicate=True)
        return again

    def _unjoins(self, reading: Reading) -> bool:
        """Whether the org does not join this, so that it is asked by id, now and from now on."""
        topic = reading.query.topic
        if topic == queries.OAUTH and len(reading.rows) >= MOST_TOKENS:
            return True
        return topic in _BY_ID and _code(reading) in _REFUSED_QUERY

    def _by_id(self, found: Found, late: Sequence[Query]) -> None:
        """Read what the joins did not: all of it where the org does not join, or of who escaped the predicates."""
        inside = found.inside
        escaped = inside - found.selected
        asked = list(late)
        if queries.NESTED in self._unjoined:
            groups = (mapping.identifier(row, "Id") for row in found.rows.get(queries.GROUPS, ()))
            asked += [queries.nested(soql.one_of("UserOrGroupId", ids)) for ids in soql.chunks(groups)]
        for ids in soql.chunks(escaped):
            where = soql.one_of("AssigneeId", ids)
            asked += [soql.assignments(where, expiry=self.expiry is not False), queries.licenses(where)]
        for topic, (field, ask) in _JOINED.items():
            if topic == queries.OAUTH and topic in self._unjoined:
                some = sorted(inside)
                chunks: Iterable[Sequence[str]] = [some[start : start + FEW] for start in range(0, len(some), FEW)]
            else:
                chunks = soql.chunks(inside if topic in self._unjoined else escaped)
            asked += [ask(soql.one_of(field, ids)) for ids in chunks if found.answers(topic)]
        for reading in self._read(asked):
            if reading.query.topic == queries.OAUTH and len(reading.rows) >= MOST_TOKENS:
                found.gaps.append(f"reading {queries.OAUTH}: there are more than the org shows at once")
            if not lacks(found, reading, ()):
                found.take(reading)
        unjoined = {soql.SESSIONS, soql.FROZEN} & self._unjoined
        doubtful = found.frozen & (inside if unjoined else escaped)
        for reading in self._read([soql.sessions(soql.one_of("UsersId", ids)) for ids in soql.chunks(doubtful)]):
            found.take(reading)

    def _last(self, found: Found) -> Iterator[Query]:
        """What only the answers so far tell to ask."""
        yield from found.late
        everybodys = {group for kind in found.user_types for group in found.groups.everybodys(kind)}
        for kind, topic in queries.STANDING.items():
            unread = (one for one in everybodys if topic in self._unjoined or found.groups.is_named(one))
            for ids in soql.chunks(unread):
                yield queries.standing(kind, soql.one_of("UserOrGroupId", ids))
        items = _labelled_fields(found.setting.sought)
        unseen = found.inside if queries.FIELDS in self._unjoined else found.inside - found.selected
        for ids in soql.chunks(found.sets_of(unseen)) if items else ():
            yield from queries.fields(items, soql.one_of("ParentId", ids))
        if found.rows.get(queries.LICENSES):
            held = {one.group for one in found.assigned() if one.group}
            yield from queries.components(sorted(held))
        if any(one.native.name.startswith(words.PREFIX) for one in found.sets.by_id.values()):
            yield from definitions.QUERIES
        asked = scopes.asked(scope for _, scope in found.setting.sought.scoped)
        yield from asked.queries(found.queues)

    def _lacks_expiry(self, readings: Sequence[Reading]) -> bool:
        """Learn from the answers whether assignments can carry an end here; true when they must be asked again."""
        for reading in readings:
            if reading.query is soql.DESCRIBED_ASSIGNMENT and reading.error is None:
                self.expiry = mapping.carries_end(reading.rows[0])
        refused = any(
            reading.fault is not None and reading.fault.code == "INVALID_FIELD" and reading.fault.mentions(END_FIELD)
            for reading in readings
        )
        if refused:
            self.expiry = False
        return refused

    def _read(self, asked: Sequence[Query]) -> list[Reading]:
        return read(self._client, asked) if asked else []


def _code(reading: Reading) -> str:
    """What the org said when it refused the query; empty when it did not."""
    return "" if reading.fault is None else reading.fault.code


def _named_ones(sought: Sought) -> Iterator[Query]:
    """What is sought by name: which labelled fields it shows, and whether it exists."""
    items = _labelled_fields(sought)
    names = {soql.bare(one.name) for one in sought.natives if one.kind in words.ASSIGNED}
    for some in soql.chunks(names) if items else ():
        # A permission set and a group of one name are told apart by the ids in the answer.
        paths = ("Parent.Name", "Parent.PermissionSetGroup.DeveloperName")
        yield from queries.fields(items, f"({' OR '.join(soql.one_of(path, some) for path in paths)})")
    wanted = {*sought.natives, *(native for native, _ in sought.scoped)}
    yield from queries.licenses_named(_named(wanted, words.PERMISSION_SET_LICENSE))
    yield from queries.case_team_roles(_named(wanted, words.CASE_TEAM_ROLE))


def _labelled_fields(sought: Sought) -> list[str]:
    return sorted(item for item in sought.labelled if "." in item)


def _named(natives: Iterable[Native], kind: str) -> list[str]:
    return sorted({native.name for native in natives if native.kind == kind})
