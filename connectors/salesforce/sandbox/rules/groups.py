"""Public groups and queues, and who belongs to them."""

from typing import TYPE_CHECKING

from connectors.salesforce.sandbox.errors import OrgError, bad_value, integrity, read_only
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.rules.trail import GROUPS, QUEUES, USERS

if TYPE_CHECKING:
    from connectors.salesforce.sandbox.store import Row

_WRITABLE_TYPES = {"Regular", "Queue"}


class GroupRules(Rules):
    """Only public groups and queues are made by hand; the org makes the rest."""

    def before_create(self, change: Change) -> None:
        """Fills the developer name and the owner."""
        if change.new.get("Type") not in _WRITABLE_TYPES:
            raise integrity(f"Type: {change.new.get('Type')} can't be created", "Type")
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

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "Created")

    def after_update(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "Updated")

    def after_delete(self, change: Change) -> None:
        """What belongs to the group goes with it: members, objects of a queue, shares with it."""
        drop_belongings(change.org, change.record_id)
        self._trail(change, "Deleted")

    def _trail(self, change: Change, verb: str) -> None:
        queue = change.value("Type") == "Queue"
        kind, sort, section = ("queue", "Queue", QUEUES) if queue else ("group", "Public Group", GROUPS)
        renamed = [
            f"{name} from {change.old[name]} to {change.new[name]}"
            for name in ("Name", "DeveloperName")
            if verb == "Updated" and change.changes(name)
        ]
        what = f": Changed {', '.join(renamed)}" if renamed else ""
        change.audit(f"{verb.lower()}{kind}", section, f"{verb} {sort} {change.value('Name')}{what}")


class MemberRules(Rules):
    """Direct members."""

    def existing(self, change: Change) -> str | None:
        """A repeated membership answers with the one that is there (Object Reference, GroupMember)."""
        group, member = change.new["GroupId"], change.new["UserOrGroupId"]
        same = change.org.store.find(change.kind, GroupId=group, UserOrGroupId=member)
        return str(same[0]["Id"]) if same else None

    def before_create(self, change: Change) -> None:
        """Only public groups and queues take members, and none is its own."""
        group = change.find("Group", change.new["GroupId"])
        if group.get("Type") not in _WRITABLE_TYPES:
            raise integrity("Members can't be added to this group", "GroupId")
        if change.new["GroupId"] == change.new["UserOrGroupId"]:
            raise integrity("A group can't be its own member", "UserOrGroupId")

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change)

    def after_delete(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change)

    def _trail(self, change: Change) -> None:
        group = change.find("Group", change.value("GroupId"))
        if group.get("Type") == "Queue":
            change.audit("queueMembership", QUEUES, f"Changed membership for Queue {group.get('Name')}")
        else:
            change.audit("groupMembership", GROUPS, f"Changed membership of Group {group.get('Name')}")


class QueueObjectRules(Rules):
    """What a queue holds."""

    def before_create(self, change: Change) -> None:
        """Only queues hold objects, each once."""
        queue = change.find("Group", change.new["QueueId"])
        if queue.get("Type") != "Queue":
            raise integrity("Only a queue holds objects", "QueueId")
        subject = change.new["SobjectType"]
        held = change.org.schema.find(str(subject))
        if held is None or not held.queueable:
            raise bad_value("SobjectType", subject)
        subject = change.new["SobjectType"] = held.name
        if change.org.store.find(change.kind, QueueId=change.new["QueueId"], SobjectType=subject):
            raise OrgError("DUPLICATE_VALUE", f"duplicate value found: {subject} is in the queue already", fields=())

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "Added")

    def after_delete(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "Removed")

    def _trail(self, change: Change, verb: str) -> None:
        queue = change.find("Group", change.value("QueueId")).get("Name")
        change.audit("updatedqueue", QUEUES, f"Updated Queue {queue}: {verb} {change.value('SobjectType')}")


class RoleRules(Rules):
    """Places in the role hierarchy."""

    def before_delete(self, change: Change) -> None:
        """A role that somebody has stays."""
        org = change.org
        if org.store.find(org.schema["User"], UserRoleId=change.record_id):
            raise OrgError("DELETE_FAILED", "You can't delete a role that users are assigned to", fields=())

    def after_create(self, change: Change) -> None:
        """Adds the groups that stand for the role, and leaves a trail."""
        add_role_groups(change.org, change.record_id)
        change.audit("createdrole", USERS, f"Created new role {change.value('Name')}")

    def after_update(self, change: Change) -> None:
        """Leaves a trail."""
        change.audit("role", USERS, f"Changed role {change.value('Name')}")

    def after_delete(self, change: Change) -> None:
        """Its groups go with it, and what belongs to them; leaves a trail."""
        for group in change.org.store.find(change.org.schema["Group"], RelatedId=change.record_id):
            change.org.store.delete(change.org.schema["Group"], str(group["Id"]))
            drop_belongings(change.org, str(group["Id"]))
        change.audit("deletedrole", USERS, f"Deleted role {change.old['Name']}")


def add_role_groups(org: Org, role_id: str) -> None:
    """Adds the two groups that the org keeps for a role: its users, and those with the users of roles below."""
    role = org.store.get(org.schema["UserRole"], role_id) or {}
    for kind in ROLE_GROUPS:
        name = role.get("DeveloperName") or str(role.get("Name")).replace(" ", "_")
        values: Row = {"DeveloperName": name, "Type": kind, "RelatedId": role_id, "DoesIncludeBosses": 1}
        org.add("Group", values, OwnerId=org.org_id)


def drop_belongings(org: Org, group_id: str) -> None:
    """Takes away what belongs to a group that is gone."""
    for kind, field in _BELONGS:
        for row in org.store.find(org.schema[kind], **{field: group_id}):
            org.store.delete(org.schema[kind], str(row["Id"]))


ROLE_GROUPS = ("Role", "RoleAndSubordinates")
_BELONGS = (
    ("GroupMember", "GroupId"),
    ("GroupMember", "UserOrGroupId"),
    ("QueueSobject", "QueueId"),
    ("AccountShare", "UserOrGroupId"),
    ("CaseShare", "UserOrGroupId"),
)


def _only_ours(change: Change) -> None:
    if change.old["Type"] not in _WRITABLE_TYPES:
        raise read_only()
