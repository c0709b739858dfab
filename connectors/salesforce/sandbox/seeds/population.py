"""A large plausible population, the same for the same number."""

from random import Random

from connectors.salesforce.sandbox.rules.people import recount
from connectors.salesforce.sandbox.seeds.planter import Planter
from connectors.salesforce.sandbox.store import Row

_FIRST = (
    "Ana",
    "Bilal",
    "Chen",
    "Dora",
    "Emeka",
    "Farah",
    "Goran",
    "Hana",
    "Ivo",
    "Jun",
    "Kaja",
    "Luis",
    "Mina",
    "Noor",
)
_LAST = (
    "Abe",
    "Berg",
    "Costa",
    "Diaz",
    "Eklund",
    "Fischer",
    "Gupta",
    "Horvat",
    "Ito",
    "Jansen",
    "Kaya",
    "Lopez",
    "Meyer",
)
_VENDORS = 40
_MOST_ROLES = 9
_ROLES = 12


def make_up(planter: Planter, count: int) -> None:
    """Adds vendor users with about five permission sets each.

    Args:
        planter: Where to; it must know the profile `Vendor Support`, or it makes do with `Standard User`.
        count: How many.
    """
    if not count:
        return
    org, chance = planter.org, Random(count)  # noqa: S311 (made-up people, not secrets)
    profiles = org.store.find(org.schema["Profile"], Name="Vendor Support") or org.store.find(
        org.schema["Profile"], Name="Standard User"
    )
    profile_id = profiles[0]["Id"]
    owned = org.store.find(org.schema["PermissionSet"], ProfileId=profile_id)[0]["Id"]
    roles = [
        org.add("PermissionSet", Name=f"Vendor_Role_{n:02d}", Label=f"Vendor role {n}", IsCustom=1, Type="Regular")
        for n in range(_ROLES)
    ]
    users = org.add_all("User", [_person(chance, n) | {"ProfileId": profile_id} for n in range(count)])
    org.add_all("UserLogin", [{"UserId": user} for user in users])
    held: list[Row] = [{"AssigneeId": user, "PermissionSetId": owned} for user in users]
    for user in users:
        some = chance.sample(roles, chance.randint(1, _MOST_ROLES))
        held += [{"AssigneeId": user, "PermissionSetId": role} for role in some]
    org.add_all("PermissionSetAssignment", held)
    recount(org, profile_id)


def _person(chance: Random, n: int) -> Row:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    username = f"{first}.{last}.{n:05d}@vendor-{n % _VENDORS:02d}.example".lower()
    return {
        "Username": username,
        "Email": username,
        "FirstName": first,
        "LastName": last,
        "Name": f"{first} {last}",
        "Alias": f"v{n:06d}",
        "CommunityNickname": f"{first}.{last}.{n}".lower(),
        "TimeZoneSidKey": "Europe/Berlin",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "UserType": "Standard",
    }
