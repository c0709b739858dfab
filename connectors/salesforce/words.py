"""The words that reading and writing share: kinds of native, what a binding is narrowed to, and attributes of accounts.

A native of a kind is called in declarations, plans and here what the org's API calls it; which object holds it, and
by which fields, is said once, in `HELD_BY`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PERMISSION_SET = "permissionSet"
PERMISSION_SET_GROUP = "permissionSetGroup"
PERMISSION_SET_LICENSE = "permissionSetLicense"
GROUP = "group"
QUEUE = "queue"
USER_ROLE = "userRole"
PROFILE = "profile"
CASE_SHARE = "caseShare"
ACCOUNT_SHARE = "accountShare"
CASE_TEAM_ROLE = "caseTeamRole"
ACCOUNT_TEAM_ROLE = "accountTeamRole"
DELEGATED_APPROVER = "delegatedApprover"
OAUTH_TOKEN = "oauthToken"  # noqa: S105  a kind, not a secret

ASSIGNED = frozenset({PERMISSION_SET, PERMISSION_SET_GROUP})
"""Kinds that are held by a PermissionSetAssignment, which can carry an end."""
JOINED = frozenset({GROUP, QUEUE})
"""Kinds that are held by a GroupMember, which cannot."""
NARROWED = frozenset({CASE_SHARE, ACCOUNT_SHARE, CASE_TEAM_ROLE, ACCOUNT_TEAM_ROLE})
"""Kinds that are held on one record: their scope names exactly one case or one account."""
ENDLESS = JOINED | NARROWED | {PERMISSION_SET_LICENSE, USER_ROLE, PROFILE, DELEGATED_APPROVER, OAUTH_TOKEN}
"""Kinds that carry no end of their own in any org."""

CASES = "cases"
ACCOUNTS = "accounts"
READ = "Read"
EDIT = "Edit"
MANUAL = "Manual"
"""The only RowCause of a share that the API writes (Salesforce object reference, CaseShare and AccountShare)."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Which object holds bindings of one kind.

    Attributes:
        account: its field that names the user.
        role: its field that names what is held (an id, or the word itself where `literal`).
        record: its field that names the record that it is narrowed to; empty where it is narrowed to none.
        scope: the word of the scope.
        literal: whether `role` holds the native's name itself, and no id.
    """

    entity: str
    account: str
    role: str
    record: str = ""
    scope: str = ""
    literal: bool = False


HELD_BY: Mapping[str, Holding] = {
    PERMISSION_SET: Holding("PermissionSetAssignment", "AssigneeId", "PermissionSetId"),
    PERMISSION_SET_GROUP: Holding("PermissionSetAssignment", "AssigneeId", "PermissionSetGroupId"),
    PERMISSION_SET_LICENSE: Holding("PermissionSetLicenseAssign", "AssigneeId", "PermissionSetLicenseId"),
    GROUP: Holding("GroupMember", "UserOrGroupId", "GroupId"),
    QUEUE: Holding("GroupMember", "UserOrGroupId", "GroupId"),
    CASE_SHARE: Holding("CaseShare", "UserOrGroupId", "CaseAccessLevel", "CaseId", CASES, literal=True),
    ACCOUNT_SHARE: Holding("AccountShare", "UserOrGroupId", "AccountAccessLevel", "AccountId", ACCOUNTS, literal=True),
    CASE_TEAM_ROLE: Holding("CaseTeamMember", "MemberId", "TeamRoleId", "ParentId", CASES),
    ACCOUNT_TEAM_ROLE: Holding("AccountTeamMember", "UserId", "TeamMemberRole", "AccountId", ACCOUNTS, literal=True),
    USER_ROLE: Holding("User", "Id", "UserRoleId"),
}
"""How each kind is held that guestlist can give and take away (OAuth tokens are no records: they are only revoked)."""

MARK = "Managed by guestlist"
"""Begins the Description of what guestlist defines in an org: `Managed by guestlist: <role>`."""
PREFIX = "Guestlist_"
"""Begins the API name of every permission set that guestlist defines."""

A_PROFILE = "profile"
A_FEDERATION_ID = "federationId"
A_TIME_ZONE = "timeZone"
A_LOCALE = "locale"
A_LANGUAGE = "language"
A_EMAIL_ENCODING = "emailEncoding"
A_EMAIL = "email"
A_FIRST_NAME = "firstName"
A_LAST_NAME = "lastName"
A_ALIAS = "alias"

ATTRIBUTES: Mapping[str, str] = {
    A_FEDERATION_ID: "FederationIdentifier",
    A_TIME_ZONE: "TimeZoneSidKey",
    A_LOCALE: "LocaleSidKey",
    A_LANGUAGE: "LanguageLocaleKey",
    A_EMAIL_ENCODING: "EmailEncodingKey",
    A_EMAIL: "Email",
    A_FIRST_NAME: "FirstName",
    A_LAST_NAME: "LastName",
    A_ALIAS: "Alias",
}
"""An account's attributes and the fields of User that hold them; `profile` is the name behind ProfileId.

Canonical: `email` in lower case, everything else as the org writes it; an attribute without a value is left out.
"""

A_FEDERATED = "federated"
"""`required` where single sign-on must know the account; an account without a FederationIdentifier has no value."""
A_LOGIN_RANGES = "loginIpRanges"
A_LOGIN_HOURS = "loginHours"
A_MFA = "mfa"
"""What the account's profile asks of whoever logs in; how they are written is in `conditions`."""
