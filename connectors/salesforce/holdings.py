"""Wire JSON to what users hold besides assignments and memberships, pure: licences, shares, teams, roles, tokens.

Sources: the Salesforce object reference of CaseShare, AccountShare, CaseTeamMember, AccountTeamMember,
PermissionSetLicenseAssign, UserRole, OauthToken and User (DelegatedApproverId).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connectors.salesforce import levels, queries, words
from connectors.salesforce.mapping import Row, Standing, User, identifier, native, optional, text
from reconciler.errors import Unreadable
from reconciler.model import BindingKey, LiveBinding, Native, Risk, Scope


def record_scope(word: str, value: str) -> Scope:
    """The scope that is one record."""
    return ((word, (value,)),)


def license_(row: Row) -> tuple[Standing, str]:
    """A PermissionSetLicenseAssign row, and the id of the licence."""
    held = row.get("PermissionSetLicense")
    if not isinstance(held, Mapping):
        raise Unreadable(f"reading {queries.LICENSES}: one does not say of what")
    name = native(words.PERMISSION_SET_LICENSE, text(held, "PermissionSetLicenseKey"))
    standing = Standing(identifier(row, "Id"), identifier(row, "AssigneeId"), name, None, active=True)
    return standing, identifier(row, "PermissionSetLicenseId")


def case_share(row: Row) -> Standing:
    """A manual CaseShare row."""
    return Standing(
        id=identifier(row, "Id"),
        account=identifier(row, "UserOrGroupId"),
        native=native(words.CASE_SHARE, text(row, "CaseAccessLevel")),
        until=None,
        active=True,
        scope=record_scope(words.CASES, _number(row, "Case", queries.SHARED["Case"])),
    )


def account_share(row: Row, everybody: Mapping[str, str], called: str) -> Standing:
    """A manual AccountShare row of the account that is `called` so.

    Its name says what it gives on the account's cases and opportunities beyond what everybody has, so that a row that
    was widened by hand is another binding than the one that was declared.
    """
    return Standing(
        id=identifier(row, "Id"),
        account=identifier(row, "UserOrGroupId"),
        native=native(words.ACCOUNT_SHARE, levels.named(text(row, "AccountAccessLevel"), _besides(row), everybody)),
        until=None,
        active=True,
        scope=record_scope(words.ACCOUNTS, called),
    )


def case_member(row: Row) -> Standing:
    """A CaseTeamMember row. A predefined team's members go with the team, not one by one."""
    role = row.get("TeamRole")
    if not isinstance(role, Mapping):
        raise Unreadable(f"reading {queries.TEAMS['Case']}: one does not say as what")
    number = _number(row, "Parent", queries.TEAMS["Case"])
    template = optional(row, "TeamTemplateMemberId")
    return Standing(
        id=identifier(row, "Id"),
        account=identifier(row, "MemberId"),
        native=native(words.CASE_TEAM_ROLE, text(role, "Name")),
        until=None,
        active=True,
        scope=record_scope(words.CASES, number),
        unremovable=(
            f"a predefined case team brings it to case {number}; take the user out of the team in Setup, or the team "
            "off the case"
            if template
            else None
        ),
    )


def account_member(row: Row, everybody: Mapping[str, str], called: str) -> Standing:
    """An AccountTeamMember row of the account that is `called` so; one without a role is called `Team Member`.

    The role says nothing about access: what goes beyond reading the account is added to its name.
    """
    name = optional(row, "TeamMemberRole") or "Team Member"
    level = optional(row, "AccountAccessLevel")
    if levels.rank(level) > levels.rank(words.READ):
        name = f"{name}, account {level}"
    return Standing(
        id=identifier(row, "Id"),
        account=identifier(row, "UserId"),
        native=native(words.ACCOUNT_TEAM_ROLE, levels.named(name, _besides(row), everybody)),
        until=None,
        active=True,
        scope=record_scope(words.ACCOUNTS, called),
    )


@dataclass(frozen=True, slots=True)
class Role:
    """A UserRole row.

    Attributes:
        portal: whether the org keeps it for the users of a portal account.
    """

    id: str
    name: str
    parent: str
    portal: bool


def role(row: Row) -> Role:
    """A UserRole row."""
    parent = optional(row, "ParentRoleId")
    return Role(
        id=identifier(row, "Id"),
        name=text(row, "DeveloperName"),
        parent=identifier(row, "ParentRoleId") if parent else "",
        portal=optional(row, "PortalType") not in {"", "None"},
    )


class Hierarchy:
    """The roles of an org, and which stands above which."""

    def __init__(self, roles: Iterable[Role]) -> None:
        self._roles = {role.id: role for role in roles}
        self._below: dict[str, list[Role]] = {}
        for one in self._roles.values():
            self._below.setdefault(one.parent, []).append(one)

    def existing(self) -> Iterator[tuple[Native, str]]:
        """Every role that a user may be given, and its id."""
        for one in self._roles.values():
            if not one.portal:
                yield Native(words.USER_ROLE, one.name), one.id

    def above(self, role_id: str) -> Iterator[str]:
        """The ids of a role and of all roles above it."""
        seen: set[str] = set()
        while role_id in self._roles and role_id not in seen:
            seen.add(role_id)
            yield role_id
            role_id = self._roles[role_id].parent

    def held(self, someone: User) -> Standing | None:
        """The role of somebody, unless it came with a portal account; Unreadable when the org did not show it."""
        if not someone.role_id or someone.portal:
            return None
        found = self._roles.get(someone.role_id)
        if found is None:
            raise Unreadable(f"reading {queries.ROLES}: a user has a role that is not among them")
        name = native(words.USER_ROLE, found.name)
        return None if found.portal else Standing(someone.id, someone.id, name, None, active=True)

    def risks(self, wanted: Native) -> tuple[Risk, ...]:
        """What is dangerous about a role: that its holders see what everybody below sees."""
        meant = [one.id for one in self._roles.values() if one.name == wanted.name]
        below = sorted(under.name for one in meant for under in self._below.get(one, ()))
        if not below:
            return ()
        via = f"role {wanted.name}, which stands above {', '.join(below)}"
        return (Risk("role-hierarchy", "UserRole.ParentRoleId", via, high=True),)


def delegation(row: Row) -> Standing:
    """A User row that names a delegated approver. Whoever delegates is not guestlist's to change."""
    name = text(row, "Username")
    return Standing(
        id=f"{identifier(row, 'Id')}:{words.DELEGATED_APPROVER}",
        account=identifier(row, "DelegatedApproverId"),
        native=native(words.DELEGATED_APPROVER, name),
        until=None,
        active=True,
        unremovable=f"{name} names it as delegated approver; take it out of that user's record in Setup",
    )


def tokens(pairs: Iterable[tuple[str, str]]) -> Iterator[LiveBinding]:
    """One binding for each application that holds a token for somebody, however many tokens it holds."""
    for account, application in sorted(set(pairs)):
        yield LiveBinding(BindingKey(account, native(words.OAUTH_TOKEN, application)))


def _number(row: Row, way: str, topic: str) -> str:
    case = row.get(way)
    if not isinstance(case, Mapping):
        raise Unreadable(f"reading {topic}: one does not say of which case")
    return text(case, "CaseNumber")


def _besides(row: Row) -> dict[str, str]:
    """What an account's row says of its cases and opportunities."""
    return {word: optional(row, name) for word, name in levels.BESIDES.items()}
