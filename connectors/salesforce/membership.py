"""Which groups somebody belongs to, directly and through others, pure.

A public group or queue may hold users, other groups, and roles; a role's group holds the role's users, and one `and
subordinates` those of every role below too (Salesforce object reference, Group: Type and RelatedId). Everybody inside
the company is in the group `Organization`, portal users are in theirs.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from connectors.salesforce import words
from connectors.salesforce.holdings import Hierarchy
from connectors.salesforce.mapping import MEMBER_KINDS, Row, identifier, native, optional, text
from reconciler.model import Native, Risk

_EVERYBODY = {"Standard": "Organization", "PowerPartner": "PRMOrganization"}
"""The group that everybody of a user type is in; all other types are those of customer portals."""
_WITH_THOSE_BELOW = ("RoleAndSubordinates", "RoleAndSubordinatesInternal")


@dataclass(frozen=True, slots=True)
class Group:
    """A group that may hold users.

    Attributes:
        native: what declarations call it; None for one that the org itself keeps.
        words: what people call it.
    """

    id: str
    kind: str
    native: Native | None
    words: str
    related: str


def group(row: Row) -> Group:
    """A Group row."""
    kind, name = text(row, "Type"), optional(row, "DeveloperName")
    ours = MEMBER_KINDS.get(kind)
    said = {"Regular": f"public group {name}", "Queue": f"queue {name}"}.get(kind, f"group {name or kind}")
    return Group(
        id=identifier(row, "Id"),
        kind=kind,
        native=None if ours is None else native(ours, text(row, "DeveloperName")),
        words=said,
        related=identifier(row, "RelatedId") if optional(row, "RelatedId") else "",
    )


@dataclass
class Groups:
    """All groups, and which is a member of which."""

    known: dict[str, Group] = field(default_factory=dict)
    _outer: dict[str, list[str]] = field(default_factory=dict)

    def add(self, rows: Iterable[Row]) -> None:
        """Take in Group rows."""
        for row in rows:
            found = group(row)
            self.known[found.id] = found

    def nest(self, rows: Iterable[Row]) -> None:
        """Take in GroupMember rows whose members are groups."""
        for row in rows:
            self._outer.setdefault(identifier(row, "UserOrGroupId"), []).append(identifier(row, "GroupId"))

    def existing(self) -> Iterator[Native]:
        """Every public group and queue."""
        return (one.native for one in self.known.values() if one.native is not None)

    def reached(self, direct: Iterable[str]) -> dict[str, str]:
        """The groups that belonging to these makes somebody belong to, by id, each with the path to it in words."""
        paths: dict[str, str] = {}
        asked = [(one, "") for one in direct]
        while asked:
            one, before = asked.pop()
            if one in paths:
                continue
            named = self.known[one].words if one in self.known else "a group"
            paths[one] = f"{before}, in {named}" if before else named
            asked += [(outer, paths[one]) for outer in self._outer.get(one, ())]
        return paths

    def is_named(self, group: str) -> bool:
        """Whether this is a public group or a queue, and none that the org itself keeps."""
        return group in self.known and self.known[group].native is not None

    def everybodys(self, user_type: str) -> dict[str, str]:
        """The groups that everybody of a user type is in, and those that these are in; by id, with the path."""
        kind = _EVERYBODY.get(user_type, "AllCustomerPortal") if user_type else ""
        return self.reached(one.id for one in self.known.values() if one.kind == kind)

    def reached_by(self, wanted: Native, roles: Hierarchy) -> dict[str, str]:
        """The groups that holding a public group, a queue or a role makes somebody belong to, by id, with the path."""
        if wanted.kind != words.USER_ROLE:
            return self.reached(one.id for one in self.known.values() if one.native == wanted)
        mine = {id_ for named, id_ in roles.existing() if named == wanted}
        above = {id_ for role in mine for id_ in roles.above(role)}
        return self.reached(
            one.id
            for one in self.known.values()
            if (one.kind == "Role" and one.related in mine) or (one.kind in _WITH_THOSE_BELOW and one.related in above)
        )

    def risks(self, wanted: Native, roles: Hierarchy, approvers: Collection[str]) -> Iterator[Risk]:
        """Where else holding a group, queue or role leads, and whether it lets approve in somebody's place.

        `approvers` are ids of groups that somebody names as delegated approver.
        """
        for id_, path in self.reached_by(wanted, roles).items():
            found = self.known.get(id_)
            if found is None:
                continue
            if found.native is not None and found.native != wanted:
                yield Risk("reaches-group", found.words, path, high=False)
            if id_ in approvers:
                yield Risk("approve", "User.DelegatedApproverId", path, high=True)
