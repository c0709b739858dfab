"""What an org says of itself: versions, resources, limits, who is asking."""

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.http.exchange import Answer, Call, Site

OLDEST, NEWEST = 52, 68
_SEASONS = ("Winter", "Spring", "Summer")
_WINTER_22 = 53


def versions() -> Answer:
    """Every API version that is answered."""
    return Answer(
        [{"label": _label(v), "url": f"/services/data/v{v}.0", "version": f"{v}.0"} for v in range(OLDEST, NEWEST + 1)]
    )


def resources(call: Call) -> Answer:
    """Where things are."""
    names = ("sobjects", "query", "queryAll", "composite", "limits", "tooling", "jobs")
    identity = f"{call.site.url}/id/{call.org.org_id}/{call.session.user_id}"
    return Answer({name: f"{call.base}/{name}" for name in names} | {"identity": identity})


def limits(call: Call) -> Answer:
    """What is left of the day."""
    most = call.org.switches.daily_api_requests
    return Answer(
        {
            "DailyApiRequests": {"Max": most, "Remaining": max(0, most - call.org.requests)},
            "DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 10000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976562, "Remaining": 976562},
            "DataStorageMB": {"Max": 1024, "Remaining": 1000},
            "FileStorageMB": {"Max": 1024, "Remaining": 1024},
            "SingleEmail": {"Max": 5000, "Remaining": 5000},
        }
    )


def record_count(call: Call) -> Answer:
    """How many records there are of the objects in `?sObjects=`, or of all; those without any are left out."""
    org, wanted = call.org, call.request.query.get("sObjects", "").lower().split(",")
    kinds = [kind for kind in org.schema.objects.values() if not kind.virtual and call.user.knows(kind)]
    asked = [kind for kind in kinds if wanted == [""] or kind.name.lower() in wanted]
    counts = [(org.store.count(kind, org.now()), kind.name) for kind in asked]
    return Answer({"sObjects": [{"count": count, "name": name} for count, name in counts if count]})


def identity(call: Call) -> Answer:
    """`/id/{org}/{user}`."""
    return Answer(_identity(call.site, call.session.user_id))


def userinfo(call: Call) -> Answer:
    """OpenID Connect's view of who is asking."""
    about = _identity(call.site, call.session.user_id)
    keys = (
        "user_id",
        "organization_id",
        "nick_name",
        "email",
        "email_verified",
        "active",
        "user_type",
        "language",
        "locale",
        "utcOffset",
        "is_app_installed",
    )
    return Answer(
        {
            "sub": about["id"],
            "name": about["display_name"],
            "preferred_username": about["username"],
            "zoneinfo": about["timezone"],
            "urls": about["urls"],
        }
        | {key: about[key] for key in keys}
    )


def _identity(site: Site, user_id: str) -> dict[str, object]:
    org = site.org
    user = org.store.get(org.schema["User"], user_id) or {}
    url = site.url
    data = f"{url}/services/data/v{{version}}/"
    return {
        "id": f"{url}/id/{org.org_id}/{user_id}",
        "asserted_user": True,
        "user_id": user_id,
        "organization_id": org.org_id,
        "username": user.get("Username"),
        "nick_name": user.get("CommunityNickname"),
        "display_name": user.get("Name"),
        "email": user.get("Email"),
        "email_verified": True,
        "first_name": user.get("FirstName"),
        "last_name": user.get("LastName"),
        "timezone": user.get("TimeZoneSidKey"),
        "active": bool(user.get("IsActive")),
        "user_type": str(user.get("UserType")).upper(),
        "language": user.get("LanguageLocaleKey"),
        "locale": user.get("LocaleSidKey"),
        "utcOffset": 0,
        "is_app_installed": True,
        "last_modified_date": str(user.get("LastModifiedDate")).removesuffix("Z") + "+0000",
        "urls": {
            "rest": data,
            "sobjects": f"{data}sobjects/",
            "query": f"{data}query/",
            "metadata": f"{url}/services/Soap/m/{{version}}/{org.org_id[: ids.SHORT]}",
            "partner": f"{url}/services/Soap/u/{{version}}/{org.org_id[: ids.SHORT]}",
            "custom_domain": url,
        },
    }


def _label(version: int) -> str:
    steps = version - _WINTER_22
    season = _SEASONS[steps % len(_SEASONS)]
    return f"{season} '{22 + steps // len(_SEASONS)}"
