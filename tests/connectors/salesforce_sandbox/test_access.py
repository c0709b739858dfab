"""What a user can do, asked in that user's own session: sets, groups, muting, shares, teams, expiry, freezing."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.salesforce.sandbox.access import User
from connectors.salesforce.sandbox.seeds import Seed

from .access_cases import CASES, LATER, SEED, SOURCES
from .house import House, open_house


@pytest.fixture(scope="module")
def org() -> House:
    return open_house(Seed.model_validate(SEED))


@pytest.mark.parametrize(("source", "who", "what", "expected"), CASES)
def test_access(org: House, source: str, who: str, what: str, expected: str) -> None:
    """The answer that the documentation gives; what a question changes is undone."""
    assert source in SOURCES
    org.org.store.execute("SAVEPOINT before")
    try:
        assert asked(org, org.as_user(f"{who}@"), what.strip()) == expected
    finally:
        org.org.store.execute("ROLLBACK TO before")
        org.org.store.execute("RELEASE before")


def asked(admin: House, user: House, what: str) -> str:  # noqa: PLR0911 (one return per question)
    """What comes of a question of the table."""
    verb, _, rest = what.partition(" ")
    if verb == "others":
        return others(user, rest)
    if verb == "login":
        row = user.org.store.get(user.org.schema["User"], user.session.user_id)
        return user.site.sessions.bars_login(row or {}) or "ok"
    if what in {"sees numbers", "accounts"}:
        return str(user.query(f"SELECT Id FROM {'Account' if what == 'accounts' else 'Case'}")["totalSize"])
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
    if verb == "freeze":
        login = admin.one(f"SELECT Id FROM UserLogin WHERE UserId = '{admin.user('bare')}'")
        return "PATCH", f"/sobjects/UserLogin/{login}", {"IsFrozen": True}
    if verb == "write":
        return "PATCH", f"/sobjects/Case/{case(admin, 'admins')}", {rest: "High"}
    method = "DELETE" if verb == "delete" else "PATCH"
    return method, f"/sobjects/Case/{case(admin, rest)}", {"Subject": "changed"}


def others(user: House, what: str) -> str:
    """Whether the user sees rows that are not their own."""
    kind, field = {
        "assignments": ("PermissionSetAssignment", "AssigneeId"),
        "sessions": ("AuthSession", "UsersId"),
        "tokens": ("OauthToken", "UserId"),
    }[what]
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
