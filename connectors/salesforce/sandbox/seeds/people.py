"""Users, what they hold, what their earlier logins left, and the groups and queues that they belong to."""

from collections.abc import Sequence

from connectors.salesforce.sandbox.clock import whole
from connectors.salesforce.sandbox.rules.assignments import aggregate
from connectors.salesforce.sandbox.rules.people import recount
from connectors.salesforce.sandbox.seeds import model
from connectors.salesforce.sandbox.seeds.model import SeedError
from connectors.salesforce.sandbox.seeds.planter import Planter

_DEFAULTS = {
    "TimeZoneSidKey": "Europe/Berlin",
    "LocaleSidKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
}


def plant_first_users(planter: Planter, seed: model.Seed) -> None:
    """The administrator and guestlist's own integration user."""
    admin = {"Id": planter.org.admin_id, "FirstName": "Ada", "LastName": "Admin", "Username": f"admin@{seed.domain}"}
    _first(planter, admin, "System Administrator")
    own = {"FirstName": "Guestlist", "LastName": "Reconciler", "Username": f"guestlist@{seed.domain}"}
    _first(planter, own, "Guestlist Reconciler")


def plant_users(planter: Planter, users: Sequence[model.User]) -> None:
    """People, and what they hold; members of groups come later."""
    for user in users:
        values: dict[str, object] = {
            "Username": user.username,
            "FirstName": user.first_name,
            "LastName": user.last_name,
            "Email": user.email or user.username,
            "Alias": user.username.split("@")[0][:8],
            "ProfileId": planter.named("profile", user.profile),
            "UserRoleId": planter.named("role", user.role) if user.role else None,
            "ContactId": planter.named("contact", user.contact) if user.contact else None,
            "FederationIdentifier": user.federation_identifier,
            "Title": user.title,
            "ManagerId": planter.named("user", user.manager) if user.manager else None,
            "DelegatedApproverId": planter.named("user", user.delegated_approver) if user.delegated_approver else None,
            "IsActive": user.active,
        }
        user_id = planter.create("User", f"user {user.username}", _DEFAULTS | values)
        planter.keep("user", user.username, user_id)
        _holdings(planter, user, user_id)
        _traces(planter, user, user_id)


def plant_groups(planter: Planter, seed: model.Seed) -> None:
    """Public groups and queues with their members."""
    org = planter.org
    for group in seed.groups:
        made = org.add("Group", Name=group.label, DeveloperName=group.name, Type=group.type, OwnerId=org.org_id)
        planter.keep("group", group.name, made)
        for name in group.objects:
            org.add("QueueSobject", QueueId=made, SobjectType=name)
    for group in seed.groups:
        for member in group.members:
            _member(planter, group.name, planter.holder(member))


def plant_members(planter: Planter, users: Sequence[model.User]) -> None:
    """The groups that users name themselves."""
    for user in users:
        for name in user.groups:
            _member(planter, name, planter.named("user", user.username))


def _first(planter: Planter, values: dict[str, str], profile: str) -> None:
    org, profile_id = planter.org, planter.named("profile", profile)
    username = values["Username"]
    user_id = org.add(
        "User",
        _DEFAULTS | values,
        Name=f"{values['FirstName']} {values['LastName']}",
        Alias=username[:8].split("@")[0],
        Email=username,
        CommunityNickname=username.split("@")[0],
        ProfileId=profile_id,
        UserType="Standard",
    )
    planter.keep("user", username, user_id)
    org.add("UserLogin", UserId=user_id)
    owned = org.store.find(org.schema["PermissionSet"], ProfileId=profile_id)[0]
    org.add("PermissionSetAssignment", AssigneeId=user_id, PermissionSetId=owned["Id"])
    recount(org, profile_id)


def _holdings(planter: Planter, user: model.User, user_id: str) -> None:
    """Gives permission sets and groups, whatever the rules of the API say about ends."""
    org = planter.org
    for held in map(_assignment, user.permission_sets):
        role = planter.named("permission set", held.name)
        org.add("PermissionSetAssignment", AssigneeId=user_id, PermissionSetId=role, ExpirationDate=_end(held))
    for held in map(_assignment, user.permission_set_groups):
        group = planter.named("permission set group", held.name)
        org.add(
            "PermissionSetAssignment",
            AssigneeId=user_id,
            PermissionSetGroupId=group,
            PermissionSetId=aggregate(org, group),
            ExpirationDate=_end(held),
        )


def _traces(planter: Planter, user: model.User, user_id: str) -> None:
    org, sessions = planter.org, planter.sessions
    if user.password:
        sessions.set_password(user_id, user.password, security_token=user.security_token or "")
    for _ in range(user.sessions):
        sessions.open(user_id, session_type="UI", login_type="Application", application="Browser")
    for name in user.applications:
        app = next((app for app in sessions.apps.values() if app.name == name), None)
        if app is None:
            raise SeedError(f"the seed names the application {name}, but defines none")
        sessions.remember(app, user_id)
        sessions.open(user_id, session_type="Oauth2", login_type="Remote Access 2.0", application=name)
    if user.frozen:
        kind = org.schema["UserLogin"]
        switch = org.store.find(kind, UserId=user_id)[0]
        org.store.update(kind, str(switch["Id"]), {"IsFrozen": 1})


def _member(planter: Planter, group: str, member: str) -> None:
    planter.org.add("GroupMember", GroupId=planter.named("group", group), UserOrGroupId=member)


def _assignment(held: str | model.Assignment) -> model.Assignment:
    return model.Assignment(name=held) if isinstance(held, str) else held


def _end(held: model.Assignment) -> str | None:
    return None if held.until is None else whole(held.until)
