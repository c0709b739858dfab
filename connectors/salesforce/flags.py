"""What is dangerous about permissions: which of the org's permissions deserve which word, as data.

The permissions are checkboxes of PermissionSet (`PermissionsDataExport`), also of those that profiles and groups own
(Salesforce object reference, PermissionSet). Deleting accounts, contacts or cases is also merging them:
Salesforce has no permission of its own for that (Salesforce Help, "Merge Duplicate Accounts": Delete on accounts).
Logging in as another takes Manage Users and an org that lets administrators do so (Salesforce Help, "Log In as Another
User"); whether it does is no field, so whoever has Manage Users is taken to be able to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.salesforce.vocabulary import DELETE, MODIFY_ALL, VIEW_ALL, VIEW_ALL_FIELDS
from reconciler.model import Risk


@dataclass(frozen=True, slots=True)
class Flag:
    """A permission that is worth a word.

    Attributes:
        name: its API name without `Permissions`.
        word: ours.
        high: whether nobody may hold it standing.
    """

    name: str
    word: str
    high: bool = True

    @property
    def field(self) -> str:
        """The checkbox."""
        return f"Permissions{self.name}"


FLAGS = (
    Flag("DataExport", "export"),
    Flag("ExportReport", "export"),
    Flag("ViewAllData", "view-all"),
    Flag("ModifyAllData", "modify-all"),
    Flag("BulkApiHardDelete", "hard-delete"),
    Flag("ViewEncryptedData", "view-encrypted"),
    Flag("MassInlineEdit", "mass-edit", high=False),
    Flag("TransferAnyEntity", "transfer"),
    Flag("TransferAnyCase", "transfer"),
    Flag("TransferAnyLead", "transfer"),
    Flag("EmailMass", "mass-email", high=False),
    Flag("ManageCases", "manage-cases"),
    Flag("EditReadonlyFields", "edit-read-only"),
    Flag("ManageUsers", "manage-users"),
    Flag("ManageUsers", "login-as"),
    Flag("ManageInternalUsers", "manage-users"),
    Flag("ManageCssUsers", "manage-users"),
    Flag("DelegatedPortalUserAdmin", "manage-users"),
    Flag("FreezeUsers", "freeze-users"),
    Flag("ResetPasswords", "reset-passwords"),
    Flag("PasswordNeverExpires", "password-never-expires"),
    Flag("AssignPermissionSets", "assign"),
    Flag("ManageProfilesPermissionsets", "manage-permissions"),
    Flag("ManageSessionPermissionSets", "manage-permissions"),
    Flag("ManageRoles", "manage-roles"),
    Flag("ManageSharing", "manage-sharing"),
    Flag("PortalSuperUser", "portal-super-user"),
    Flag("ViewAllUsers", "view-all-users", high=False),
    Flag("DelegatedTwoFactor", "manage-mfa"),
    Flag("ManageTwoFactor", "manage-mfa"),
    Flag("TwoFactorApi", "manage-mfa"),
    Flag("ManagePasswordPolicies", "manage-login"),
    Flag("ManageLoginAccessPolicies", "manage-login"),
    Flag("ManageIpAddresses", "manage-login"),
    Flag("ApiEnabled", "api", high=False),
    Flag("ApiUserOnly", "api", high=False),
    Flag("AuthorApex", "author-code"),
    Flag("CustomizeApplication", "customize"),
    Flag("ModifyMetadata", "customize"),
    Flag("ManageRemoteAccess", "manage-integrations"),
    Flag("ManageAuthProviders", "manage-integrations"),
    Flag("ManageCertificates", "manage-integrations"),
    Flag("ManageDataIntegrations", "manage-integrations"),
    Flag("InstallPackaging", "install-packages"),
    Flag("ViewSetup", "view-setup", high=False),
    Flag("ViewEventLogFiles", "view-event-logs"),
)
"""Every permission that has a word; one may have two."""

COLUMNS = tuple(dict.fromkeys(flag.field for flag in FLAGS))
"""The checkboxes, each once."""

MERGED = ("Account", "Contact", "Case")
"""Objects whose records can be merged by whoever may delete them."""

_BY_OBJECT = {VIEW_ALL: "view-all", MODIFY_ALL: "modify-all", VIEW_ALL_FIELDS: "view-all-fields"}


def risks(checked: Iterable[str], objects: Mapping[str, Iterable[str]], via: str) -> tuple[Risk, ...]:
    """What is dangerous about permissions, sorted.

    Args:
        checked: Checkboxes of a permission set that are on (`PermissionsDataExport`).
        objects: The checkboxes of its ObjectPermissions that are on, by object.
        via: By which path they are held, in words.
    """
    on = frozenset(checked)
    found = {Risk(flag.word, flag.field, via, flag.high) for flag in FLAGS if flag.field in on}
    for name, rights in objects.items():
        for right in rights:
            if right in _BY_OBJECT:
                found.add(Risk(_BY_OBJECT[right], f"{name}.{right}", via, high=True))
            elif right == DELETE and name in MERGED:
                found.add(Risk("delete", f"{name}.{right}", via, high=True))
                found.add(Risk("merge", f"{name}.{right}", via, high=True))
    return tuple(sorted(found))
