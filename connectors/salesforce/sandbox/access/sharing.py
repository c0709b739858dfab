"""Which records a user sees and may change: ownership, role hierarchy, shares, teams, organisation-wide defaults.

As in "Record-Level Access: Under the Hood": access is the widest of what any of these gives. Everything here is SQL
conditions on a row under an alias, with ids of the org's own making written in; so a query filters as it runs.
"""
# ruff: noqa: S608  # names come from the object tables, ids are the org's own, and quotes in them are doubled

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.store import DELETED, Row, Value

_LEVELS = {"read": ("Read", "Edit", "All"), "edit": ("Edit", "All"), "delete": ("All",)}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a user stands.

    Attributes:
        holders: The user, the groups and queues that they belong to, and, as the role hierarchy hands up what is shared
            with people below, those people and such of their groups as let managers in.
        people: The user and the users below them in the role hierarchy.
    """

    user_id: str
    contact_id: Value
    portal: bool
    holders: frozenset[str]
    people: frozenset[str]


def standing_of(org: Org, user: Row) -> Standing:
    """Works out a user's standing."""
    user_id = str(user["Id"])
    below = _below(org, user["UserRoleId"])
    handed_up = {group for one in below for group in groups_of(org, one) if _lets_managers_in(org, group)}
    return Standing(
        user_id=user_id,
        contact_id=user["ContactId"],
        portal=user["ContactId"] is not None,
        holders=frozenset(groups_of(org, user_id) | below | handed_up | {user_id}),
        people=frozenset(below | {user_id}),
    )


def condition(org: Org, standing: Standing, kind: str, alias: str, level: str) -> str | None:
    """The SQL condition that a row gives the user this level (`read`, `edit`, `delete`); None: every row does."""
    if kind == "Case":
        return _case(org, standing, alias, level)
    if kind == "Account":
        return _account(org, standing, alias, level)
    way = _PARENTS.get(kind)
    if way is None:
        return None
    tests = [_below_parent(org, standing, alias, way, level)]
    if kind == "CaseComment" and standing.portal:
        tests.append(f'{alias}."IsPublished" = 1')
    return " AND ".join(test for test in tests if test) or None


@dataclass(frozen=True, slots=True)
class _Way:
    """How access to a record follows from access to another: the object, the field, and whether owning also counts."""

    parent: str
    field: str
    owned: bool = False


_PARENTS = {
    "Contact": _Way("Account", "AccountId", owned=True),
    "CaseComment": _Way("Case", "ParentId"),
    "CaseShare": _Way("Case", "CaseId"),
    "CaseTeamMember": _Way("Case", "ParentId"),
    "CaseTeamTemplateRecord": _Way("Case", "ParentId"),
    "AccountShare": _Way("Account", "AccountId"),
    "AccountTeamMember": _Way("Account", "AccountId"),
}


def _case(org: Org, standing: Standing, alias: str, level: str) -> str | None:
    if _open_to_all(org, "DefaultCaseAccess", level) and not standing.portal:
        return None
    levels, holders, people = _listed(_LEVELS[level]), _listed(standing.holders), _listed(standing.people)
    shared = (
        f'SELECT "CaseId" FROM "CaseShare" WHERE NOT {DELETED} '
        f'AND "UserOrGroupId" IN ({holders}) AND "CaseAccessLevel" IN ({levels})'
    )
    team = (
        'SELECT m."ParentId" FROM "CaseTeamMember" m JOIN "CaseTeamRole" r ON r."Id" = m."TeamRoleId" '
        f'WHERE NOT m.{DELETED} AND m."MemberId" IN ({people}) AND r."AccessLevel" IN ({levels})'
    )
    through_account = (
        f'SELECT "AccountId" FROM "AccountShare" WHERE NOT {DELETED} AND "UserOrGroupId" IN ({holders}) '
        f'AND "RowCause" <> \'Owner\' AND "CaseAccessLevel" IN ({levels})'
    )
    # Whoever owns the account has what their role says of its cases: implicit child access.
    of_my_accounts = (
        'SELECT a."Id" FROM "Account" a JOIN "User" o ON o."Id" = a."OwnerId" '
        'JOIN "UserRole" r ON r."Id" = o."UserRoleId" '
        f'WHERE a."OwnerId" IN ({people}) AND r."CaseAccessForAccountOwner" IN ({levels})'
    )
    ways = [
        _owned(standing, alias),
        _within(alias, "Id", shared),
        _within(alias, "Id", team),
        _within(alias, "AccountId", through_account),
        _within(alias, "AccountId", of_my_accounts),
    ]
    if standing.portal and level != "delete":
        ways.append(f'{alias}."ContactId" = {_listed([str(standing.contact_id)])}')
    return _any(ways)


def _account(org: Org, standing: Standing, alias: str, level: str) -> str | None:
    if _open_to_all(org, "DefaultAccountAccess", level) and not standing.portal:
        return None
    shared = (
        f'SELECT "AccountId" FROM "AccountShare" WHERE NOT {DELETED} '
        f'AND "UserOrGroupId" IN ({_listed(standing.holders)}) AND "AccountAccessLevel" IN ({_listed(_LEVELS[level])})'
    )
    ways = [_owned(standing, alias), _within(alias, "Id", shared)]
    if level == "read":
        # Who sees a case sees the name of its account: implicit parent access.
        case = _case(org, standing, "implied", "read") or "1"
        seen = f'SELECT "AccountId" FROM "Case" implied WHERE NOT implied.{DELETED} AND {case}'
        ways.append(_within(alias, "Id", seen))
    return _any(ways)


def _below_parent(org: Org, standing: Standing, alias: str, way: _Way, level: str) -> str | None:
    inner = condition(org, standing, way.parent, "parent", "edit" if level == "delete" else level)
    if inner is None:
        return None
    ways = [_within(alias, way.field, f'SELECT parent."Id" FROM "{way.parent}" parent WHERE {inner}')]
    if way.owned:
        ways.append(_owned(standing, alias))
    return _any(ways)


def _within(alias: str, field: str, select: str) -> str:
    return f'{alias}."{field}" IN ({select})'


def _any(ways: list[str]) -> str:
    return f"({' OR '.join(ways)})"


def _owned(standing: Standing, alias: str) -> str:
    return f'{alias}."OwnerId" IN ({_listed(standing.holders)})'


def _open_to_all(org: Org, default: str, level: str) -> bool:
    row = org.store.get(org.schema["Organization"], org.org_id) or {}
    return level != "delete" and str(row.get(default)) in _LEVELS[level]


def _listed(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values))


def groups_of(org: Org, user_id: str) -> set[str]:
    """The groups and queues that hold the user: directly, by role, as one of the organization, or through groups."""
    found = set(_kept_for(org, org.store.get(org.schema["User"], user_id) or {}))
    asked = [user_id, *found]
    while asked:
        for row in org.store.find(org.schema["GroupMember"], UserOrGroupId=asked.pop()):
            group = str(row["GroupId"])
            if group not in found:
                found.add(group)
                asked.append(group)
    return found


def _kept_for(org: Org, user: Row) -> Iterator[str]:
    """The groups that the org keeps and that hold the user: by their role, by the roles above it, and all insiders."""
    kind = org.schema["Group"]
    if user.get("ContactId") is None:
        yield from (str(row["Id"]) for row in org.store.find(kind, Type="Organization"))
    role, wanted = user.get("UserRoleId"), ["Role", "RoleAndSubordinates"]
    seen: set[Value] = set()
    while role is not None and role not in seen:
        seen.add(role)
        for name in wanted:
            yield from (str(row["Id"]) for row in org.store.find(kind, RelatedId=role, Type=name))
        role, wanted = (org.store.get(org.schema["UserRole"], str(role)) or {}).get("ParentRoleId"), wanted[-1:]


def _below(org: Org, role: Value) -> set[str]:
    """The users whose role is somewhere below that one."""
    found: set[str] = set()
    asked: list[Value] = [role] if role is not None else []
    while asked:
        for row in org.store.find(org.schema["UserRole"], ParentRoleId=asked.pop()):
            found |= {str(user["Id"]) for user in org.store.find(org.schema["User"], UserRoleId=row["Id"])}
            asked.append(row["Id"])
    return found


def _lets_managers_in(org: Org, group_id: str) -> bool:
    """Whether what is shared with a group is handed up the role hierarchy: "Grant Access Using Hierarchies"."""
    group = org.store.get(org.schema["Group"], group_id)
    return group is not None and bool(group["DoesIncludeBosses"])
