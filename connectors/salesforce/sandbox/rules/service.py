"""Accounts, cases and comments on them."""

from typing import TYPE_CHECKING

from connectors.salesforce.sandbox.errors import out_of_reach
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.rules.ruled import share_by_rules

if TYPE_CHECKING:
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
            for cause in ("Owner", "Manual", "Rule"):
                self._drop(change, cause)
            self._add(change)

    def after_delete(self, change: Change) -> None:
        """Takes every row away."""
        for cause in ("Owner", "Manual", "Rule", "Team"):
            self._drop(change, cause)

    def _add(self, change: Change) -> None:
        levels = [name for name in change.org.schema[self._share].fields if name.endswith("AccessLevel")]
        row: Row = dict.fromkeys(levels, "All" if self._share == "CaseShare" else "Edit")
        row |= {self._parent: change.record_id, "UserOrGroupId": change.value("OwnerId"), "RowCause": "Owner"}
        if "AccountAccessLevel" in row:
            row["AccountAccessLevel"] = "All"
        change.org.add(self._share, row, by=change.actor.user_id)
        share_by_rules(change.org, change.kind.name, change.record_id, change.value("OwnerId"))

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


class CommentRules(Rules):
    """Comments on cases. Once made, they are for people with full rights on all cases; others may publish them."""

    def before_create(self, change: Change) -> None:
        """A comment goes to a case that its author sees."""
        case = change.find("Case", change.new["ParentId"])
        if not change.actor.reaches(change.org.schema["Case"], case, "read"):
            raise out_of_reach()

    def before_update(self, change: Change) -> None:
        """Others may change whether it is published, and nothing else (object reference, CaseComment)."""
        if set(change.new) - {"IsPublished"}:
            change.actor.may(change.org.schema["Case"], "modify all")

    def before_delete(self, change: Change) -> None:
        """Others may not delete it (object reference, CaseComment)."""
        change.actor.may(change.org.schema["Case"], "modify all")
