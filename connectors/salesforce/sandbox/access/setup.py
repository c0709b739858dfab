"""Setup objects as data: what it takes to read and to write them.

From the "Special Access Rules" of each object in the object reference. It does not say what an asker without them is
answered; here such an asker is shown no row but their own.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetupRule:
    """What a Setup object asks for.

    Attributes:
        write: System permissions one of which lets change it; empty: `CustomizeApplication`.
        read: System permissions one of which lets see all its rows; empty: everybody sees them.
        own: Field that names the user whose row it is: that user always sees it.
        own_deletable: That user may also delete it.
    """

    write: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    own: str | None = None
    own_deletable: bool = False


_USERS = ("ManageUsers", "ManageInternalUsers")
_MANAGE = ("ManageUsers",)
_SETS = ("ManageProfilesPermissionsets",)
_ASSIGN = ("AssignPermissionSets",)
_VIEW = ("ViewSetup",)
_SETS_SEEN = ("ViewSetup", "ManageSessionPermissionSets", *_ASSIGN, *_SETS)

RULES: dict[str, SetupRule] = {
    "User": SetupRule(write=_USERS, own="Id"),
    "UserLogin": SetupRule(write=("FreezeUsers", *_MANAGE), read=("FreezeUsers", *_MANAGE)),
    "UserRole": SetupRule(write=("ManageRoles", *_MANAGE), read=("ViewRoles", "ManageRoles", *_MANAGE)),
    "Group": SetupRule(write=_MANAGE),
    "GroupMember": SetupRule(write=_MANAGE),
    "QueueSobject": SetupRule(write=_MANAGE),
    "PermissionSet": SetupRule(write=_SETS, read=_SETS_SEEN),
    "PermissionSetGroup": SetupRule(write=_SETS, read=_SETS_SEEN),
    "PermissionSetGroupComponent": SetupRule(write=_SETS, read=_VIEW),
    "MutingPermissionSet": SetupRule(write=_SETS, read=_SETS_SEEN),
    "ObjectPermissions": SetupRule(write=_SETS, read=_VIEW),
    "FieldPermissions": SetupRule(write=_SETS, read=_VIEW),
    "SetupEntityAccess": SetupRule(write=_SETS, read=_VIEW),
    "PermissionSetAssignment": SetupRule(write=_ASSIGN, read=(*_VIEW, *_ASSIGN, *_MANAGE), own="AssigneeId"),
    "PermissionSetLicenseAssign": SetupRule(write=(*_ASSIGN, *_MANAGE), read=(*_VIEW, *_ASSIGN), own="AssigneeId"),
    "AuthSession": SetupRule(write=_MANAGE, read=_MANAGE, own="UsersId", own_deletable=True),
    "SessionPermSetActivation": SetupRule(
        write=("ManageSessionPermissionSets",), read=(*_VIEW, "ManageSessionPermissionSets")
    ),
    "OauthToken": SetupRule(read=("CustomizeApplication",), own="UserId"),
    "LoginHistory": SetupRule(read=("MonitorLoginHistory", *_MANAGE), own="UserId"),
    "LoginIp": SetupRule(write=_MANAGE, read=_MANAGE, own="UsersId"),
    "VerificationHistory": SetupRule(read=_MANAGE),
    "TwoFactorMethodsInfo": SetupRule(read=("TwoFactorApi",)),
    "SetupAuditTrail": SetupRule(read=_VIEW),
    "EventLogFile": SetupRule(read=("ViewEventLogFiles",)),
}
