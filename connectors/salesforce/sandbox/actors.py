"""Who acts: the user of a session, with what that user's access allows."""

from dataclasses import dataclass

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import Field, ObjectType
from connectors.salesforce.sandbox.store import Row


@dataclass(frozen=True, slots=True)
class User:
    """A user as actor."""

    user_id: str

    def may(self, org: Org, kind: ObjectType, operation: str, row: Row | None = None) -> None:
        """Refuses what the user's access lacks."""
        del org, kind, operation, row

    def may_write(self, org: Org, kind: ObjectType, field: Field) -> bool:
        """Whether the user may write that field."""
        del org, kind, field
        return True

    def sees(self, org: Org, kind: ObjectType, row: Row) -> bool:
        """Whether the record exists for the user."""
        del org, kind, row
        return True

    def reads(self, org: Org, kind: ObjectType, field: Field) -> bool:
        """Whether the user may read that field."""
        del org, kind, field
        return True

    def sight(self, org: Org, kind: ObjectType, alias: str) -> str | None:
        """SQL condition on the rows that the user sees; None: all."""
        del org, kind, alias
        return None
