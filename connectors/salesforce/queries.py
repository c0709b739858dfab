"""The queries of one observation, besides those in `soql`: what the org holds of every kind, and what that allows.

A query's topic names what it reads; `survey` tells answers apart by it. Relationship paths, semi-joins and grouping are
those of the SOQL and SOSL reference; the fields are those of the Salesforce object reference of each object.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from connectors.salesforce.declarations import Population
from connectors.salesforce.soql import Query, chunks, one_of, quote, select
from connectors.salesforce.vocabulary import OBJECT_FLAGS

LICENSES = "assigned permission set licences"
PERMISSION_SETS = "what permission sets allow"
OBJECTS = "what permission sets allow on objects"
FIELDS = "which fields permission sets show"
GROUPS = "groups"
NESTED = "groups within groups"
ROLES = "the role hierarchy"
DELEGATES = "delegated approvers"
DEFAULTS = "organisation-wide defaults"
OAUTH = "standing OAuth tokens"
COMPONENTS = "parts of permission set groups"
LICENSED = "licences of permission sets"
KNOWN_LICENSES = "known permission set licences"
CASE_TEAM_ROLES = "case team roles"
DESCRIBED_SET = Query("the permissions that the org knows", "", keyed=False, resource="sobjects/PermissionSet/describe")

SHARED = {"Case": "manual shares of cases", "Account": "manual shares of accounts"}
TEAMS = {"Case": "case teams", "Account": "account teams"}
STANDING = {"Case": "other ways to cases", "Account": "other ways to accounts"}
"""Topics by the object whose records are shared."""

GUARDED = ("Account", "Contact", "Case")
"""Objects whose permissions are read in any case; labelled ones come on top."""

GROUP_TYPES = (
    "Regular",
    "Queue",
    "Role",
    "RoleAndSubordinates",
    "RoleAndSubordinatesInternal",
    "Organization",
    "AllCustomerPortal",
    "PRMOrganization",
)
"""Kinds of group that may hold a user: by name, by role, or because everybody of a user type is in it."""

IMPLIED = ("Manual", "Team", "ImplicitChild", "ImplicitParent")
"""Row causes that follow from something else which is read, or are read as rows of their own."""

_RIGHTS = ",".join(OBJECT_FLAGS)
_SET = (
    "Id,Name,NamespacePrefix,Type,LicenseId,HasActivationRequired,IsOwnedByProfile,Profile.Name,"
    "PermissionSetGroupId,PermissionSetGroup.DeveloperName,PermissionSetGroup.NamespacePrefix,"
    "PermissionSetGroup.HasActivationRequired"
)


def permission_sets(columns: Iterable[str], where: str = "") -> Query:
    """Permission sets with what is dangerous about them: of profiles and groups too."""
    return Query(PERMISSION_SETS, select(",".join((_SET, *columns)), "PermissionSet", where))


def objects(names: Collection[str], population: Population) -> Query:
    """What permission sets, of profiles and groups too, allow on the given objects, and on any past sharing.

    On other objects only the profiles that select the population are of interest: an administrator's allows it on all.
    """
    fields = f"Id,ParentId,SobjectType,{_RIGHTS}"
    ours = "Parent.IsOwnedByProfile = false"
    if population.any.profiles:
        ours = f"({ours} OR {one_of('Parent.Profile.Name', population.any.profiles)})"
    past = f"(PermissionsViewAllRecords = true OR PermissionsModifyAllRecords = true) AND {ours}"
    return Query(OBJECTS, select(fields, "ObjectPermissions", f"{one_of('SobjectType', sorted(names))} OR ({past})"))


def fields(items: Collection[str], where: str) -> Iterator[Query]:
    """Which of the given fields (`Case.SSN__c`) permission sets show."""
    for some in chunks(items):
        condition = f"{one_of('Field', some)} AND PermissionsRead = true AND {where}"
        yield Query(FIELDS, select("Id,ParentId,Field", "FieldPermissions", condition))


def held_sets(assignee: str) -> str:
    """A condition that a permission set is held by somebody; `assignee` is a condition on an assignment."""
    return f"ParentId IN ({select('PermissionSetId', 'PermissionSetAssignment', assignee)})"


def groups() -> Query:
    """Every group that may hold a user."""
    fields = "Id,DeveloperName,Type,RelatedId"
    return Query(GROUPS, select(fields, "Group", one_of("Type", GROUP_TYPES)))


def nested(where: str) -> Query:
    """Which groups are members of public groups and queues."""
    where = f"Group.Type IN ('Regular','Queue') AND {where}"
    return Query(NESTED, select("Id,GroupId,UserOrGroupId", "GroupMember", where))


def any_group() -> str:
    """A condition that a member is a group."""
    return f"UserOrGroupId IN ({select('Id', 'Group', one_of('Type', GROUP_TYPES))})"


def roles() -> Query:
    """The whole role hierarchy."""
    return Query(ROLES, select("Id,DeveloperName,ParentRoleId,PortalType", "UserRole"))


def licenses(where: str) -> Query:
    """Assignments of permission set licences."""
    fields = "Id,AssigneeId,PermissionSetLicenseId,PermissionSetLicense.PermissionSetLicenseKey"
    return Query(LICENSES, select(fields, "PermissionSetLicenseAssign", where))


def shares(kind: str, where: str) -> Query:
    """Shares made by hand of records of `Case` or `Account`."""
    levels = "CaseAccessLevel" if kind == "Case" else "AccountAccessLevel,CaseAccessLevel,OpportunityAccessLevel"
    named = "CaseId,Case.CaseNumber" if kind == "Case" else "AccountId"
    fields = f"Id,UserOrGroupId,{named},{levels}"
    return Query(SHARED[kind], select(fields, f"{kind}Share", f"RowCause = 'Manual' AND {where}"))


def standing(kind: str, where: str) -> Query:
    """Why else users or groups reach records of `Case` or `Account`: counted, because there may be any number."""
    causes = ",".join(quote(cause) for cause in IMPLIED)
    text = select("UserOrGroupId,RowCause,COUNT(Id) records", f"{kind}Share", f"RowCause NOT IN ({causes}) AND {where}")
    return Query(STANDING[kind], f"{text} GROUP BY UserOrGroupId,RowCause", keyed=False)


def team(kind: str, where: str) -> Query:
    """Members of teams of cases or accounts."""
    if kind == "Case":
        fields = "Id,MemberId,ParentId,Parent.CaseNumber,TeamRoleId,TeamRole.Name,TeamTemplateMemberId"
        return Query(TEAMS[kind], select(fields, "CaseTeamMember", where))
    fields = "Id,UserId,AccountId,TeamMemberRole,AccountAccessLevel,CaseAccessLevel,OpportunityAccessLevel"
    return Query(TEAMS[kind], select(fields, "AccountTeamMember", where))


def everybodys(kind: str) -> Query:
    """Why everybody of a user type reaches records."""
    types = one_of("Type", ("Organization", "AllCustomerPortal", "PRMOrganization"))
    return standing(kind, f"UserOrGroupId IN ({select('Id', 'Group', types)})")


def delegates() -> Query:
    """Active users who have somebody approve for them."""
    where = "DelegatedApproverId != null AND IsActive = true"
    return Query(DELEGATES, select("Id,Username,DelegatedApproverId", "User", where))


def defaults() -> Query:
    """What everybody may see of everything."""
    fields = "Id,DefaultAccountAccess,DefaultCaseAccess,DefaultOpportunityAccess"
    return Query(DEFAULTS, select(fields, "Organization"))


def oauth(where: str) -> Query:
    """Which applications hold a token for whom. Ids of tokens are always null (object reference, OauthToken)."""
    return Query(OAUTH, select("UserId,AppName", "OauthToken", where), keyed=False)


def components(groups: Sequence[str]) -> Iterator[Query]:
    """What the given permission set groups are made of."""
    for ids in chunks(groups):
        fields = "Id,PermissionSetGroupId,PermissionSetId"
        yield Query(COMPONENTS, select(fields, "PermissionSetGroupComponent", one_of("PermissionSetGroupId", ids)))


def licenses_named(keys: Iterable[str]) -> Iterator[Query]:
    """Permission set licences by their key."""
    for some in chunks(keys):
        where = one_of("PermissionSetLicenseKey", some)
        yield Query(KNOWN_LICENSES, select("Id,PermissionSetLicenseKey", "PermissionSetLicense", where))


def case_team_roles(names: Iterable[str]) -> Iterator[Query]:
    """Case team roles by name."""
    for some in chunks(names):
        yield Query(CASE_TEAM_ROLES, select("Id,Name", "CaseTeamRole", one_of("Name", some)))
