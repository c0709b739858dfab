"""What a user can do, asked in that user's own session: sets, groups, muting, shares, teams, expiry, freezing."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.salesforce.sandbox.access import User
from connectors.salesforce.sandbox.seeds import Seed

from .house import House, open_house

PAST, LATER = "2020-01-01T00:00:00Z", (datetime.now(UTC) + timedelta(days=3)).isoformat()
READERS = ("shared", "editor.read", "later", "plain", "frozen", "blind")
EDITORS = ("editor", "deleter", "muted", "muted.edit", "both")
SEED = {
    "profiles": [{"name": "Bare", "license": "Salesforce", "permissions": ["ApiEnabled"]}],
    "permissionSets": [
        {"name": "Read", "label": "Read", "objects": {"Case": "R"}, "fields": {"Case.Subject": "r"}},
        {"name": "Edit", "label": "Edit", "objects": {"Case": "RE"}, "fields": {"Case.Subject": "rw"}},
        {"name": "Delete", "label": "Delete", "objects": {"Case": "RED"}, "fields": {"Case.Subject": "rw"}},
        {"name": "All", "label": "All", "objects": {"Case": "RV"}, "fields": {"Case.Subject": "r"}},
        {"name": "Modify", "label": "Modify", "objects": {"Case": "REDVM"}, "fields": {"Case.Subject": "rw"}},
        {"name": "Data", "label": "Data", "permissions": ["ViewAllData"],
         "objects": {"Case": "R"}, "fields": {"Case.Subject": "r"}},
        {"name": "Priority", "label": "Priority", "objects": {"Case": "R"}, "fields": {"Case.Priority": "r"}},
        {"name": "Assigner", "label": "Assigner", "permissions": ["AssignPermissionSets"]},
        {"name": "Manager", "label": "Manager", "permissions": ["ManageUsers"]},
    ],
    "permissionSetGroups": [
        {"name": "Muted", "label": "Muted", "permissionSets": ["Edit", "Priority"],
         "muting": {"objects": {"Case": "E"}, "fields": {"Case.Priority": "r"}}},
        {"name": "Plain", "label": "Plain", "permissionSets": ["Read", "Priority"]},
        {"name": "Blind", "label": "Blind", "permissionSets": ["Edit"], "muting": {"objects": {"Case": "R"}}},
    ],
    "roles": [{"name": "Top"}, {"name": "Middle", "parent": "Top"}, {"name": "Low", "parent": "Middle"}],
    "users": [
        {"username": f"{name}@x.example", "lastName": name, "profile": "Bare"} | more
        for name, more in {
            "bare": {},
            "reader": {"permissionSets": ["Read"]},
            "shared": {"permissionSets": ["Read"]},
            "editor": {"permissionSets": ["Edit"]},
            "editor.read": {"permissionSets": ["Edit"]},
            "deleter": {"permissionSets": ["Delete"]},
            "owner": {"permissionSets": ["Delete"], "role": "Low"},
            "boss": {"permissionSets": ["Edit"], "role": "Top"},
            "peer": {"permissionSets": ["Read"], "role": "Low"},
            "member": {"permissionSets": ["Edit"]},
            "nested": {"permissionSets": ["Read"]},
            "team.worker": {"permissionSets": ["Edit"]},
            "team.reader": {"permissionSets": ["Edit"]},
            "team.observer": {"permissionSets": ["Edit"]},
            "account.team": {"permissionSets": ["Edit"]},
            "all": {"permissionSets": ["All"]},
            "modify": {"permissionSets": ["Modify"]},
            "data": {"permissionSets": ["Data"]},
            "expired": {"permissionSets": [{"name": "Read", "until": PAST}]},
            "later": {"permissionSets": [{"name": "Read", "until": LATER}]},
            "both": {"permissionSets": [{"name": "Edit", "until": LATER}, "Read"]},
            "muted": {"permissionSetGroups": ["Muted"]},
            "muted.edit": {"permissionSetGroups": ["Muted"], "permissionSets": ["Edit"]},
            "plain": {"permissionSetGroups": ["Plain"]},
            "blind": {"permissionSetGroups": ["Blind"]},
            "frozen": {"permissionSets": ["Read"], "frozen": True},
            "assigner": {"permissionSets": ["Assigner"]},
            "manager": {"permissionSets": ["Manager"]},
        }.items()
    ],
    "groups": [
        {"name": "Queue", "label": "Queue", "type": "Queue", "objects": ["Case"], "members": ["member@x.example"]},
        {"name": "Outer", "label": "Outer", "members": ["Inner"]},
        {"name": "Inner", "label": "Inner", "members": ["nested@x.example"]},
    ],
    "accounts": [
        {"name": "A", "team": {"account.team@x.example": "Edit"}, "cases": [
            {"subject": "queue", "owner": "Queue"},
            {"subject": "admins",
             "shares": {f"{name}@x.example": "Read" for name in READERS}
             | {f"{name}@x.example": "Edit" for name in EDITORS} | {"Outer": "Read"},
             "team": {"team.worker@x.example": "Case Worker", "team.reader@x.example": "Case Reader",
                      "team.observer@x.example": "Observer"}}]},
        {"name": "B", "cases": [{"subject": "owners", "owner": "owner@x.example"}]},
    ],
}  # fmt: skip

# Who; what; what comes of it. `sees` lists the cases, `field` asks for a field of any case, `edit` and `delete` try.
TABLE = """
bare            object                  INVALID_TYPE
bare            describe                404
reader          object                  ok
reader          sees                    -
reader          field Subject           ok
reader          field Priority          INVALID_FIELD
reader          field CaseNumber        ok
reader          edit admins             INVALID_CROSS_REFERENCE_KEY
shared          sees                    admins
shared          field Status            INVALID_FIELD
shared          edit admins             INSUFFICIENT_ACCESS_OR_READONLY
shared          edit queue              INVALID_CROSS_REFERENCE_KEY
editor          sees                    admins
editor          edit admins             ok
editor          write Priority          INVALID_FIELD_FOR_INSERT_UPDATE
editor          delete admins           INSUFFICIENT_ACCESS_OR_READONLY
editor.read     sees                    admins
editor.read     edit admins             INSUFFICIENT_ACCESS_OR_READONLY
deleter         edit admins             ok
deleter         delete admins           INSUFFICIENT_ACCESS_OR_READONLY
owner           sees                    owners
owner           edit owners             ok
owner           delete owners           ok
boss            sees                    owners
boss            edit owners             ok
peer            sees                    -
member          sees                    queue
member          edit queue              ok
member          edit admins             INVALID_CROSS_REFERENCE_KEY
nested          sees                    admins
nested          edit admins             INSUFFICIENT_ACCESS_OR_READONLY
team.worker     sees                    admins
team.worker     edit admins             ok
team.reader     sees                    admins
team.reader     edit admins             INSUFFICIENT_ACCESS_OR_READONLY
team.observer   sees                    -
account.team    sees                    admins queue
account.team    edit admins             ok
account.team    edit owners             INVALID_CROSS_REFERENCE_KEY
all             sees                    admins owners queue
all             edit admins             INSUFFICIENT_ACCESS_OR_READONLY
modify          sees                    admins owners queue
modify          edit owners             ok
modify          delete queue            ok
data            sees                    admins owners queue
data            edit owners             INSUFFICIENT_ACCESS_OR_READONLY
expired         object                  INVALID_TYPE
expired         sees                    INVALID_TYPE
later           object                  ok
later           sees                    admins
both            edit admins             ok
muted           object                  ok
muted           sees                    admins
muted           field Subject           ok
muted           field Priority          INVALID_FIELD
muted           edit admins             INSUFFICIENT_ACCESS_OR_READONLY
muted.edit      edit admins             ok
muted.edit      field Priority          INVALID_FIELD
plain           field Priority          ok
plain           sees                    admins
blind           object                  INVALID_TYPE
frozen          sees                    admins
reader          others assignments      0
reader          others sessions         0
reader          assign                  INSUFFICIENT_ACCESS_OR_READONLY
reader          join                    INSUFFICIENT_ACCESS_OR_READONLY
assigner        assign                  ok
assigner        join                    INSUFFICIENT_ACCESS_OR_READONLY
manager         join                    ok
manager         assign                  INSUFFICIENT_ACCESS_OR_READONLY
manager         others sessions         some
"""
ROWS = [tuple(line.replace("  ", "\t").replace("\t ", "\t").split("\t")) for line in TABLE.strip().splitlines()]
CASES = [(row[0], next(part for part in row[1:] if part), row[-1].strip()) for row in ROWS]


@pytest.fixture(scope="module")
def org() -> House:
    return open_house(Seed.model_validate(SEED))


@pytest.mark.parametrize(("who", "what", "expected"), CASES)
def test_access(org: House, who: str, what: str, expected: str) -> None:
    """The answer that the documentation gives; what a question changes is undone."""
    org.org.store.execute("SAVEPOINT before")
    try:
        assert asked(org, org.as_user(f"{who}@"), what.strip()) == expected
    finally:
        org.org.store.execute("ROLLBACK TO before")
        org.org.store.execute("RELEASE before")


def asked(admin: House, user: House, what: str) -> str:
    """What comes of a question of the table."""
    verb, _, rest = what.partition(" ")
    if verb == "others":
        return others(user, rest)
    if verb == "sees":
        answer = user.ask("GET", "/query?q=SELECT+Subject+FROM+Case+ORDER+BY+Subject")
        if answer.status != 200:
            return answer.body[0]["errorCode"]
        return " ".join(record["Subject"] for record in answer.body["records"]) or "-"
    if verb == "describe":
        return str(user.ask("GET", "/sobjects/Case/describe").status)
    answer = user.ask(*request(admin, verb, rest))
    return "ok" if answer.status < 400 else answer.body[0]["errorCode"]


def request(admin: House, verb: str, rest: str) -> tuple[str, str, object]:
    """The one request that a question asks."""
    if verb in {"object", "field"}:
        return "GET", f"/query?q=SELECT+{rest or 'Id'}+FROM+Case", None
    if verb == "assign":
        role = admin.one("SELECT Id FROM PermissionSet WHERE Name = 'Read'")
        return "POST", "/sobjects/PermissionSetAssignment", {"AssigneeId": admin.user("bare"), "PermissionSetId": role}
    if verb == "join":
        group = admin.one("SELECT Id FROM Group WHERE DeveloperName = 'Outer'")
        return "POST", "/sobjects/GroupMember", {"GroupId": group, "UserOrGroupId": admin.user("bare")}
    if verb == "write":
        return "PATCH", f"/sobjects/Case/{case(admin, 'admins')}", {rest: "High"}
    method = "DELETE" if verb == "delete" else "PATCH"
    return method, f"/sobjects/Case/{case(admin, rest)}", {"Subject": "changed"}


def others(user: House, what: str) -> str:
    """Whether the user sees rows that are not their own."""
    kind, field = {"assignments": ("PermissionSetAssignment", "AssigneeId"), "sessions": ("AuthSession", "UsersId")}[
        what
    ]
    found = user.query(f"SELECT Id FROM {kind} WHERE {field} != '{user.session.user_id}'")["totalSize"]
    return "some" if found else "0"


def case(admin: House, subject: str) -> str:
    return admin.one(f"SELECT Id FROM Case WHERE Subject = '{subject}'")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60


def test_access_ends_with_the_clock() -> None:
    house = open_house(Seed.model_validate(SEED))
    user = house.as_user("later@")
    assert asked(house, user, "sees") == "admins"
    house.org.clock.set(datetime.now(UTC) + timedelta(days=4))
    assert asked(house, user, "object") == "INVALID_TYPE"


def test_a_user_is_told_of_their_own_permissions_only(org: House) -> None:
    flags = "SELECT PermissionsViewAllData, PermissionsManageUsers FROM UserPermissionAccess"
    assert org.as_user("data@").rows(flags) == [{"PermissionsViewAllData": True, "PermissionsManageUsers": False}]
    assert org.as_user("manager@").rows(flags) == [{"PermissionsViewAllData": False, "PermissionsManageUsers": True}]


WRITES = [
    ("PATCH", "UserLogin", "UserId = '{user}'", {"IsFrozen": True}),
    ("DELETE", "AuthSession", "UsersId = '{user}'", None),
    (
        "PATCH",
        "PermissionSetAssignment",
        "AssigneeId = '{user}' AND PermissionSet.IsOwnedByProfile = false",
        {"ExpirationDate": LATER},
    ),
    ("DELETE", "PermissionSetAssignment", "AssigneeId = '{user}' AND PermissionSet.IsOwnedByProfile = false", None),
    ("DELETE", "GroupMember", "Group.DeveloperName = 'Vendor_EMEA_Cases'", None),
    ("PATCH", "User", "Id = '{user}'", {"IsActive": False}),
]


@pytest.mark.parametrize(("method", "kind", "where", "body"), WRITES)
def test_the_reconcilers_own_profile_suffices(
    house: House, method: str, kind: str, where: str, body: dict[str, object] | None
) -> None:
    """What a reconciler does to a vendor's account, the integration user may do."""
    reconciler = house.as_user("guestlist@")
    user = house.user("old.contractor")
    record = reconciler.rows(f"SELECT Id FROM {kind} WHERE {where.format(user=user)} LIMIT 1")[0]["Id"]
    assert reconciler.ask(method, f"/sobjects/{kind}/{record}", body).status == 204


@pytest.mark.parametrize("kind", ["CaseShare", "AccountShare"])
def test_the_reconciler_may_take_shares_away(house: House, kind: str) -> None:
    parent = kind.removesuffix("Share")
    record = house.rows(f"SELECT Id FROM {parent} LIMIT 1")[0]["Id"]
    levels = (
        {"AccountAccessLevel": "Read", "OpportunityAccessLevel": "None"}
        if parent == "Account"
        else {"CaseAccessLevel": "Read"}
    )
    share = house.create(kind, **{f"{parent}Id": record, "UserOrGroupId": house.user("maria.k")}, **levels)
    assert house.as_user("guestlist@").ask("DELETE", f"/sobjects/{kind}/{share}").status == 204


def test_a_user_without_api_access_is_not_answered(house: House) -> None:
    bare = house.org.add(
        "User",
        Username="b@x.example",
        ProfileId=house.one("SELECT Id FROM Profile WHERE Name = 'Minimum Access - Salesforce'"),
    )
    assert not User(house.org, bare).permissions.has("ApiEnabled")
