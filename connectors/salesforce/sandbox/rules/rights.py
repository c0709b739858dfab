"""Object and field permissions and access to connected applications: rows below a permission set."""

from connectors.salesforce.sandbox.errors import OrgError, bad_value, integrity, read_only
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.rules.bundles import holders, outdate
from connectors.salesforce.sandbox.rules.trail import USERS
from connectors.salesforce.sandbox.store import Row, Value

_OBJECT = {
    "PermissionsRead": "Read",
    "PermissionsCreate": "Create",
    "PermissionsEdit": "Edit",
    "PermissionsDelete": "Delete",
    "PermissionsViewAllRecords": "View All",
    "PermissionsModifyAllRecords": "Modify All",
    "PermissionsViewAllFields": "View All Fields",
}
_FIELD = {"PermissionsRead": "Read", "PermissionsEdit": "Edit"}
_NEEDS = {
    "PermissionsCreate": ("PermissionsRead",),
    "PermissionsEdit": ("PermissionsRead",),
    "PermissionsDelete": ("PermissionsRead", "PermissionsEdit"),
    "PermissionsViewAllRecords": ("PermissionsRead",),
    "PermissionsViewAllFields": ("PermissionsRead",),
    "PermissionsModifyAllRecords": ("PermissionsDelete", "PermissionsViewAllRecords"),
}


class RightRules(Rules):
    """Permissions on an object or on a field. One row each; a row that allows nothing is none."""

    def __init__(self, *, field: bool) -> None:
        self._flags = _FIELD if field else _OBJECT
        self._key = "Field" if field else "SobjectType"

    def before_create(self, change: Change) -> None:
        """Refuses a second row, and rights without those that they need."""
        _only_by_hand(change)
        self._check_subject(change)
        parent, subject = change.new["ParentId"], change.new[self._key]
        if change.org.store.find(change.kind, **{"ParentId": parent, self._key: subject}):
            raise OrgError("DUPLICATE_VALUE", f"duplicate value found: {self._key} on {parent}", fields=())
        self._check(change)

    def before_update(self, change: Change) -> None:
        """Refuses rights without those that they need."""
        _only_by_hand(change)
        self._check(change)

    def before_delete(self, change: Change) -> None:
        """What a profile or a group owns stays."""
        _only_by_hand(change)

    def after_create(self, change: Change) -> None:
        """Groups are worked out again."""
        self._changed(change, {}, change.new)

    def after_update(self, change: Change) -> None:
        """A row that allows nothing any more is deleted (object reference, PermissionSet)."""
        after = change.old | change.new
        if not any(after[flag] for flag in self._flags):
            change.org.store.delete(change.kind, change.record_id)
        self._changed(change, change.old, after)

    def after_delete(self, change: Change) -> None:
        """Groups are worked out again."""
        self._changed(change, change.old, {})

    def _check_subject(self, change: Change) -> None:
        """Refuses objects and fields that are not there, and fields of another object; fills their canonical names."""
        schema, name = change.org.schema, str(change.new["SobjectType"])
        kind = schema.find(name)
        if kind is None or not change.org.switches.have(kind):
            raise bad_value("SobjectType", name)
        change.new["SobjectType"] = kind.name
        if self._key == "Field":
            path = str(change.new["Field"])
            owner, _, field_name = path.partition(".")
            field = kind.field(field_name) if owner.lower() == kind.name.lower() else None
            if field is None or not field.permissionable:
                raise bad_value("Field", path)
            change.new["Field"] = f"{kind.name}.{field.name}"

    def _check(self, change: Change) -> None:
        subject = change.value(self._key)
        for flag, needs in _NEEDS.items():
            missing = [need for need in needs if flag in self._flags and not change.value(need)]
            if missing and change.value(flag):
                names = ", ".join(f"{self._flags[need]} {subject}" for need in missing)
                raise integrity(f"Permission {self._flags[flag]} {subject} depends on permission(s): {names}", flag)

    def _changed(self, change: Change, before: Row, after: Row) -> None:
        parent = change.value("ParentId")
        for group in holders(change.org, parent):
            outdate(change.org, group)
        lead = f"Changed permission set {change.find('PermissionSet', parent).get('Label')}:"
        was, now = self._shown(before), self._shown(after)
        if self._key == "Field":
            subject = str(change.value("Field")).replace(".", ": ")
            text = f"{lead} field-level security for {subject} was changed from {was} to {now}"
            change.audit("PermSetFlsChanged", USERS, text)
        else:
            text = f"{lead} {change.value('SobjectType')} object permissions were changed from {was} to {now}"
            change.audit("PermSetEntityPermChanged", USERS, text)

    def _shown(self, row: Row) -> str:
        return ", ".join(name for flag, name in self._flags.items() if row.get(flag)) or "No Access"


class EntityAccessRules(Rules):
    """Which connected applications a permission set opens."""

    def before_create(self, change: Change) -> None:
        """The type follows from what it opens."""
        _only_by_hand(change)
        change.new["SetupEntityType"] = "ConnectedApplication"

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "Enabled", "enabled")

    def after_delete(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "Disabled", "disabled")

    def _trail(self, change: Change, how: str, verb: str) -> None:
        label = change.find("PermissionSet", change.value("ParentId")).get("Label")
        application = change.find("ConnectedApplication", change.value("SetupEntityId")).get("Name")
        text = f"Changed permission set {label}: {application} connected app is {verb}"
        change.audit(f"SetupEntityAccessAudit_PermissionSet_ConnectedApplication_{how}", USERS, text)


def _only_by_hand(change: Change) -> None:
    parent: Value = change.value("ParentId")
    role = change.find("PermissionSet", parent)
    if role.get("IsOwnedByProfile") or role.get("Type") == "Group":
        raise read_only()
