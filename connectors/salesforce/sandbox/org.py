"""The org: its records, its clock, its switches. Everything that acts on the org is handed this one value."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from connectors.salesforce.sandbox.clock import OrgClock, whole
from connectors.salesforce.sandbox.ids import Ids
from connectors.salesforce.sandbox.mixture import Mixture
from connectors.salesforce.sandbox.schema import Field, ObjectType, Schema, load
from connectors.salesforce.sandbox.store import Row, Store, Value

_INSTANTS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_MAKERS = ("CreatedById", "LastModifiedById")


@dataclass(slots=True)
class Switches:
    """What an administrator may have set up differently.

    Attributes:
        assignment_expiry: "Permission Set & Permission Set Group Assignments with Expiration Dates" is on; where it
            is off, `ExpirationDate` cannot be written.
        regrant_after_expiry: Whether an assignment may be made again while its expired row is kept;
            where not, creating it is refused as a duplicate.
        daily_api_requests: The 24-hour allowance.
        recalculation_seconds: How long a permission set group takes to be worked out again; 0 for no time.
        case_teams: Case teams are switched on; where not, their objects do not exist.
        account_teams: Account teams are.
    """

    assignment_expiry: bool = True
    regrant_after_expiry: bool = True
    daily_api_requests: int = 100_000
    recalculation_seconds: float = 0.0
    case_teams: bool = True
    account_teams: bool = True

    def have(self, kind: ObjectType) -> bool:
        """Whether the feature that an object belongs to is switched on."""
        on = {"caseTeams": self.case_teams, "accountTeams": self.account_teams}
        return kind.feature is None or on[kind.feature]


@dataclass(slots=True)
class Automation:
    """Whom the org acts as or falls back to, by id; None for its first administrator. None can be deactivated."""

    default_case_owner: str | None = None
    automated_case_user: str | None = None
    default_workflow_user: str | None = None


@dataclass(frozen=True, slots=True)
class SharingRule:
    """An owner-based sharing rule, which is metadata: what members of one group own, another group has.

    Attributes:
        kind: `Account` or `Case`.
        owners: The group, queue or role group whose records are shared.
        holders: The group that has them.
        level: `Read` or `Edit`.
    """

    kind: str
    owners: str
    holders: str
    level: str


@dataclass(slots=True)
class Org:
    """One org.

    Attributes:
        org_id: Its own record id.
        admin_id: The system administrator that came with it.
        requests: API requests used in the last 24 hours.
        recalculations: When permission set groups that are out of date will have been worked out, by id.
        mixture: What the transaction has written that a request with several writes is; None where each is its own.
    """

    schema: Schema = field(default_factory=load)
    clock: OrgClock = field(default_factory=OrgClock)
    ids: Ids = field(default_factory=Ids)
    switches: Switches = field(default_factory=Switches)
    automation: Automation = field(default_factory=Automation)
    sharing_rules: list[SharingRule] = field(default_factory=list)
    recalculations: dict[str, datetime] = field(default_factory=dict)
    mixture: Mixture | None = None
    store: Store = field(init=False)
    org_id: str = ""
    admin_id: str = ""
    requests: int = 0
    case_number: int = 1000
    _templates: dict[str, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = Store(self.schema)

    def now(self) -> str:
        """The org's present instant, as stored."""
        return whole(self.clock.now())

    @contextmanager
    def together(self) -> Iterator[None]:
        """Makes all writes inside one transaction, in which Setup objects and others do not mix."""
        before, self.mixture = self.mixture, self.mixture or Mixture()
        try:
            yield
        finally:
            self.mixture = before

    def add(self, kind: str, row: Mapping[str, Value] | None = None, /, *, by: str | None = None, **more: Value) -> str:
        """Writes a record as the org itself does: no rule asked, system fields and defaults filled in.

        Args:
            kind: Canonical name of the object.
            row: Stored forms, by field name.
            by: Who made it; the administrator where nobody is named.
            more: More of them.

        Returns:
            The new record's id.
        """
        return self.add_all(kind, [{**(row or {}), **more}], by=by)[0]

    def add_all(self, kind: str, rows: Sequence[Mapping[str, Value]], *, by: str | None = None) -> list[str]:
        """As `add`, for many records of one kind; returns their ids."""
        found, now = self.schema[kind], self.now()
        made = [self._made(found, row, now, by or self.admin_id) for row in rows]
        self.store.insert(found, made)
        return [str(row["Id"]) for row in made]

    def _made(self, found: ObjectType, row: Mapping[str, Value], now: str, by: str) -> Row:
        full = self._template(found)
        full |= dict.fromkeys((name for name in _INSTANTS if name in full), now)
        full |= dict.fromkeys((name for name in _MAKERS if name in full), by)
        full |= row
        full["Id"] = full["Id"] or self.ids.new(found.prefix)
        return full

    def _template(self, kind: ObjectType) -> Row:
        """A new record of that kind before anything is said of it: every stored field, at its default."""
        made = self._templates.get(kind.name)
        if made is None:
            made = {name: default_of(one) for name, one in kind.fields.items() if not one.computed}
            self._templates[kind.name] = made
        return dict(made)

    def touch(self, kind: ObjectType, by: str) -> Row:
        """The system fields of a record that is being changed now."""
        marks: Row = {"LastModifiedDate": self.now(), "LastModifiedById": by, "SystemModstamp": self.now()}
        return {name: value for name, value in marks.items() if name in kind.fields}


def default_of(found: Field) -> Value:
    """The stored form of a field's default."""
    if found.type == "boolean":
        return int(found.default == "true")
    return found.default
