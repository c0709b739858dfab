"""What objects do beyond holding fields: refusals, side effects, rows that the org adds by itself."""

from connectors.salesforce.sandbox.rules.assignments import AssignmentRules, LicenseAssignRules
from connectors.salesforce.sandbox.rules.base import Actor, Change, Rules
from connectors.salesforce.sandbox.rules.groups import GroupRules, MemberRules, QueueObjectRules, RoleRules
from connectors.salesforce.sandbox.rules.people import ContactRules, LoginRules, UserRules
from connectors.salesforce.sandbox.rules.rights import EntityAccessRules, RightRules
from connectors.salesforce.sandbox.rules.service import AccountRules, CaseRules, CommentRules
from connectors.salesforce.sandbox.rules.sessions import ActivationRules
from connectors.salesforce.sandbox.rules.sets import ComponentRules, GroupSetRules, MutingRules, PermissionSetRules
from connectors.salesforce.sandbox.rules.shares import (
    CaseTeamRoleRules,
    CaseTeamRules,
    CaseTeamTemplateRules,
    ShareRules,
    TeamRules,
)

__all__ = ["Actor", "Change", "Rules", "rules_for"]

_RULES: dict[str, Rules] = {
    "User": UserRules(),
    "UserLogin": LoginRules(),
    "Contact": ContactRules(),
    "PermissionSet": PermissionSetRules(),
    "PermissionSetGroup": GroupSetRules(),
    "PermissionSetGroupComponent": ComponentRules(),
    "PermissionSetAssignment": AssignmentRules(),
    "PermissionSetLicenseAssign": LicenseAssignRules(),
    "MutingPermissionSet": MutingRules(),
    "ObjectPermissions": RightRules(field=False),
    "FieldPermissions": RightRules(field=True),
    "SetupEntityAccess": EntityAccessRules(),
    "Group": GroupRules(),
    "GroupMember": MemberRules(),
    "QueueSobject": QueueObjectRules(),
    "Account": AccountRules(),
    "Case": CaseRules(),
    "CaseComment": CommentRules(),
    "AccountShare": ShareRules("Account"),
    "CaseShare": ShareRules("Case"),
    "AccountTeamMember": TeamRules(),
    "CaseTeamMember": CaseTeamRules(),
    "CaseTeamRole": CaseTeamRoleRules(),
    "CaseTeamTemplateRecord": CaseTeamTemplateRules(),
    "SessionPermSetActivation": ActivationRules(),
    "UserRole": RoleRules(),
}
_NONE = Rules()


def rules_for(name: str) -> Rules:
    """The rules of an object; those of most objects are none."""
    return _RULES.get(name, _NONE)
