"""`FullName` and `Metadata` of profiles, as the Tooling API gives them to queries that find one.

Tooling API, Profile: the fields may be asked for only where the result holds no more than one record. The parts are
those of the Metadata API's type Profile, as far as this org has them; login hours are minutes after midnight.
"""

import json

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.bundles import FLAGS
from connectors.salesforce.sandbox.store import Row, Value

_OBJECT = {
    "allowCreate": "PermissionsCreate",
    "allowDelete": "PermissionsDelete",
    "allowEdit": "PermissionsEdit",
    "allowRead": "PermissionsRead",
    "modifyAllRecords": "PermissionsModifyAllRecords",
    "viewAllRecords": "PermissionsViewAllRecords",
}
_EMPTY = (
    "applicationVisibilities", "categoryGroupVisibilities", "classAccesses", "customMetadataTypeAccesses",
    "customPermissions", "customSettingAccesses", "externalDataSourceAccesses", "flowAccesses", "layoutAssignments",
    "loginFlows", "pageAccesses", "profileActionOverrides", "recordTypeVisibilities", "tabVisibilities",
)  # fmt: skip


def prepare(org: Org, rowids: list[Value]) -> None:
    """Works out the fields of the one profile that a query found, by its place in the store.

    Raises:
        OrgError: It found several.
    """
    if len(rowids) > 1:
        message = (
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more "
            f"than one row for retrieval. Result size: {len(rowids)}"
        )
        raise OrgError("MALFORMED_QUERY", message)
    for rowid in rowids:
        (row,) = org.store.select('SELECT * FROM "Profile" WHERE rowid = ?', [rowid])
        known: Row = {"FullName": row["Name"], "Metadata": json.dumps(_metadata(org, row))}
        org.store.update(org.schema["Profile"], str(row["Id"]), known)


def _metadata(org: Org, row: Row) -> dict[str, object]:
    owned = org.store.find(org.schema["PermissionSet"], ProfileId=row["Id"])[0]["Id"]
    objects = org.store.find(org.schema["ObjectPermissions"], ParentId=owned)
    fields = org.store.find(org.schema["FieldPermissions"], ParentId=owned)
    licence = org.store.get(org.schema["UserLicense"], str(row["UserLicenseId"])) or {}
    limits = json.loads(str(row["LoginLimits"] or "{}"))
    lists: dict[str, object] = {name: [] for name in _EMPTY}
    return lists | {
        "custom": False,
        "description": row["Description"],
        "fieldPermissions": [
            {
                "editable": bool(one["PermissionsEdit"]),
                "field": one["Field"],
                "hidden": None,
                "readable": bool(one["PermissionsRead"]),
            }
            for one in fields
        ],
        "fullName": None,
        "loginHours": limits.get("loginHours"),
        "loginIpRanges": limits.get("loginIpRanges", []),
        "objectPermissions": [
            {name: bool(one[flag]) for name, flag in _OBJECT.items()} | {"object": one["SobjectType"]}
            for one in objects
        ],
        "urls": None,
        "userLicense": licence.get("Name"),
        "userPermissions": [
            {"enabled": True, "name": flag.removeprefix("Permissions")} for flag in FLAGS if row.get(flag)
        ],
    }
