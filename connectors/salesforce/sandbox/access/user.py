"""A user as actor: every request is checked against what that user has at that moment."""

from dataclasses import dataclass
from functools import cached_property

from connectors.salesforce.sandbox.access.permissions import Permissions, permissions_of
from connectors.salesforce.sandbox.access.setup import RULES, SetupRule
from connectors.salesforce.sandbox.access.sharing import Standing, condition, standing_of
from connectors.salesforce.sandbox.errors import OrgError, not_allowed, read_only
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.bundles import settle
from connectors.salesforce.sandbox.schema import Field, ObjectType
from connectors.salesforce.sandbox.store import Row

# Objects that have no object permissions of their own go by those of what they belong to.
_RULED_BY = {
    "CaseComment": "Case",
    "CaseShare": "Case",
    "CaseTeamMember": "Case",
    "CaseTeamTemplateRecord": "Case",
    "AccountShare": "Account",
    "AccountTeamMember": "Account",
}


@dataclass
class User:
    """Somebody who acts. Made for one request: what it has worked out, it keeps.

    Attributes:
        session_id: The session that they act in; permission sets may have to be activated there.
    """

    org: Org
    user_id: str
    session_id: str | None = None

    def __post_init__(self) -> None:
        settle(self.org)

    def may(self, kind: ObjectType, operation: str, row: Row | None = None) -> None:
        """Refuses an operation that the user's access lacks.

        Raises:
            OrgError: `CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY` where the object's permissions lack it,
                `INSUFFICIENT_ACCESS_OR_READONLY` where the record does, or Setup.
        """
        if kind.setup:
            if not self._may_in_setup(kind, operation, row):
                raise read_only()
        elif not self.has_object(kind, operation):
            raise not_allowed(operation, kind.name)
        elif row is not None and not self.reaches(kind, row, operation):
            raise read_only()

    def may_write(self, kind: ObjectType, field: Field) -> bool:
        """Whether the user may write that field."""
        return self._has_field(kind, field, "edit")

    def reads(self, kind: ObjectType, field: Field) -> bool:
        """Whether the user may read that field."""
        return self._has_field(kind, field, "read")

    def knows(self, kind: ObjectType) -> bool:
        """Whether the object exists for the user."""
        return self.org.switches.have(kind) and (kind.setup or kind.virtual or self.has_object(kind, "read"))

    def sees(self, kind: ObjectType, row: Row) -> bool:
        """Whether the record exists for the user."""
        return self.reaches(kind, row, "read")

    def reaches(self, kind: ObjectType, row: Row, level: str) -> bool:
        """Whether sharing gives the user that level on the record: `read`, `edit`, or `delete` for full access."""
        test = self._sight(kind, "t", level)
        if test is None:
            return True
        sql = f'SELECT 1 FROM "{kind.name}" t WHERE t."Id" = :id AND {test}'  # noqa: S608 (names and ids are the org's own)
        return bool(self.org.store.tuples(sql, {"id": row["Id"]}))

    def sight(self, kind: ObjectType, alias: str) -> str | None:
        """SQL condition on the rows that the user sees; None: all."""
        return self._sight(kind, alias, "read")

    def has_object(self, kind: ObjectType, operation: str) -> bool:
        """Whether profile and permission sets allow the operation on the object."""
        name = _RULED_BY.get(kind.name, kind.name)
        if name == kind.name:
            needed = operation
        else:
            # Whoever sees a case may comment on it (object reference, CaseComment).
            needed = "read" if operation == "read" or kind.name == "CaseComment" else "edit"
        if operation == "read" and self.permissions.has("ViewAllData"):
            return True
        return (name, needed) in self.permissions.objects or self.permissions.has("ModifyAllData")

    def can(self, kind: ObjectType, operation: str) -> bool:
        """Whether the user may create, edit or delete records of an object at all."""
        if not kind.setup:
            return self.has_object(kind, operation)
        rule = RULES.get(kind.name, SetupRule())
        own = operation == "delete" and rule.own_deletable
        return own or self._may_in_setup(kind, operation, None)

    @cached_property
    def permissions(self) -> Permissions:
        """What profile, permission sets and groups allow."""
        return permissions_of(self.org, self.user_id, self.session_id)

    @cached_property
    def _standing(self) -> Standing:
        row = self.org.store.get(self.org.schema["User"], self.user_id)
        if row is None:
            raise OrgError("INVALID_SESSION_ID", "Session expired or invalid")
        return standing_of(self.org, row)

    def _may_in_setup(self, kind: ObjectType, operation: str, row: Row | None) -> bool:
        rule = RULES.get(kind.name, SetupRule())
        own = row is not None and rule.own is not None and row.get(rule.own) == self.user_id
        if own and rule.own_deletable and operation == "delete":
            return True
        return self.permissions.has(*(rule.write or ("CustomizeApplication",)))

    def _sight(self, kind: ObjectType, alias: str, level: str) -> str | None:
        if kind.setup:
            return self._setup_sight(kind, alias)
        if self._has_all(kind, level):
            return None
        return condition(self.org, self._standing, kind.name, alias, level)

    def _setup_sight(self, kind: ObjectType, alias: str) -> str | None:
        if kind.name == "EntityDefinition":
            names = ", ".join(f"'{one.name}'" for one in self.org.schema.objects.values() if self.knows(one))
            return f'{alias}."QualifiedApiName" IN ({names})'
        rule = RULES.get(kind.name, SetupRule())
        if kind.name == "User":
            all_seen = not self._standing.portal or self.permissions.has("ViewAllUsers", "ManageUsers")
        else:
            all_seen = not rule.read or self.permissions.has(*rule.read)
        if all_seen:
            return None
        return f"{alias}.\"{rule.own}\" = '{self.user_id}'" if rule.own else "0"

    def _has_all(self, kind: ObjectType, level: str) -> bool:
        name = _RULED_BY.get(kind.name, kind.name)
        if self.permissions.has("ModifyAllData") or (name, "modify all") in self.permissions.objects:
            return True
        sees_all = self.permissions.has("ViewAllData") or (name, "view all") in self.permissions.objects
        return level == "read" and sees_all

    def _has_field(self, kind: ObjectType, field: Field, level: str) -> bool:
        if field.hidden or (not self.org.switches.assignment_expiry and _is_end(kind, field)):
            return False
        free = field.required or field.filled or field.is_name or field.name == "Id" or field.computed is not None
        if free or kind.setup or kind.virtual or kind.name in _RULED_BY:
            return True
        if level == "read" and (kind.name, "view all fields") in self.permissions.objects:
            return True
        return (f"{kind.name}.{field.name}", level) in self.permissions.fields


def _is_end(kind: ObjectType, field: Field) -> bool:
    """Whether it is the field that an org without expiring assignments does not have."""
    return kind.name == "PermissionSetAssignment" and field.name == "ExpirationDate"
