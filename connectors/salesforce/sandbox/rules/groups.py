"""Public groups and queues, and who belongs to them."""

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.store import Row

_WRITABLE_TYPES = {"Regular", "Queue"}


class GroupRules(Rules):
    """Only public groups and queues are made by hand; the org makes the rest."""

    def before_create(self, change: Change) -> None:
        """Fills the developer name and the owner."""
        if change.new.get("Type") not in _WRITABLE_TYPES:
            raise OrgError(
                "FIELD_INTEGRITY_EXCEPTION", f"Type: {change.new.get('Type')} can't be created", fields=["Type"]
            )
        change.new["DeveloperName"] = change.new.get("DeveloperName") or str(change.new["Name"]).replace(" ", "_")
        change.new["OwnerId"] = change.org.org_id
        same = change.org.store.find(change.kind, DeveloperName=change.new["DeveloperName"], Type=change.new["Type"])
        if same:
            message = f"duplicate value found: DeveloperName duplicates value on record with id: {same[0]['Id']}"
            raise OrgError("DUPLICATE_DEVELOPER_NAME", message, fields=["DeveloperName"])

    def before_update(self, change: Change) -> None:
        """Groups that the org made stay as they are."""
        _only_ours(change)

    def before_delete(self, change: Change) -> None:
        """Groups that the org made stay."""
        _only_ours(change)

    def after_delete(self, change: Change) -> None:
        """Memberships go with the group."""
        members = change.org.schema["GroupMember"]
        for member in change.org.store.find(members, GroupId=change.record_id):
            change.org.store.delete(members, str(member["Id"]))


class MemberRules(Rules):
    """Direct members."""

    def existing(self, org: Org, values: Row) -> str | None:
        """A repeated membership answers with the one that is there (Object Reference, GroupMember)."""
        same = org.store.find(
            org.schema["GroupMember"], GroupId=values["GroupId"], UserOrGroupId=values["UserOrGroupId"]
        )
        return str(same[0]["Id"]) if same else None

    def before_create(self, change: Change) -> None:
        """Only public groups and queues take members, and none is its own."""
        group = change.find("Group", change.new["GroupId"])
        if group.get("Type") not in _WRITABLE_TYPES:
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", "Members can't be added to this group", fields=["GroupId"])
        if change.new["GroupId"] == change.new["UserOrGroupId"]:
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", "A group can't be its own member", fields=["UserOrGroupId"])

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "added to")

    def after_delete(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "removed from")

    def _trail(self, change: Change, what: str) -> None:
        group = change.find("Group", change.value("GroupId"))
        member = change.find("Name", change.value("UserOrGroupId")).get("Name")
        kind = "queue" if group.get("Type") == "Queue" else "group"
        text = f"{member} {what} {kind} {group.get('Name')}"
        change.audit(f"{kind}Membership", "Manage Users", text)


def _only_ours(change: Change) -> None:
    if change.old["Type"] not in _WRITABLE_TYPES:
        raise OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", fields=[])
