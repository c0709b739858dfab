"""Setup objects and others in one transaction: MIXED_DML_OPERATION.

Rule, list and exceptions are those of the Apex Developer Guide, "sObjects That Can't Be Used Together in DML
Operations" (https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_dml_non_mix_sobjects.htm).
It calls its list "not exhaustive"; here every Setup object counts that clients can write.
"""

from collections.abc import Collection
from dataclasses import dataclass

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.schema import ObjectType

# A user is changed beside other records as long as none of these is.
_ACCESS_OF_USERS = frozenset({"UserRoleId", "IsActive", "ForecastEnabled", "IsPortalEnabled", "Username", "ProfileId"})


@dataclass(slots=True)
class Mixture:
    """What one transaction has written so far: the first Setup object, and the first that is none."""

    setup: str | None = None
    other: str | None = None

    def add(self, kind: ObjectType, operation: str, fields: Collection[str] = ()) -> None:
        """Counts a write (`create`, `update`, `delete`); `fields` are those that are given a value.

        Raises:
            OrgError: `MIXED_DML_OPERATION`: something of the other sort was written before.
        """
        if kind.setup and _goes_with_others(kind, operation, fields):
            return
        before = self.other if kind.setup else self.setup
        if before is not None:
            raise mixed(kind.name, before)
        if kind.setup:
            self.setup = self.setup or kind.name
        else:
            self.other = self.other or kind.name


def mixed(kind: str, original: str) -> OrgError:
    """The refusal to write an object in a transaction that has written another of the other sort."""
    message = (
        "DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa): "
        f"{kind}, original object: {original}"
    )
    return OrgError("MIXED_DML_OPERATION", message, fields=())


def _goes_with_others(kind: ObjectType, operation: str, fields: Collection[str]) -> bool:
    if kind.name == "Group":
        return operation != "delete"
    if kind.name != "User":
        return False
    return "UserRoleId" not in fields if operation == "create" else not _ACCESS_OF_USERS & set(fields)
