"""Cases, accounts, and the rows that share them."""

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.store import Row


class OwnedRules(Rules):
    """Records with sharing rows: the owner has one with full access, which the org keeps."""

    def __init__(self, share: str, parent: str) -> None:
        self._share = share
        self._parent = parent

    def after_create(self, change: Change) -> None:
        """Adds the owner's row."""
        self._add(change)

    def after_update(self, change: Change) -> None:
        """Moves it to the new owner; manual shares end with the change of owner."""
        if change.changes("OwnerId"):
            self._drop(change, "Owner")
            self._drop(change, "Manual")
            self._add(change)

    def after_delete(self, change: Change) -> None:
        """Takes it away."""
        self._drop(change, "Owner")

    def _add(self, change: Change) -> None:
        levels = [name for name in change.org.schema[self._share].fields if name.endswith("AccessLevel")]
        row: Row = dict.fromkeys(levels, "All" if self._share == "CaseShare" else "Edit")
        row |= {self._parent: change.record_id, "UserOrGroupId": change.value("OwnerId"), "RowCause": "Owner"}
        if "AccountAccessLevel" in row:
            row["AccountAccessLevel"] = "All"
        change.org.add(self._share, row, by=change.actor.user_id)

    def _drop(self, change: Change, cause: str) -> None:
        kind = change.org.schema[self._share]
        for row in change.org.store.find(kind, **{self._parent: change.record_id, "RowCause": cause}):
            change.org.store.delete(kind, str(row["Id"]))


class AccountRules(OwnedRules):
    """Accounts belong to who made them."""

    def __init__(self) -> None:
        super().__init__("AccountShare", "AccountId")

    def before_create(self, change: Change) -> None:
        """Fills the owner."""
        change.new["OwnerId"] = change.new.get("OwnerId") or change.actor.user_id


class CaseRules(OwnedRules):
    """Cases are numbered, and closed by their status."""

    def __init__(self) -> None:
        super().__init__("CaseShare", "CaseId")

    def before_create(self, change: Change) -> None:
        """Fills number, owner and account."""
        change.org.case_number += 1
        change.new["CaseNumber"] = f"{change.org.case_number:08d}"
        change.new["OwnerId"] = change.new.get("OwnerId") or change.actor.user_id
        if change.new.get("ContactId") and not change.new.get("AccountId"):
            change.new["AccountId"] = change.find("Contact", change.new["ContactId"]).get("AccountId")
        self._close(change)
        change.new["IsClosedOnCreate"] = change.new["IsClosed"]

    def before_update(self, change: Change) -> None:
        """Follows the status."""
        if "Status" in change.new:
            self._close(change)

    def _close(self, change: Change) -> None:
        closed = str(change.value("Status")).lower() == "closed"
        change.new["IsClosed"] = int(closed)
        since = change.old.get("ClosedDate") if change.old.get("IsClosed") else change.org.now()
        change.new["ClosedDate"] = since if closed else None


class ShareRules(Rules):
    """Only manual shares are written by hand, and never with full control (Object Reference, AccountShare)."""

    def __init__(self, level: str, parent: str) -> None:
        self._level = level
        self._parent = parent

    def existing(self, org: Org, values: Row) -> str | None:
        """A repeated manual share answers with the one that is there, at the level now asked for."""
        kind = org.schema["AccountShare" if self._parent == "AccountId" else "CaseShare"]
        same = org.store.find(
            kind,
            **{self._parent: values[self._parent], "UserOrGroupId": values["UserOrGroupId"], "RowCause": "Manual"},
        )
        if not same or values.get("RowCause", "Manual") != "Manual":
            return None
        levels = {name: value for name, value in values.items() if name.endswith("AccessLevel") and value != "All"}
        org.store.update(kind, str(same[0]["Id"]), levels)
        return str(same[0]["Id"])

    def before_create(self, change: Change) -> None:
        """Refuses rows that the org alone writes."""
        if change.new.get("RowCause") != "Manual":
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", "Row cause can only be Manual", fields=["RowCause"])
        self._check_level(change)

    def before_update(self, change: Change) -> None:
        """Refuses rows that the org alone writes."""
        self._only_manual(change)
        self._check_level(change)

    def before_delete(self, change: Change) -> None:
        """Refuses rows that the org alone writes."""
        self._only_manual(change)

    def _only_manual(self, change: Change) -> None:
        if change.old["RowCause"] != "Manual":
            raise OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", fields=[])

    def _check_level(self, change: Change) -> None:
        if str(change.new.get(self._level)).lower() == "all":
            message = f"{self._level}: bad value for restricted picklist field: All"
            raise OrgError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields=[self._level])


class TeamRules(Rules):
    """A member of an account's team sees it through a share row that the org keeps."""

    _LEVELS = ("AccountAccessLevel", "CaseAccessLevel", "ContactAccessLevel", "OpportunityAccessLevel")

    def after_create(self, change: Change) -> None:
        """Adds the share row."""
        change.org.add(
            "AccountShare",
            {level: change.new.get(level) for level in self._LEVELS},
            AccountId=change.new["AccountId"],
            UserOrGroupId=change.new["UserId"],
            RowCause="Team",
        )

    def after_update(self, change: Change) -> None:
        """Keeps the share row at the member's levels."""
        levels = {level: change.value(level) for level in self._LEVELS}
        for share in self._shares(change):
            change.org.store.update(change.org.schema["AccountShare"], str(share["Id"]), levels)

    def after_delete(self, change: Change) -> None:
        """Takes the share row away."""
        for share in self._shares(change):
            change.org.store.delete(change.org.schema["AccountShare"], str(share["Id"]))

    def _shares(self, change: Change) -> list[Row]:
        kind = change.org.schema["AccountShare"]
        account, user = change.old["AccountId"], change.old["UserId"]
        return change.org.store.find(kind, AccountId=account, UserOrGroupId=user, RowCause="Team")
