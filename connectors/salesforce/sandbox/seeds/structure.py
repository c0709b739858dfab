"""What an org is made of before anybody works in it: licences, profiles, permission sets, roles, applications."""

import json
import secrets

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.rules.assignments import aggregate
from connectors.salesforce.sandbox.rules.groups import add_role_groups
from connectors.salesforce.sandbox.seeds import model
from connectors.salesforce.sandbox.seeds.planter import Planter
from connectors.salesforce.sandbox.seeds.rights import flags, write_fields, write_objects
from connectors.salesforce.sandbox.sessions import App


def plant_structure(planter: Planter, seed: model.Seed) -> None:
    """Writes it, in an order in which what is named is there."""
    _licences(planter, seed)
    for profile in seed.profiles:
        _profile(planter, profile)
    for permission_set in seed.permission_sets:
        _permission_set(planter, permission_set)
    for group in seed.permission_set_groups:
        _set_group(planter, group)
    for role in seed.roles:
        parent = planter.named("role", role.parent) if role.parent else None
        name = role.name.replace(" ", "_")
        role_id = planter.org.add("UserRole", Name=role.name, DeveloperName=name, ParentRoleId=parent)
        planter.keep("role", role.name, role_id)
        add_role_groups(planter.org, role_id)
    for name, access in seed.case_team_roles.items():
        planter.keep("team role", name, planter.org.add("CaseTeamRole", Name=name, AccessLevel=access))
    for application in seed.applications:
        made = App(application.name, f"3MVG9{secrets.token_hex(24)}", secrets.token_hex(32).upper())
        connect(planter, made)


def connect(planter: Planter, app: App) -> None:
    """Adds a connected application, unless there is one of that name."""
    if all(known.name != app.name for known in planter.sessions.apps.values()):
        planter.org.add("ConnectedApplication", Name=app.name, OptionsAllowAdminApprovedUsersOnly=1)
        planter.sessions.apps[app.client_id] = app


def _licences(planter: Planter, seed: model.Seed) -> None:
    org = planter.org
    for licence in seed.licenses:
        made = org.add(
            "UserLicense",
            Name=licence.name,
            MasterLabel=licence.name,
            LicenseDefinitionKey=licence.key,
            TotalLicenses=licence.total,
            UsedLicenses=0,
            Status="Active",
            CreatedDate=org.now(),
            UsedLicensesLastUpdated=org.now(),
        )
        planter.keep("licence", licence.name, made)
    for extra in seed.permission_set_licenses:
        made = org.add(
            "PermissionSetLicense",
            DeveloperName=extra.name,
            PermissionSetLicenseKey=extra.name,
            MasterLabel=extra.label,
            Language="en_US",
            Status="Active",
            TotalLicenses=extra.total,
            UsedLicenses=0,
        )
        planter.keep("licence", extra.name, made)


def _profile(planter: Planter, profile: model.Profile) -> None:
    licence, org = planter.named("licence", profile.license), planter.org
    held = flags(profile.permissions)
    limits = _login_limits(profile)
    made = org.add(
        "Profile", held, Name=profile.name, UserLicenseId=licence, UserType=profile.user_type, LoginLimits=limits
    )
    planter.keep("profile", profile.name, made)
    owned = org.add(
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
    write_objects(org, owned, profile.objects)
    write_fields(org, owned, profile.fields)


def _login_limits(profile: model.Profile) -> str | None:
    """Login ranges and hours in the words of the Metadata API's type Profile, where there are any."""
    found: dict[str, object] = {}
    if profile.login_ip_ranges:
        found["loginIpRanges"] = [
            {"description": one.description, "endAddress": str(one.end), "startAddress": str(one.start)}
            for one in profile.login_ip_ranges
        ]
    if profile.login_hours:
        bounds = {day: profile.login_hours.get(day) for day in _DAYS}
        found["loginHours"] = {
            f"{day}{edge}": None if pair is None else str(pair[at])
            for day, pair in bounds.items()
            for at, edge in enumerate(("Start", "End"))
        }
    return json.dumps(found) if found else None


_DAYS: tuple[model.Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _permission_set(planter: Planter, wanted: model.PermissionSet) -> None:
    made = planter.org.add(
        "PermissionSet",
        flags(wanted.permissions),
        Name=wanted.name,
        Label=wanted.label,
        Description=wanted.description,
        LicenseId=planter.named("licence", wanted.license) if wanted.license else None,
        IsCustom=1,
        Type="Regular",
        HasActivationRequired=int(wanted.activation_required),
    )
    planter.keep("permission set", wanted.name, made)
    write_objects(planter.org, made, wanted.objects)
    write_fields(planter.org, made, wanted.fields)


def _set_group(planter: Planter, wanted: model.PermissionSetGroup) -> None:
    org = planter.org
    group = org.add(
        "PermissionSetGroup",
        DeveloperName=wanted.name,
        MasterLabel=wanted.label,
        Status="Updated",
        HasActivationRequired=int(wanted.activation_required),
    )
    planter.keep("permission set group", wanted.name, group)
    for name in wanted.permission_sets:
        part = planter.named("permission set", name)
        org.add("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=part)
    if wanted.muting:
        mute = org.add(
            "MutingPermissionSet",
            flags(wanted.muting.permissions),
            DeveloperName=f"{wanted.name}_Muting",
            MasterLabel=f"{wanted.label}: muted",
        )
        write_objects(org, mute, wanted.muting.objects)
        write_fields(org, mute, wanted.muting.fields)
        org.add("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=mute)
    aggregate(org, group)
