"""Setup objects as data: what it takes to read and to write them."""

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
_SETS = ("ManageProfilesPermissionsets",)
_ASSIGN = ("AssignPermissionSets",)

RULES: dict[str, SetupRule] = {
    "User": SetupRule(write=_USERS, own="Id"),
    "UserLogin": SetupRule(write=("FreezeUsers", *_USERS), read=_USERS, own="UserId"),
    "UserRole": SetupRule(write=("ManageRoles",)),
    "Group": SetupRule(write=_USERS),
    "GroupMember": SetupRule(write=_USERS),
    "QueueSobject": SetupRule(write=_USERS),
    "PermissionSet": SetupRule(write=_SETS),
    "PermissionSetGroup": SetupRule(write=_SETS),
    "PermissionSetGroupComponent": SetupRule(write=_SETS),
    "MutingPermissionSet": SetupRule(write=_SETS),
    "ObjectPermissions": SetupRule(write=_SETS),
    "FieldPermissions": SetupRule(write=_SETS),
    "SetupEntityAccess": SetupRule(write=_SETS),
    "PermissionSetAssignment": SetupRule(write=_ASSIGN, read=("ViewSetup", *_ASSIGN), own="AssigneeId"),
    "PermissionSetLicenseAssign": SetupRule(write=(*_ASSIGN, *_USERS), read=("ViewSetup", *_ASSIGN), own="AssigneeId"),
    "AuthSession": SetupRule(write=_USERS, read=_USERS, own="UsersId", own_deletable=True),
    "OauthToken": SetupRule(write=_USERS, read=_USERS, own="UserId", own_deletable=True),
    "LoginHistory": SetupRule(read=_USERS, own="UserId"),
    "LoginIp": SetupRule(write=_USERS, read=_USERS, own="UsersId"),
    "VerificationHistory": SetupRule(read=_USERS, own="UserId"),
    "TwoFactorMethodsInfo": SetupRule(read=("ManageTwoFactor", *_USERS), own="UserId"),
    "SetupAuditTrail": SetupRule(read=("ViewSetup",)),
    "EventLogFile": SetupRule(read=("ViewEventLogFiles",)),
}
