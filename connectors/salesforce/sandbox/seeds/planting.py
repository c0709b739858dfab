"""Turns seeds into records."""

import secrets
from collections.abc import Sequence

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.access import User as Actor
from connectors.salesforce.sandbox.clock import whole
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.records import Records
from connectors.salesforce.sandbox.rules.assignments import aggregate
from connectors.salesforce.sandbox.rules.people import recount
from connectors.salesforce.sandbox.seeds import model
from connectors.salesforce.sandbox.seeds.customers import plant_accounts
from connectors.salesforce.sandbox.seeds.model import Seed, SeedError, baseline
from connectors.salesforce.sandbox.seeds.population import make_up
from connectors.salesforce.sandbox.seeds.rights import flags, write_fields, write_objects
from connectors.salesforce.sandbox.sessions import App, Sessions

_APP = "Guestlist"
_USER_DEFAULTS = {
    "TimeZoneSidKey": "Europe/Berlin",
    "LocaleSidKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
}


def plant(seed: Seed, org: Org, sessions: Sessions, *, jwt_public_key: str) -> App:
    """Fills an empty org: first the baseline, then the seed.

    Returns:
        The connected application that guestlist comes in through.

    Raises:
        SeedError: The seed names something that it does not define.
    """
    with org.store.transaction():
        planter = Planter(org, sessions)
        planter.found(seed)
        planter.structure(baseline())
        planter.first_users(seed)
        planter.structure(seed)
        planter.users(seed.users)
        planter.groups(seed)
        plant_accounts(planter, seed)
        make_up(planter, seed.made_up)
        return planter.application(seed, jwt_public_key)


class Planter:
    """Writes the parts of a seed, in an order in which what is named is there."""

    def __init__(self, org: Org, sessions: Sessions) -> None:
        self.org = org
        self.sessions = sessions
        self._made: dict[tuple[str, str], str] = {}

    def found(self, seed: Seed) -> None:
        """Founds the organisation."""
        org = self.org
        org.org_id = org.ids.new("00D")
        org.admin_id = org.ids.new("005")
        org.add(
            "Organization",
            Id=org.org_id,
            Name=seed.organization,
            Country="DE",
            DefaultLocaleSidKey="en_US",
            TimeZoneSidKey="Europe/Berlin",
            LanguageLocaleKey="en_US",
            DefaultAccountAccess=seed.sharing.account if seed.sharing.account != "Private" else "None",
            DefaultCaseAccess=seed.sharing.case if seed.sharing.case != "Private" else "None",
            DefaultContactAccess="ControlledByParent",
            DefaultOpportunityAccess="None",
            OrganizationType="Developer Edition",
            InstanceName="GL0",
            IsSandbox=1,
            IsReadOnly=0,
        )

    def structure(self, seed: Seed) -> None:
        """Licences, profiles, permission sets and their groups, roles, applications."""
        for licence in seed.licenses:
            made = self.org.add(
                "UserLicense",
                Name=licence.name,
                MasterLabel=licence.name,
                LicenseDefinitionKey=licence.key,
                TotalLicenses=licence.total,
                UsedLicenses=0,
                Status="Active",
                CreatedDate=self.org.now(),
                UsedLicensesLastUpdated=self.org.now(),
            )
            self._made["licence", licence.name] = made
        for extra in seed.permission_set_licenses:
            made = self.org.add(
                "PermissionSetLicense",
                DeveloperName=extra.name,
                PermissionSetLicenseKey=extra.name,
                MasterLabel=extra.label,
                Language="en_US",
                Status="Active",
                TotalLicenses=extra.total,
                UsedLicenses=0,
            )
            self._made["licence", extra.name] = made
        for profile in seed.profiles:
            self._profile(profile)
        for permission_set in seed.permission_sets:
            self._permission_set(permission_set)
        for group in seed.permission_set_groups:
            self._set_group(group)
        for role in seed.roles:
            parent = self.named("role", role.parent) if role.parent else None
            self._made["role", role.name] = self.org.add(
                "UserRole", Name=role.name, DeveloperName=role.name.replace(" ", "_"), ParentRoleId=parent
            )
        for name, access in seed.case_team_roles.items():
            self._made["team role", name] = self.org.add("CaseTeamRole", Name=name, AccessLevel=access)
        for application in seed.applications:
            self._connected(application.name)

    def first_users(self, seed: Seed) -> None:
        """The administrator and guestlist's own integration user."""
        admin = {"Id": self.org.admin_id, "FirstName": "Ada", "LastName": "Admin", "Username": f"admin@{seed.domain}"}
        self._first(admin, "System Administrator")
        self._first(
            {"FirstName": "Guestlist", "LastName": "Reconciler", "Username": f"guestlist@{seed.domain}"},
            "Guestlist Reconciler",
        )

    def users(self, users: Sequence[model.User]) -> None:
        """People, and what they hold; members of groups come later."""
        for user in users:
            values: dict[str, object] = {
                "Username": user.username,
                "FirstName": user.first_name,
                "LastName": user.last_name,
                "Email": user.email or user.username,
                "Alias": user.username.split("@")[0][:8],
                "ProfileId": self.named("profile", user.profile),
                "UserRoleId": self.named("role", user.role) if user.role else None,
                "FederationIdentifier": user.federation_identifier,
                "Title": user.title,
                "IsActive": user.active,
            }
            self._made["user", user.username] = user_id = self.records.create(
                self.org.schema["User"], _USER_DEFAULTS | values
            )
            self._holdings(user, user_id)
            self._traces(user, user_id)

    def groups(self, seed: Seed) -> None:
        """Public groups and queues with their members."""
        for group in seed.groups:
            made = self.org.add(
                "Group", Name=group.label, DeveloperName=group.name, Type=group.type, OwnerId=self.org.org_id
            )
            self._made["group", group.name] = made
            for name in group.objects:
                self.org.add("QueueSobject", QueueId=made, SobjectType=name)
        for group in seed.groups:
            for member in group.members:
                self._member(group.name, self.holder(member))
        for user in seed.users:
            for name in user.groups:
                self._member(name, self.named("user", user.username))

    def application(self, seed: Seed, jwt_public_key: str) -> App:
        """The connected application that runs as the integration user."""
        self._connected(_APP)
        app = App(
            name=_APP,
            client_id=f"3MVG9{secrets.token_hex(24)}",
            client_secret=secrets.token_hex(32).upper(),
            run_as=self.named("user", f"guestlist@{seed.domain}"),
            public_key=jwt_public_key,
        )
        self.sessions.apps[app.client_id] = app
        return app

    @property
    def records(self) -> Records:
        """Writes as the administrator."""
        return Records(self.org, Actor(self.org, self.org.admin_id))

    def named(self, kind: str, name: str) -> str:
        """The id of what the seed calls so.

        Raises:
            SeedError: It defines none.
        """
        found = self._made.get((kind, name))
        if found is None:
            raise SeedError(f"the seed names the {kind} {name}, but defines none")
        return found

    def keep(self, kind: str, name: str, record_id: str) -> None:
        """Remembers a record by name."""
        self._made[kind, name] = record_id

    def holder(self, name: str) -> str:
        """The id of a user (by username) or a group (by name)."""
        return self.named("user" if "@" in name else "group", name)

    def assign(self, user_id: str, permission_set: str, until: str | None = None) -> None:
        """Gives a permission set, whatever the rules of the API say about ends."""
        role = self.named("permission set", permission_set)
        self.org.add("PermissionSetAssignment", AssigneeId=user_id, PermissionSetId=role, ExpirationDate=until)

    def _profile(self, profile: model.Profile) -> None:
        licence = self.named("licence", profile.license)
        held = flags(profile.permissions)
        made = self.org.add("Profile", held, Name=profile.name, UserLicenseId=licence, UserType=profile.user_type)
        self._made["profile", profile.name] = made
        owned = self.org.add(
            "PermissionSet",
            held,
            Name=f"X{made[: ids.SHORT]}",
            Label=f"{made[: ids.SHORT]}",
            ProfileId=made,
            LicenseId=licence,
            IsOwnedByProfile=1,
            IsCustom=0,
            Type="Profile",
        )
        write_objects(self.org, owned, profile.objects)
        write_fields(self.org, owned, profile.fields)

    def _permission_set(self, wanted: model.PermissionSet) -> None:
        made = self.org.add(
            "PermissionSet",
            flags(wanted.permissions),
            Name=wanted.name,
            Label=wanted.label,
            Description=wanted.description,
            LicenseId=self.named("licence", wanted.license) if wanted.license else None,
            IsCustom=1,
            Type="Regular",
        )
        self._made["permission set", wanted.name] = made
        write_objects(self.org, made, wanted.objects)
        write_fields(self.org, made, wanted.fields)

    def _set_group(self, wanted: model.PermissionSetGroup) -> None:
        group = self.org.add(
            "PermissionSetGroup", DeveloperName=wanted.name, MasterLabel=wanted.label, Status="Updated"
        )
        self._made["permission set group", wanted.name] = group
        for name in wanted.permission_sets:
            part = self.named("permission set", name)
            self.org.add("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=part)
        if wanted.muting:
            mute = self.org.add(
                "MutingPermissionSet",
                flags(wanted.muting.permissions),
                DeveloperName=f"{wanted.name}_Muting",
                MasterLabel=f"{wanted.label}: muted",
            )
            write_objects(self.org, mute, wanted.muting.objects)
            write_fields(self.org, mute, wanted.muting.fields)
            self.org.add("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=mute)
        aggregate(self.org, group)

    def _connected(self, name: str) -> None:
        self.org.add("ConnectedApplication", Name=name, OptionsAllowAdminApprovedUsersOnly=1)
        if all(app.name != name for app in self.sessions.apps.values()) and name != _APP:
            client_id = f"3MVG9{secrets.token_hex(24)}"
            self.sessions.apps[client_id] = App(name, client_id, secrets.token_hex(32).upper())

    def _first(self, values: dict[str, str], profile: str) -> None:
        profile_id = self.named("profile", profile)
        name = f"{values['FirstName']} {values['LastName']}"
        user_id = self.org.add(
            "User",
            _USER_DEFAULTS | values,
            Name=name,
            Alias=values["Username"][:8].split("@")[0],
            Email=values["Username"],
            CommunityNickname=values["Username"].split("@")[0],
            ProfileId=profile_id,
            UserType="Standard",
        )
        self._made["user", values["Username"]] = user_id
        self.org.add("UserLogin", UserId=user_id)
        owned = self.org.store.find(self.org.schema["PermissionSet"], ProfileId=profile_id)[0]
        self.org.add("PermissionSetAssignment", AssigneeId=user_id, PermissionSetId=owned["Id"])
        recount(self.org, profile_id)

    def _holdings(self, user: model.User, user_id: str) -> None:
        for held in map(_assignment, user.permission_sets):
            self.assign(user_id, held.name, _end(held))
        for held in map(_assignment, user.permission_set_groups):
            group = self.named("permission set group", held.name)
            self.org.add(
                "PermissionSetAssignment",
                AssigneeId=user_id,
                PermissionSetGroupId=group,
                PermissionSetId=aggregate(self.org, group),
                ExpirationDate=_end(held),
            )

    def _traces(self, user: model.User, user_id: str) -> None:
        if user.password:
            self.sessions.set_password(user_id, user.password)
        for _ in range(user.sessions):
            self.sessions.open(user_id, session_type="UI", login_type="Application", application="Browser")
        for name in user.applications:
            app = next((app for app in self.sessions.apps.values() if app.name == name), None)
            if app is None:
                raise SeedError(f"the seed names the application {name}, but defines none")
            self.sessions.remember(app, user_id)
            self.sessions.open(user_id, session_type="Oauth2", login_type="Remote Access 2.0", application=name)
        if user.frozen:
            kind = self.org.schema["UserLogin"]
            switch = self.org.store.find(kind, UserId=user_id)[0]
            self.org.store.update(kind, str(switch["Id"]), {"IsFrozen": 1})

    def _member(self, group: str, member: str) -> None:
        self.org.add("GroupMember", GroupId=self.named("group", group), UserOrGroupId=member)


def _assignment(held: str | model.Assignment) -> model.Assignment:
    return model.Assignment(name=held) if isinstance(held, str) else held


def _end(held: model.Assignment) -> str | None:
    return None if held.until is None else whole(held.until)
