"""What objects do beyond holding fields: refusals, side effects, rows that the org adds by itself."""

from connectors.salesforce.sandbox.rules.assignments import (
    AssignmentRules,
    ComponentRules,
    GroupSetRules,
    LicenseAssignRules,
    PermissionSetRules,
)
from connectors.salesforce.sandbox.rules.base import Actor, Change, Rules
from connectors.salesforce.sandbox.rules.groups import GroupRules, MemberRules
from connectors.salesforce.sandbox.rules.people import ContactRules, LoginRules, UserRules
from connectors.salesforce.sandbox.rules.service import AccountRules, CaseRules, ShareRules, TeamRules
from connectors.salesforce.sandbox.rules.sessions import OauthTokenRules

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
    "Group": GroupRules(),
    "GroupMember": MemberRules(),
    "OauthToken": OauthTokenRules(),
    "Account": AccountRules(),
    "Case": CaseRules(),
    "AccountShare": ShareRules("AccountAccessLevel", "AccountId"),
    "CaseShare": ShareRules("CaseAccessLevel", "CaseId"),
    "AccountTeamMember": TeamRules(),
}
_NONE = Rules()


def rules_for(name: str) -> Rules:
    """The rules of an object; those of most objects are none."""
    return _RULES.get(name, _NONE)
