"""What has been read of one observation so far, and what is to be asked next, pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.salesforce import definitions, holdings, mapping, queries, scopes, soql, words
from connectors.salesforce.declarations import Population
from connectors.salesforce.holdings import Hierarchy
from connectors.salesforce.mapping import Row, Standing, User, identifier
from connectors.salesforce.membership import Groups
from connectors.salesforce.permitted import PermissionSet, PermissionSets
from connectors.salesforce.reading import Reading
from reconciler.model import Native
from reconciler.ports import Sought

KEY_FIELDS = {"username": "Username", "federationId": "FederationIdentifier"}
"""Which field of User holds which kind of key."""

_DEFINED = frozenset(query.topic for query in definitions.QUERIES)
ABSENT = {
    "Case": "the org has no case teams, so none are read",
    "Account": "the org has no account teams, so none are read",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What is to be observed, as Settings and declarations say.

    Attributes:
        own: the id of our own user.
        profiles: the profiles that vendors may have; empty where any will do.
    """

    own: str
    population: Population
    profiles: tuple[str, ...]
    sought: Sought


@dataclass(slots=True)
class Found:
    """What has been read so far of one observation."""

    setting: Setting
    accounts: dict[str, tuple[User, bool]] = field(default_factory=dict)
    selected: set[str] = field(default_factory=set)
    held: list[Standing] = field(default_factory=list)
    frozen: set[str] = field(default_factory=set)
    in_session: set[str] = field(default_factory=set)
    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    profiles: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    late: list[soql.Query] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    defined: list[Reading] = field(default_factory=list)
    sets: PermissionSets = field(default_factory=PermissionSets)
    groups: Groups = field(default_factory=Groups)
    own_sets: set[str] = field(default_factory=set)
    records: scopes.Records = field(default_factory=scopes.Records)

    # -- taking in -------------------------------------------------------------------------------------------------

    def take(self, reading: Reading, *, by_predicate: bool = False) -> None:
        """Take in one answer; what is not whole becomes a gap. Users found `by_predicate` must meet it here too."""
        topic = reading.query.topic
        if reading.gap is not None:
            self.gaps.append(reading.gap)
        else:
            self.answered.add(topic)
        match topic:
            case soql.USERS:
                for row in reading.rows:
                    self._user(mapping.user(row), by_predicate=by_predicate)
            case soql.FROZEN:
                self.frozen |= {identifier(row, "UserId") for row in reading.rows}
            case soql.SESSIONS:
                self.in_session |= {identifier(row, "UsersId") for row in reading.rows}
            case soql.ASSIGNMENTS:
                self._assignments(reading.rows)
            case soql.MEMBERSHIPS:
                self.held.extend(map(mapping.membership, reading.rows))
            case topic if topic in _DEFINED:
                self.defined.append(reading)
            case topic if topic in scopes.TOPICS:
                self.records.take(topic, reading.rows)
            case _:
                self.rows.setdefault(topic, []).extend(reading.rows)

    def settle(self) -> None:
        """Work out what the tables say of each other, once they have been read."""
        self.sets.add(self.rows.pop(queries.PERMISSION_SETS, ()))
        self.sets.allow(self.rows.pop(queries.OBJECTS, ()))
        self.groups.add(self.rows.pop(queries.GROUPS, ()))
        self.groups.nest(self.rows.pop(queries.NESTED, ()))

    def _assignments(self, rows: Iterable[Row]) -> None:
        own = self.setting.own
        for row in rows:
            if row.get("AssigneeId") != own:
                self.held.append(mapping.assignment(row))
            elif row.get("PermissionSetId"):
                self.own_sets.add(identifier(row, "PermissionSetId"))

    def _user(self, someone: User, *, by_predicate: bool) -> None:
        setting = self.setting
        governed = someone.id in setting.sought.governed
        never = someone.id == setting.own or mapping.excluded(setting.population.except_, someone, governed=governed)
        belongs = mapping.belongs(setting.population, someone)
        if by_predicate and not never and not belongs:
            self.gaps.append("reading users: the org selects somebody whom the population does not name")
        inside = not never and (belongs or governed)
        if inside or mapping.keys(someone) & setting.sought.declared:
            self.accounts[someone.id] = (someone, inside)

    # -- asking for more -------------------------------------------------------------------------------------------

    @property
    def inside(self) -> set[str]:
        """The ids of the accounts that guestlist answers for."""
        return {someone.id for someone, inside in self.accounts.values() if inside}

    def unseen(self) -> Iterator[soql.Query]:
        """Queries for declared accounts and governed ids that the predicates did not select."""
        wanted = set(self.setting.sought.declared)
        for someone, _ in self.accounts.values() if wanted else ():
            wanted -= mapping.keys(someone)
        for kind, name in KEY_FIELDS.items():
            for values in soql.chunks(key.value for key in wanted if key.kind == kind):
                yield soql.users(soql.one_of(name, values))
        governed = filter(mapping.is_user_id, self.setting.sought.governed - self.accounts.keys())
        for ids in soql.chunks(governed):
            yield soql.users(soql.one_of("Id", ids))

    def answers(self, topic: str) -> bool:
        """Whether the org has what this topic reads."""
        return topic not in self.absent

    def assigned(self) -> Iterator[PermissionSet]:
        """The permission sets that somebody holds."""
        names = {standing.native for standing in self.held if standing.native.kind in words.ASSIGNED}
        return (one for name in names if (one := self.sets.of(name)) is not None)

    def sets_of(self, accounts: Collection[str]) -> set[str]:
        """The ids of the permission sets that the given accounts hold, their profiles' too."""
        names = {standing.native for standing in self.held if standing.account in accounts}
        names |= {Native(words.PROFILE, self.accounts[account][0].profile) for account in accounts}
        return {one.id for name in names if (one := self.sets.of(name)) is not None}

    def hierarchy(self) -> Hierarchy:
        """The role hierarchy."""
        return Hierarchy(holdings.role(row) for row in self.rows.get(queries.ROLES, ()))

    @property
    def user_types(self) -> set[str]:
        """The user types of the accounts that guestlist answers for."""
        return {someone.user_type for someone, inside in self.accounts.values() if inside}

    @property
    def queues(self) -> dict[str, str]:
        """The ids of queues by API name in lower case."""
        return {
            one.native.name.casefold(): one.id
            for one in self.groups.known.values()
            if one.native is not None and one.native.kind == words.QUEUE
        }
