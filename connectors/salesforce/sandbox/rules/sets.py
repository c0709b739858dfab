"""Permission sets, the groups that bundle them, and what they allow: the containers, not who holds them."""

import re

from connectors.salesforce.sandbox.errors import OrgError, integrity, read_only
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.rules.bundles import aggregate, holders, outdate
from connectors.salesforce.sandbox.rules.trail import SET_GROUPS, USERS, muting_created, set_changed, set_created
from connectors.salesforce.sandbox.store import Value


class PermissionSetRules(Rules):
    """Permission sets made by hand, and those that the org keeps for profiles and groups."""

    def before_create(self, change: Change) -> None:
        """Names are unique."""
        change.new |= {"IsCustom": 1, "IsOwnedByProfile": 0, "Type": "Regular"}
        _check_name(change, "Name")

    def before_update(self, change: Change) -> None:
        """What a profile or a group owns is worked out, not written."""
        if change.old["IsOwnedByProfile"] or change.old["Type"] == "Group":
            raise read_only()
        if change.changes("Name"):
            _check_name(change, "Name")

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        change.audit(*set_created(change))

    def after_update(self, change: Change) -> None:
        """Groups that hold it are worked out again."""
        for entry in set_changed(change):
            change.audit(*entry)
        _spread(change, change.record_id)

    def before_delete(self, change: Change) -> None:
        """What is assigned cannot be deleted (object reference, PermissionSet)."""
        if change.old["IsOwnedByProfile"] or change.old["Type"] == "Group":
            raise read_only()
        held = change.org.schema["PermissionSetAssignment"]
        if change.org.store.alive(held, change.org.now(), PermissionSetId=change.record_id):
            message = "You can't delete a permission set that's assigned to users"
            raise OrgError("DELETE_FAILED", message, fields=[])
        if holders(change.org, change.record_id):
            message = "You can't delete a permission set that's in a permission set group"
            raise OrgError("DELETE_FAILED", message, fields=[])

    def after_delete(self, change: Change) -> None:
        """What it allowed goes with it; leaves a trail."""
        for name in ("ObjectPermissions", "FieldPermissions", "SetupEntityAccess"):
            kind = change.org.schema[name]
            for row in change.org.store.find(kind, ParentId=change.record_id):
                change.org.store.delete(kind, str(row["Id"]))
        change.audit("PermSetDelete", USERS, f"Deleted permission set {change.old['Label']}")


class MutingRules(Rules):
    """Muting sets count in the group that they are part of."""

    def before_create(self, change: Change) -> None:
        """Names are unique."""
        _check_name(change, "DeveloperName")

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        change.audit(*muting_created(change))

    def after_update(self, change: Change) -> None:
        """Their group is worked out again."""
        for entry in set_changed(change):
            change.audit(*entry)
        _spread(change, change.record_id)

    def after_delete(self, change: Change) -> None:
        """It leaves the group that it was part of, which is worked out again, and a trail."""
        parts = change.org.schema["PermissionSetGroupComponent"]
        for group in holders(change.org, change.record_id):
            for part in change.org.store.find(parts, PermissionSetGroupId=group, PermissionSetId=change.record_id):
                change.org.store.delete(parts, str(part["Id"]))
            outdate(change.org, group)
        change.audit("PermSetDelete", USERS, f"Deleted muting permission set {change.old['MasterLabel']}")


class GroupSetRules(Rules):
    """Bundles of permission sets."""

    def before_create(self, change: Change) -> None:
        """Nothing is to be worked out yet."""
        change.new["Status"] = "Updated"
        _check_name(change, "DeveloperName")

    def after_create(self, change: Change) -> None:
        """Its flags live in a permission set of their own."""
        aggregate(change.org, change.record_id)
        name = change.value("DeveloperName")
        change.audit("PermissionSetGroupCreate", SET_GROUPS, f"Created permission set group {name}")

    def after_delete(self, change: Change) -> None:
        """Assignments and components go with it."""
        for kind in ("PermissionSetAssignment", "PermissionSetGroupComponent", "PermissionSet"):
            found = change.org.schema[kind]
            for row in change.org.store.find(found, PermissionSetGroupId=change.record_id):
                change.org.store.delete(found, str(row["Id"]))
        change.org.recalculations.pop(change.record_id, None)
        name = change.old["DeveloperName"]
        change.audit("PermissionSetGroupDelete", SET_GROUPS, f"Deleted permission set group {name}")


class ComponentRules(Rules):
    """What a bundle holds."""

    def before_create(self, change: Change) -> None:
        """Each set once, at most one that mutes, and none that something else owns."""
        group, part = change.new["PermissionSetGroupId"], change.new["PermissionSetId"]
        if change.org.store.find(change.kind, PermissionSetGroupId=group, PermissionSetId=part):
            message = "This permission set is already in the permission set group"
            raise OrgError("DUPLICATE_VALUE", message, fields=[])
        role = change.find("PermissionSet", part)
        if role.get("IsOwnedByProfile") or role.get("Type") == "Group":
            raise integrity("This permission set can't be part of a permission set group", "PermissionSetId")
        if not role and any(self._mutes(change.org, row["PermissionSetId"]) for row in self._others(change)):
            raise integrity("A permission set group can have one muting permission set only", "PermissionSetId")

    def after_create(self, change: Change) -> None:
        """The bundle is worked out again."""
        self._changed(change, "Add", "added")

    def after_delete(self, change: Change) -> None:
        """The bundle is worked out again."""
        self._changed(change, "Removed", "removed")

    def _others(self, change: Change) -> list[dict[str, Value]]:
        return change.org.store.find(change.kind, PermissionSetGroupId=change.new["PermissionSetGroupId"])

    def _mutes(self, org: Org, part: Value) -> bool:
        kind = org.schema.of_id(str(part))
        return kind is not None and kind.name == "MutingPermissionSet"

    def _changed(self, change: Change, how: str, verb: str) -> None:
        group, part = change.value("PermissionSetGroupId"), change.value("PermissionSetId")
        outdate(change.org, group)
        label = change.find("PermissionSet", part).get("Label")
        label = label or change.find("MutingPermissionSet", part).get("MasterLabel")
        name = change.find("PermissionSetGroup", group).get("DeveloperName")
        text = f"Changed permission set group {name}: group member {label} was {verb}"
        change.audit(f"PermissionSetGroupComponent{how}", SET_GROUPS, text)


def _check_name(change: Change, field: str) -> None:
    """Letters, digits and single underscores, a letter first and no underscore last (object reference); and unique."""
    name = str(change.new[field])
    if not re.fullmatch(r"[A-Za-z](?:_?[A-Za-z0-9])*", name, re.ASCII):
        message = (
            f"{field}: The API name can only contain underscores and alphanumeric characters. It must be unique, begin "
            "with a letter, not include spaces, not end with an underscore, and not contain two consecutive "
            "underscores."
        )
        raise integrity(message, field)
    same = change.org.store.find(change.kind, **{field: change.new[field]})
    if same:
        message = f"duplicate value found: {field} duplicates value on record with id: {same[0]['Id']}"
        raise OrgError("DUPLICATE_DEVELOPER_NAME", message, fields=[field])


def _spread(change: Change, part: Value) -> None:
    """Has every group that holds the set worked out again."""
    for group in holders(change.org, part):
        outdate(change.org, group)
