"""What an org says now about its population: one composite batch, and more only where that was not enough."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.salesforce import mapping, soql
from connectors.salesforce.client import Client
from connectors.salesforce.declarations import Population
from connectors.salesforce.mapping import Standing, User
from connectors.salesforce.reading import Reading, read
from connectors.salesforce.soql import Query
from reconciler.errors import TargetError
from reconciler.model import AccountKey, Live, Native
from reconciler.ports import Sought

KEY_FIELDS = {"username": "Username", "federationId": "FederationIdentifier"}
"""Which field of User holds which kind of key."""

END_FIELD = "ExpirationDate"
_REFUSED_QUERY = frozenset({"MALFORMED_QUERY", "INVALID_FIELD", "INVALID_QUERY_FILTER_OPERATOR"})
"""How an org says that it does not join like that."""


class Survey:
    """Reads one org; remembers what the org turned out not to know, so that it is not asked twice.

    Attributes:
        expiry: whether assignments can carry an end there; None until somebody looked.
    """

    def __init__(self, client: Client, name: str, population: Population) -> None:
        self._client = client
        self._name = name
        self._population = population
        self._joins = True
        self.expiry: bool | None = None

    def observe(self, sought: Sought) -> Live:
        """Everything of the population; what could not be read whole is in `gaps`."""
        found = _Found(self._population, self._client.token.user, sought)
        asked = [*self._population_queries(), *soql.roles(sought.natives)]
        readings = read(self._client, asked)
        at = self._client.clock
        try:
            self._complete(found, readings)
        except TargetError as error:
            found.gaps.append(str(error))
        return Live(
            target=self._name,
            stable_id=self._client.token.org,
            at=at,
            accounts={
                someone.id: mapping.account(
                    someone,
                    inside=inside,
                    frozen=someone.id in found.frozen,
                    in_session=someone.id in found.in_session,
                )
                for someone, inside in found.accounts.values()
            },
            bindings=tuple(standing.binding for standing in found.standings() if standing.active),
            existing=frozenset(found.existing & sought.natives),
            endless=mapping.JOINED if self.expiry is not False else mapping.JOINED | mapping.ASSIGNED,
            gaps=tuple(dict.fromkeys(found.gaps)),
        )

    def standings(self, accounts: Iterable[str], *, lapsed: bool = False) -> list[Standing]:
        """What the given accounts hold; with `lapsed`, only their expired assignments.

        Raises:
            TargetError: it could not be read whole.
        """
        ids = list(soql.chunks(accounts))
        found = _Found(self._population, self._client.token.user, Sought())
        readings = read(self._client, [query for chunk in ids for query in self._held(chunk, lapsed=lapsed)])
        if self._lacks_expiry(readings):
            readings = read(self._client, [query for chunk in ids for query in self._held(chunk, lapsed=lapsed)])
        for reading in readings:
            if reading.error is not None:
                raise reading.error
            found.hold(reading)
        return found.held

    def roles(self, natives: Iterable[Native]) -> dict[Native, str]:
        """The ids of the roles that exist; TargetError when that could not be read whole."""
        ids: dict[Native, str] = {}
        for reading in read(self._client, soql.roles(natives)):
            if reading.error is not None:
                raise reading.error
            ids.update(mapping.role(reading.query.topic, row) for row in reading.rows)
        return ids

    def _population_queries(self) -> Iterator[Query]:
        who = self._population
        if self.expiry is None:
            yield soql.DESCRIBED_ASSIGNMENT
        yield soql.users(soql.selected(who))
        yield soql.assignments(soql.selected(who, "Assignee."), expiry=self.expiry is not False)
        if self._joins:
            inside = soql.members(who)
            yield soql.memberships(f"UserOrGroupId IN ({inside})")
            yield soql.frozen(f"UserId IN ({inside})")
            frozen = "SELECT UserId FROM UserLogin WHERE IsFrozen = true"
            yield soql.sessions(f"UsersId IN ({inside}) AND UsersId IN ({frozen})")

    def _held(self, ids: Sequence[str], *, lapsed: bool = False) -> Iterator[Query]:
        where = soql.one_of("AssigneeId", ids)
        yield soql.assignments(where, expiry=self.expiry is not False, lapsed=lapsed)
        if not lapsed:
            yield soql.memberships(soql.one_of("UserOrGroupId", ids))

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

    def _complete(self, found: "_Found", readings: list[Reading]) -> None:
        """Take in the first answers, and ask what they left open: normally nothing."""
        again: list[Query] = []
        if self._lacks_expiry(readings):
            readings = [reading for reading in readings if reading.query.topic != "permission set assignments"]
            again = [soql.assignments(soql.selected(self._population, "Assignee."), expiry=False)]
        refused = [
            reading for reading in readings if reading.fault is not None and reading.fault.code in _REFUSED_QUERY
        ]
        joined = {"group and queue memberships", "frozen users", "sessions"}
        if any(reading.query.topic in joined for reading in refused):
            # An org that does not join one of them is asked for all three by id, now and from now on.
            self._joins = False
            readings = [reading for reading in readings if reading.query.topic not in joined]
        for reading in readings:
            found.take(reading, by_predicate=True)
        found.selected = set(found.accounts)
        for reading in self._read([*again, *found.unseen()]):
            found.take(reading)
        self._by_id(found)

    def _by_id(self, found: "_Found") -> None:
        """Read what the joins did not: all of it where the org does not join, or what escaped the predicates."""
        inside = {someone.id for someone, inside in found.accounts.values() if inside}
        escaped = sorted(inside - found.selected)
        queries = [
            soql.assignments(soql.one_of("AssigneeId", ids), expiry=self.expiry is not False)
            for ids in soql.chunks(escaped)
        ]
        for ids in soql.chunks(escaped if self._joins else inside):
            queries += [soql.memberships(soql.one_of("UserOrGroupId", ids)), soql.frozen(soql.one_of("UserId", ids))]
        for reading in self._read(queries):
            found.take(reading)
        doubtful = found.frozen & (set(escaped) if self._joins else inside)
        for reading in self._read([soql.sessions(soql.one_of("UsersId", ids)) for ids in soql.chunks(doubtful)]):
            found.take(reading)

    def _read(self, queries: Sequence[Query]) -> list[Reading]:
        return read(self._client, queries) if queries else []


@dataclass(slots=True)
class _Found:
    """What has been read so far of one observation."""

    population: Population
    own: str
    sought: Sought
    accounts: dict[str, tuple[User, bool]] = field(default_factory=dict)
    selected: set[str] = field(default_factory=set)
    held: list[Standing] = field(default_factory=list)
    frozen: set[str] = field(default_factory=set)
    in_session: set[str] = field(default_factory=set)
    existing: set[Native] = field(default_factory=set)
    gaps: list[str] = field(default_factory=list)

    def take(self, reading: Reading, *, by_predicate: bool = False) -> None:
        """Take in one answer; what is not whole becomes a gap. Users found `by_predicate` must meet it here too."""
        if reading.gap is not None:
            self.gaps.append(reading.gap)
        match reading.query.topic:
            case soql.DESCRIBED_ASSIGNMENT.topic:
                pass
            case "users":
                for row in reading.rows:
                    self._user(mapping.user(row), by_predicate=by_predicate)
            case "frozen users":
                self.frozen |= {mapping.identifier(row, "UserId") for row in reading.rows}
            case "sessions":
                self.in_session |= {mapping.identifier(row, "UsersId") for row in reading.rows}
            case "permission sets" | "permission set groups" | "groups and queues":
                self.existing |= {mapping.role(reading.query.topic, row)[0] for row in reading.rows}
            case _:
                self.hold(reading)

    def hold(self, reading: Reading) -> None:
        """Take in rows that give roles to users."""
        make = mapping.membership if reading.query.topic == "group and queue memberships" else mapping.assignment
        self.held.extend(make(row) for row in reading.rows)

    def standings(self) -> Iterator[Standing]:
        """What accounts inside the population hold."""
        inside = {someone.id for someone, inside in self.accounts.values() if inside}
        seen: set[str] = set()
        for standing in self.held:
            if standing.account in inside and standing.id not in seen:
                seen.add(standing.id)
                yield standing

    def unseen(self) -> Iterator[Query]:
        """Queries for declared accounts and governed ids that the predicates did not select."""
        seen = {key for someone, _ in self.accounts.values() for key in _keys(someone)}
        wanted = self.sought.declared - seen
        for kind, name in KEY_FIELDS.items():
            for values in soql.chunks(key.value for key in wanted if key.kind == kind):
                yield soql.users(soql.one_of(name, values))
        governed = filter(mapping.is_user_id, self.sought.governed - self.accounts.keys())
        for ids in soql.chunks(governed):
            yield soql.users(soql.one_of("Id", ids))

    def _user(self, someone: User, *, by_predicate: bool) -> None:
        governed = someone.id in self.sought.governed
        never = someone.id == self.own or mapping.excluded(self.population.except_, someone, governed=governed)
        belongs = mapping.belongs(self.population, someone)
        if by_predicate and not never and not belongs:
            self.gaps.append("reading users: the org selects somebody whom the population does not name")
        inside = not never and (belongs or governed)
        if inside or _keys(someone) & self.sought.declared:
            self.accounts[someone.id] = (someone, inside)


def _keys(someone: User) -> frozenset[AccountKey]:
    return mapping.account(someone, inside=False).keys
