"""The words of roles that are defined in declarations, and the permissions that they mean in an org.

| word | on an object | what it sets |
|---|---|---|
| read, create, edit, delete | any | the object permission, and those that it depends on |
| viewAll, modifyAll | any | all records of the object, whatever the sharing is |
| comment | Case | Read: whoever sees a case writes comments on it, and only there are they written |
| escalate | Case | Edit, and to edit the fields IsEscalated and Priority |

Sources: Salesforce object reference, ObjectPermissions and FieldPermissions (what depends on what), CaseComment ("All
users have access to create and view CaseComments"; there are no object permissions of its own),
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_casecomment.htm.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

READ = "PermissionsRead"
CREATE = "PermissionsCreate"
EDIT = "PermissionsEdit"
DELETE = "PermissionsDelete"
VIEW_ALL = "PermissionsViewAllRecords"
MODIFY_ALL = "PermissionsModifyAllRecords"
VIEW_ALL_FIELDS = "PermissionsViewAllFields"
"""Shows every field of the object, whatever the field permissions say (ObjectPermissions, API 63.0 and later)."""

OBJECT_FLAGS = (READ, CREATE, EDIT, DELETE, VIEW_ALL, MODIFY_ALL, VIEW_ALL_FIELDS)
FIELD_FLAGS = (READ, EDIT)

FLAG_WORDS: Mapping[str, str] = {
    READ: "read",
    CREATE: "create",
    EDIT: "edit",
    DELETE: "delete",
    VIEW_ALL: "view all",
    MODIFY_ALL: "modify all",
    VIEW_ALL_FIELDS: "view all fields",
}
"""Each object permission as people read it."""

MEANS: Mapping[str, frozenset[str]] = {
    "read": frozenset({READ}),
    "create": frozenset({READ, CREATE}),
    "edit": frozenset({READ, EDIT}),
    "delete": frozenset({READ, EDIT, DELETE}),
    "viewAll": frozenset({READ, VIEW_ALL}),
    "modifyAll": frozenset({READ, EDIT, DELETE, VIEW_ALL, MODIFY_ALL}),
    "comment": frozenset({READ}),
    "escalate": frozenset({READ, EDIT}),
}
"""Each word and the object permissions that it sets, with those that they depend on."""

OF_CASES = frozenset({"comment", "escalate"})
"""Words that mean something on a Case only."""
ESCALATING = ("IsEscalated", "Priority")
"""The fields of Case that `escalate` lets edit."""

WITHOUT_END = frozenset({"AssignPermissionSets", "ManageProfilesPermissionsets", "ManageUsers"})
"""User permissions with which a permission set cannot be assigned until an end (Salesforce Help, "Set Assignment
Expiration Details for Users in a Permission Set")."""

OBJECTS = frozenset(
    {
        "Account",
        "Asset",
        "AssetRelationship",
        "BusinessHours",
        "Campaign",
        "Case",
        "Contact",
        "ContactRequest",
        "Contract",
        "ContractLineItem",
        "ContentVersion",
        "Document",
        "Entitlement",
        "EntitlementContact",
        "Event",
        "Goal",
        "Idea",
        "Individual",
        "Knowledge__kav",
        "Lead",
        "LiveChatTranscript",
        "Location",
        "Macro",
        "MessagingSession",
        "OperatingHours",
        "Opportunity",
        "Order",
        "OrderItem",
        "PartyConsent",
        "Pricebook2",
        "Product2",
        "ProductConsumed",
        "ProductItem",
        "ProductTransfer",
        "Quote",
        "QuickText",
        "ReturnOrder",
        "ServiceAppointment",
        "ServiceContract",
        "ServiceCrew",
        "ServiceResource",
        "ServiceTerritory",
        "Shipment",
        "Solution",
        "Survey",
        "TimeSheet",
        "WorkOrder",
        "WorkOrderLineItem",
        "WorkType",
    }
)
"""Standard objects with object permissions, to notice a misspelling by; any other API name is taken as it stands."""

SYSTEM = frozenset(
    {
        "ApiEnabled",
        "ApiUserOnly",
        "AssignPermissionSets",
        "AuthorApex",
        "BulkApiHardDelete",
        "ChatterInternalUser",
        "ChatterOwnGroups",
        "ConvertLeads",
        "CreateReportFolders",
        "CustomizeApplication",
        "DataExport",
        "DelegatedPortalUserAdmin",
        "DelegatedTwoFactor",
        "EditCaseComments",
        "EditEvent",
        "EditKnowledge",
        "EditReadonlyFields",
        "EditTask",
        "EmailMass",
        "EmailSingle",
        "ExportReport",
        "ForceTwoFactor",
        "FreezeUsers",
        "ImportLeads",
        "InstallPackaging",
        "LightningExperienceUser",
        "ManageAuthProviders",
        "ManageCases",
        "ManageCertificates",
        "ManageCssUsers",
        "ManageDataIntegrations",
        "ManageInternalUsers",
        "ManageIpAddresses",
        "ManageKnowledge",
        "ManageLeads",
        "ManageLoginAccessPolicies",
        "ManagePasswordPolicies",
        "ManageProfilesPermissionsets",
        "ManageRemoteAccess",
        "ManageRoles",
        "ManageSessionPermissionSets",
        "ManageSharing",
        "ManageSolutions",
        "ManageTwoFactor",
        "ManageUsers",
        "MassInlineEdit",
        "ModifyAllData",
        "ModifyMetadata",
        "MonitorLoginHistory",
        "PasswordNeverExpires",
        "PortalSuperUser",
        "ResetPasswords",
        "RunFlow",
        "RunReports",
        "ScheduleReports",
        "TransferAnyCase",
        "TransferAnyEntity",
        "TransferAnyLead",
        "TwoFactorApi",
        "ViewAllData",
        "ViewAllUsers",
        "ViewDataCategories",
        "ViewEncryptedData",
        "ViewEventLogFiles",
        "ViewRoles",
        "ViewSetup",
    }
)
"""User permissions (fields of PermissionSet without `Permissions`), to notice a misspelling by, likewise."""


def misspelled(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one was most likely meant to be; None when it is known, or like none of them."""
    words = {one.casefold(): one for one in known}
    if word in words.values():
        return None
    same = words.get(word.casefold())
    if same is not None:
        return same
    near = get_close_matches(word.casefold(), words, 1, cutoff=0.88)
    return words[near[0]] if near else None
